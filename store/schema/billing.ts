import { sql } from 'drizzle-orm';
import {
  bigint,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core';
import { meteringPoints } from './metering.ts';
import { leases } from './parties.ts';
import { sites } from './places.ts';
import { tariffVersions } from './tariffs.ts';

export const FEE_LINE_KINDS = ['original', 'adjustment', 'reversal'] as const;

/** One execution of a billing run. */
export const billingRuns = pgTable(
  'billing_runs',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    /** The month `2026-10` or day `2026-10-31` in the site's zone. */
    period: text().notNull(),
    status: text({ enum: ['queued', 'running', 'succeeded', 'failed'] }).notNull(),
    requestedBy: text('requested_by').notNull(),
    requestedAt: timestamp('requested_at', { withTimezone: true }).notNull().defaultNow(),
    startedAt: timestamp('started_at', { withTimezone: true }),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    pointsTotal: integer('points_total').notNull().default(0),
    pointsDone: integer('points_done').notNull().default(0),
    linesPosted: integer('lines_posted').notNull().default(0),
    /** Sum of the posted amounts, in the currency's minor unit. */
    amountPosted: bigint('amount_posted', { mode: 'bigint' }).notNull().default(sql`0`),
    /** Points that could not be charged whole, and why. */
    problems: jsonb()
      .$type<readonly { meteringPointId: number; code: string; detail: string }[]>()
      .notNull()
      .default([]),
    error: text(),
  },
  (t) => [index('billing_runs_site').on(t.siteId, t.id)],
);

/** Immutable charge (trigger refuses UPDATE and DELETE); corrected only by another line. */
export const feeLines = pgTable(
  'fee_lines',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    period: text().notNull(),
    runId: bigint('run_id', { mode: 'number' })
      .notNull()
      .references(() => billingRuns.id),
    leaseId: bigint('lease_id', { mode: 'number' })
      .notNull()
      .references(() => leases.id),
    meteringPointId: bigint('metering_point_id', { mode: 'number' })
      .notNull()
      .references(() => meteringPoints.id),
    serviceFrom: timestamp('service_from', { withTimezone: true }).notNull(),
    serviceTo: timestamp('service_to', { withTimezone: true }).notNull(),
    tariffVersionId: bigint('tariff_version_id', { mode: 'number' })
      .notNull()
      .references(() => tariffVersions.id),
    component: text().notNull(),
    band: text().notNull(),
    sequence: integer().notNull(),
    /** Base units (Wh, L). */
    quantity: bigint({ mode: 'bigint' }).notNull(),
    /** Currency units per display unit (kWh, m³), exact. */
    unitPrice: numeric('unit_price').notNull(),
    /** Minor units of the currency. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    currency: text().notNull(),
    kind: text({ enum: FEE_LINE_KINDS }).notNull(),
    correctsId: bigint('corrects_id', { mode: 'number' }),
    inputHash: text('input_hash').notNull(),
    evidence: jsonb().notNull(),
    postedAt: timestamp('posted_at', { withTimezone: true }).notNull(),
  },
  (t) => [
    unique('fee_lines_once').on(
      t.leaseId,
      t.meteringPointId,
      t.serviceFrom,
      t.serviceTo,
      t.tariffVersionId,
      t.component,
      t.band,
      t.sequence,
    ),
    index('fee_lines_site_period').on(t.siteId, t.period, t.id),
    index('fee_lines_lease').on(t.leaseId, t.id),
    index('fee_lines_point').on(t.meteringPointId, t.serviceFrom),
  ],
);
