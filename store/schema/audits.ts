import { bigint, index, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { bills } from './bills.ts';
import { sites } from './places.ts';

/** An audit of a period's invariants, or the replay of a bill: asked for by a person, done by billing. */
export const auditRuns = pgTable(
  'audit_runs',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    period: text().notNull(),
    /** Replay this bill; null: check the invariants. */
    billId: bigint('bill_id', { mode: 'number' }).references(() => bills.id),
    status: text({ enum: ['queued', 'running', 'succeeded', 'failed'] })
      .notNull()
      .default('queued'),
    requestedBy: text('requested_by').notNull(),
    requestedAt: timestamp('requested_at', { withTimezone: true }).notNull(),
    startedAt: timestamp('started_at', { withTimezone: true }),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    /** Times that a process took it up. */
    attempts: integer().notNull().default(0),
    /** Thousandths. */
    progress: integer().notNull().default(0),
    /** Violations found, or lines that differ; null until it has ended. */
    violations: integer(),
    /** Findings by invariant, or the bill's lines. */
    result: jsonb(),
    /** What the findings are based on: instant, cut-offs, seal. */
    seen: jsonb(),
    error: text(),
  },
  (t) => [index('audit_runs_site').on(t.siteId, t.id)],
);
