import { sql } from 'drizzle-orm';
import { bigint, index, pgTable, text, timestamp, unique, uniqueIndex } from 'drizzle-orm/pg-core';
import { WRITE_OFF_STATUS } from '../../domain/bills.ts';
import { bills } from './bills.ts';
import { disputes } from './disputes.ts';
import { sites } from './places.ts';

/** Takes back a part of an issued bill. Immutable (trigger). */
export const creditNotes = pgTable(
  'credit_notes',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    billId: bigint('bill_id', { mode: 'number' })
      .notNull()
      .references(() => bills.id),
    /** The numbers of a site's year have no gap. */
    number: text().notNull(),
    /** Minor units, above zero. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    reason: text().notNull(),
    disputeId: bigint('dispute_id', { mode: 'number' }).references(() => disputes.id),
    issuedBy: text('issued_by').notNull(),
    issuedAt: timestamp('issued_at', { withTimezone: true }).notNull(),
  },
  (t) => [unique('credit_notes_number').on(t.siteId, t.number), index('credit_notes_bill').on(t.billId)],
);

/** What is no longer expected to be paid, once a second person has agreed. */
export const writeOffs = pgTable(
  'write_offs',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    billId: bigint('bill_id', { mode: 'number' })
      .notNull()
      .references(() => bills.id),
    status: text({ enum: WRITE_OFF_STATUS }).notNull().default('proposed'),
    /** Minor units, above zero. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    reason: text().notNull(),
    proposedBy: text('proposed_by').notNull(),
    proposedAt: timestamp('proposed_at', { withTimezone: true }).notNull(),
    decidedBy: text('decided_by'),
    decidedAt: timestamp('decided_at', { withTimezone: true }),
  },
  (t) => [
    uniqueIndex('write_offs_one_proposed').on(t.billId).where(sql`status = 'proposed'`),
    index('write_offs_bill').on(t.billId),
  ],
);
