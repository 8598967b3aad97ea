import {
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core';
import { DEAD_LETTER_REASONS } from '../../domain/dead-letters.ts';
import { bytea } from './bytea.ts';

/** How far a reader has come; written in the same transaction as what it made of the frames. */
export const journalCursors = pgTable('journal_cursors', {
  reader: text().primaryKey(),
  seq: bigint({ mode: 'number' }).notNull(),
  /** Added to a frame's number wherever it is kept: a journal that was lost begins again at 1, what is kept goes on. */
  base: bigint({ mode: 'number' }).notNull().default(0),
  /** The journal that `seq` is of. */
  journalId: text('journal_id'),
});

/** A refused message, whole. The same record again is a no-op. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id').notNull(),
    deviceId: text('device_id').notNull(),
    topic: text().notNull(),
    payload: bytea().notNull(),
    reason: text({ enum: DEAD_LETTER_REASONS }).notNull(),
    detail: text().notNull(),
    receivedAt: timestamp('received_at', { withTimezone: true }).notNull(),
    journalSeq: bigint('journal_seq', { mode: 'number' }).notNull(),
    recordIndex: integer('record_index').notNull(),
    /** Position in an array payload, where only some of the messages in it were refused; -1 for the whole. */
    itemIndex: integer('item_index').notNull().default(-1),
  },
  (t) => [
    // With the time, because a journal that was lost starts its numbers over.
    unique('dead_letters_record').on(t.journalSeq, t.recordIndex, t.itemIndex, t.receivedAt),
    index('dead_letters_site').on(t.siteId, t.id),
    index('dead_letters_device').on(t.deviceId, t.id),
  ],
);

/** Every point a device sends, one row a message; partitioned by month of `ts` (migration). Used when no InfluxDB is set. */
export const telemetry = pgTable(
  'telemetry',
  {
    deviceId: text('device_id').notNull(),
    ts: timestamp({ withTimezone: true }).notNull(),
    values: jsonb().$type<Record<string, number | boolean | string>>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.deviceId, t.ts] })],
);
