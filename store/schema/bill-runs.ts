import { sql } from 'drizzle-orm';
import {
  bigint,
  date,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { sites } from './places.ts';

/** One drawing up of a closed month's bills. */
export const billRuns = pgTable(
  'bill_runs',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    period: text().notNull(),
    status: text({ enum: ['queued', 'running', 'succeeded', 'failed'] })
      .notNull()
      .default('queued'),
    requestedBy: text('requested_by').notNull(),
    requestedAt: timestamp('requested_at', { withTimezone: true }).notNull(),
    startedAt: timestamp('started_at', { withTimezone: true }),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    attempts: integer().notNull().default(0),
    /** Leases are taken in the order of their ids; those up to this one are done. */
    lastLeaseId: bigint('last_lease_id', { mode: 'number' }).notNull().default(0),
    leasesTotal: integer('leases_total').notNull().default(0),
    leasesDone: integer('leases_done').notNull().default(0),
    bills: integer().notNull().default(0),
    amount: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
    /** Leases that got no bill although they have lines. */
    problems: jsonb()
      .$type<readonly { readonly leaseId: number; readonly code: string }[]>()
      .notNull()
      .default([]),
    error: text(),
  },
  (t) => [
    uniqueIndex('bill_runs_one_open').on(t.siteId, t.period).where(sql`status IN ('queued', 'running')`),
  ],
);

/** The last number given in a site's year; locked until the transaction that took it ends, so none is lost. */
export const billCounters = pgTable(
  'bill_counters',
  {
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    kind: text({ enum: ['bill', 'credit_note'] }).notNull(),
    year: integer().notNull(),
    last: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.siteId, t.kind, t.year] })],
);

/** The last local day for which a site's daily work was done. */
export const dailyWork = pgTable(
  'daily_work',
  {
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    work: text().notNull(),
    day: date().notNull(),
  },
  (t) => [primaryKey({ columns: [t.siteId, t.work] })],
);
