import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';
import { CASE_KINDS, CASE_STATUS } from '../../domain/cases.ts';
import { sites } from './places.ts';

/** Something that a person must decide. While it is open there is one for each key. */
export const cases = pgTable(
  'cases',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    kind: text({ enum: CASE_KINDS }).notNull(),
    /** Names what it is about, so that the same matter does not open a second one. */
    key: text().notNull(),
    status: text({ enum: CASE_STATUS }).notNull().default('open'),
    /** What a person needs to decide: ids, values and instants, by kind. */
    subject: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
    /** How often it has come up since it was opened. */
    count: bigint({ mode: 'number' }).notNull().default(1),
    openedAt: timestamp('opened_at', { withTimezone: true }).notNull(),
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }).notNull(),
    closedAt: timestamp('closed_at', { withTimezone: true }),
    closedBy: text('closed_by'),
    resolution: text(),
    note: text(),
  },
  (t) => [
    uniqueIndex('cases_open_once').on(t.siteId, t.kind, t.key).where(sql`status = 'open'`),
    index('cases_site').on(t.siteId, t.status, t.id),
  ],
);

/** Who did what, for whoever asks later. Immutable (trigger). */
export const actions = pgTable(
  'actions',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    at: timestamp({ withTimezone: true }).notNull(),
    actor: text().notNull(),
    /** Noun and verb, e.g. `reading.accept`, `bill.issue`. */
    action: text().notNull(),
    /** What it was done to, e.g. `bill 12`. */
    subject: text().notNull(),
    detail: jsonb().$type<Readonly<Record<string, unknown>>>().notNull().default({}),
  },
  (t) => [index('actions_site').on(t.siteId, t.id), index('actions_subject').on(t.siteId, t.subject, t.id)],
);
