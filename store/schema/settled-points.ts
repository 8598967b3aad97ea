import { bigint, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { billingRuns } from './billing.ts';
import { meteringPoints } from './metering.ts';

/** A point and period that a run settled whole: the next one need not, unless what it was settled from has changed. */
export const settledPoints = pgTable(
  'settled_points',
  {
    meteringPointId: bigint('metering_point_id', { mode: 'number' })
      .notNull()
      .references(() => meteringPoints.id),
    period: text().notNull(),
    /** Its cut-off says what was known. */
    runId: bigint('run_id', { mode: 'number' })
      .notNull()
      .references(() => billingRuns.id),
    /** Of the code that settled it (SETTLEMENT_REVISION). */
    revision: integer().notNull(),
    /** Readings outside of these could not have changed anything. */
    readsFrom: timestamp('reads_from', { withTimezone: true }).notNull(),
    readsTo: timestamp('reads_to', { withTimezone: true }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.meteringPointId, t.period] })],
);
