import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core';
import { ALLOCATED, WEIGHTS } from '../../domain/meter-tree.ts';
import { billingRuns } from './billing.ts';
import { meteringPoints } from './metering.ts';
import { leases } from './parties.ts';
import { sites } from './places.ts';

/** From a month on, what of a main's usage is shared out among the stalls behind it, and by what. */
export const allocations = pgTable(
  'allocations',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    mainId: bigint('main_id', { mode: 'number' })
      .notNull()
      .references(() => meteringPoints.id),
    /** The month `2026-10` in the site's zone. */
    fromMonth: text('from_month').notNull(),
    what: text({ enum: ALLOCATED }).notNull(),
    weight: text({ enum: WEIGHTS }).notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (t) => [unique('allocations_from').on(t.mainId, t.fromMonth)],
);

/** A point directly behind a main, and what it used. Amounts as text: base units. */
export interface ResidualMember {
  readonly pointId: number;
  readonly role: 'stall' | 'common' | 'main';
  readonly usage: string;
  readonly estimated: boolean;
}

/**
 * What a main counted in a month beyond the meters behind it. Immutable (trigger): when a boundary value moves, the
 * next run makes the next revision.
 */
export const residuals = pgTable(
  'residuals',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    mainId: bigint('main_id', { mode: 'number' })
      .notNull()
      .references(() => meteringPoints.id),
    period: text().notNull(),
    revision: integer().notNull(),
    runId: bigint('run_id', { mode: 'number' })
      .notNull()
      .references(() => billingRuns.id),
    /** All in base units. */
    mainUsage: bigint('main_usage', { mode: 'bigint' }).notNull(),
    subUsage: bigint('sub_usage', { mode: 'bigint' }).notNull(),
    /** Of `subUsage`, the common points'. */
    commonUsage: bigint('common_usage', { mode: 'bigint' }).notNull(),
    residual: bigint({ mode: 'bigint' }).notNull(),
    mainEstimated: boolean('main_estimated').notNull(),
    members: jsonb().$type<readonly ResidualMember[]>().notNull(),
    what: text({ enum: ALLOCATED }).notNull(),
    weight: text({ enum: WEIGHTS }).notNull(),
    /** Base units shared out: the sum of the shares. */
    allocated: bigint({ mode: 'bigint' }).notNull(),
    totalWeight: numeric('total_weight').notNull(),
    inputHash: text('input_hash').notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (t) => [
    unique('residuals_revision').on(t.mainId, t.period, t.revision),
    index('residuals_site').on(t.siteId, t.period),
  ],
);

/** The share of a stretch of time of a point behind the main. Immutable (trigger). */
export const residualShares = pgTable(
  'residual_shares',
  {
    residualId: bigint('residual_id', { mode: 'number' })
      .notNull()
      .references(() => residuals.id),
    meteringPointId: bigint('metering_point_id', { mode: 'number' })
      .notNull()
      .references(() => meteringPoints.id),
    serviceFrom: timestamp('service_from', { withTimezone: true }).notNull(),
    serviceTo: timestamp('service_to', { withTimezone: true }).notNull(),
    /** Who pays; null where nobody does. */
    leaseId: bigint('lease_id', { mode: 'number' }).references(() => leases.id),
    weight: numeric().notNull(),
    share: bigint({ mode: 'bigint' }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.residualId, t.meteringPointId, t.serviceFrom] }),
    index('residual_shares_point').on(t.meteringPointId, t.serviceFrom),
  ],
);
