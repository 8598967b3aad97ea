import { sql } from 'drizzle-orm';
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
import { RUN_KINDS } from '../../domain/billing-runs.ts';
import { QUANTITY_UNITS } from '../../domain/commodities.ts';
import { BOUNDARY_METHODS, MARK_KINDS } from '../../domain/metering/boundary.ts';
import { CHARGING } from '../../domain/parties.ts';
import { FEE_LINE_KINDS } from '../../domain/settlement/difference.ts';
import { meteringPoints } from './metering.ts';
import { leases } from './parties.ts';
import { sites } from './places.ts';
import { tariffVersions } from './tariffs.ts';

/** The usage that an estimate carries on: whole base units between two instants (ISO 8601). */
export interface StoredBasis {
  readonly from: string;
  readonly to: string;
  readonly quantity: string;
}

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
    kind: text({ enum: RUN_KINDS }).notNull().default('charge'),
    /** Of a close: a person asked for it, so what is missing is estimated although the grace has not run out. */
    isForced: boolean('is_forced').notNull().default(false),
    status: text({ enum: ['queued', 'running', 'succeeded', 'failed'] }).notNull(),
    requestedBy: text('requested_by').notNull(),
    requestedAt: timestamp('requested_at', { withTimezone: true }).notNull().defaultNow(),
    startedAt: timestamp('started_at', { withTimezone: true }),
    /** With `startedAt`, its cut-off: readings of later journal frames wait for the next run. */
    journalSeq: bigint('journal_seq', { mode: 'number' }),
    /** Changes of leases, tariffs and meters after this one (change_history) are not seen. */
    changeId: bigint('change_id', { mode: 'number' }),
    /** Of a dry run: the run whose totals its own are compared with; null where nothing was posted. */
    comparedRunId: bigint('compared_run_id', { mode: 'number' }),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    /** Times that a process took it up: more than a few means that it brings processes down. */
    attempts: integer().notNull().default(0),
    /** Points are taken in the order of their ids; those up to this one are done. */
    lastPointId: bigint('last_point_id', { mode: 'number' }).notNull().default(0),
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
    /** The month or day of its service range. */
    period: text().notNull(),
    /** The month or day whose bill it is on: its own, or once that is closed the next that is open. */
    accountingPeriod: text('accounting_period').notNull(),
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
    /** Which event is charged, e.g. a gate's pass; empty for usage over time. */
    eventKey: text('event_key').notNull().default(''),
    sequence: integer().notNull(),
    /** In `unit`s. */
    quantity: bigint({ mode: 'bigint' }).notNull(),
    unit: text({ enum: QUANTITY_UNITS }).notNull(),
    /** From where usage was counted before tiers applied; null where none was. */
    accumulatedFrom: timestamp('accumulated_from', { withTimezone: true }),
    /** Currency units per display unit (kWh, m³), exact. */
    unitPrice: numeric('unit_price').notNull(),
    /** Minor units of the currency. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    currency: text().notNull(),
    kind: text({ enum: FEE_LINE_KINDS }).notNull(),
    /** `prepaid`: drawn from the lease's balance as it was posted. `postpaid`: on a bill. */
    charging: text({ enum: CHARGING }).notNull().default('postpaid'),
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
      t.eventKey,
      t.sequence,
    ),
    index('fee_lines_accounting').on(t.siteId, t.accountingPeriod, t.leaseId),
    index('fee_lines_site_period').on(t.siteId, t.period, t.id),
    index('fee_lines_lease').on(t.leaseId, t.id),
    index('fee_lines_point').on(t.meteringPointId, t.serviceFrom),
    index('fee_lines_accumulated')
      .on(t.meteringPointId, t.accumulatedFrom)
      .where(sql`accumulated_from IS NOT NULL`),
  ],
);

/**
 * The value of a metering point at a cut as it was charged, and the marks behind it. Immutable (trigger): a later
 * reading that moves it makes the next revision. The fold goes on from `before` at the next run.
 */
export const boundaryValues = pgTable(
  'boundary_values',
  {
    meteringPointId: bigint('metering_point_id', { mode: 'number' })
      .notNull()
      .references(() => meteringPoints.id),
    at: timestamp({ withTimezone: true }).notNull(),
    revision: integer().notNull(),
    /** Cumulative quantity, base units. */
    value: bigint({ mode: 'bigint' }).notNull(),
    method: text({ enum: BOUNDARY_METHODS }).notNull(),
    beforeKind: text('before_kind', { enum: MARK_KINDS }),
    beforeInstallationId: bigint('before_installation_id', { mode: 'number' }),
    beforeTs: timestamp('before_ts', { withTimezone: true }),
    beforeValue: bigint('before_value', { mode: 'bigint' }),
    /** Cumulative quantity at that mark, in 1/10,000 base units. */
    beforeTotal: bigint('before_total', { mode: 'bigint' }),
    afterKind: text('after_kind', { enum: MARK_KINDS }),
    afterInstallationId: bigint('after_installation_id', { mode: 'number' }),
    afterTs: timestamp('after_ts', { withTimezone: true }),
    afterValue: bigint('after_value', { mode: 'bigint' }),
    /** What an estimate was made from. */
    basis: jsonb().$type<StoredBasis>(),
    runId: bigint('run_id', { mode: 'number' })
      .notNull()
      .references(() => billingRuns.id),
  },
  (t) => [primaryKey({ columns: [t.meteringPointId, t.at, t.revision] })],
);

/** A month or day of a site, once it is closed: what its lines are stays, and each close seals the one before. */
export const billingPeriods = pgTable(
  'billing_periods',
  {
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    period: text().notNull(),
    closedAt: timestamp('closed_at', { withTimezone: true }).notNull(),
    closedBy: text('closed_by').notNull(),
    /** The run whose inputs are its cut-off. */
    runId: bigint('run_id', { mode: 'number' })
      .notNull()
      .references(() => billingRuns.id),
    lines: integer().notNull(),
    amount: bigint({ mode: 'bigint' }).notNull(),
    /** SHA-256 of its lines and of `previousHash`. */
    hash: text().notNull(),
    /** Of the period of the same kind that the site closed before; null on the first. */
    previousHash: text('previous_hash'),
  },
  (t) => [primaryKey({ columns: [t.siteId, t.period] })],
);

/** What a period would come to by a dry run, beside what it came to by the run that it is compared with. */
export const shadowTotals = pgTable(
  'shadow_totals',
  {
    runId: bigint('run_id', { mode: 'number' })
      .notNull()
      .references(() => billingRuns.id),
    leaseId: bigint('lease_id', { mode: 'number' })
      .notNull()
      .references(() => leases.id),
    component: text().notNull(),
    /** Minor units. */
    amount: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
    amountBefore: bigint('amount_before', { mode: 'bigint' }).notNull().default(sql`0`),
  },
  (t) => [primaryKey({ columns: [t.runId, t.leaseId, t.component] })],
);

/**
 * What the run that closed a period took for a point from earlier runs and other tables: with the run's cut-off, all
 * that a replay needs. Immutable (trigger).
 */
export const sealedInputs = pgTable(
  'sealed_inputs',
  {
    runId: bigint('run_id', { mode: 'number' })
      .notNull()
      .references(() => billingRuns.id),
    meteringPointId: bigint('metering_point_id', { mode: 'number' })
      .notNull()
      .references(() => meteringPoints.id),
    /** The point's lines up to this one were posted. */
    lastLineId: bigint('last_line_id', { mode: 'number' }).notNull(),
    /** domain/settlement/sealed.ts */
    inputs: jsonb().notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.meteringPointId] })],
);
