import { bigint, index, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { DISPUTE_STATUS } from '../../domain/bills.ts';
import { feeLines } from './billing.ts';
import { bills } from './bills.ts';
import { sites } from './places.ts';

/** Lines of an issued bill that the merchant, or a biller for them, says are wrong. */
export const disputes = pgTable(
  'disputes',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    billId: bigint('bill_id', { mode: 'number' })
      .notNull()
      .references(() => bills.id),
    status: text({ enum: DISPUTE_STATUS }).notNull().default('open'),
    reason: text().notNull(),
    /** Minor units: the sum of its lines, which is held while it is open. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    openedBy: text('opened_by').notNull(),
    openedAt: timestamp('opened_at', { withTimezone: true }).notNull(),
    decidedBy: text('decided_by'),
    decidedAt: timestamp('decided_at', { withTimezone: true }),
    /** What the merchant is told. */
    note: text(),
  },
  (t) => [index('disputes_bill').on(t.billId), index('disputes_site').on(t.siteId, t.id)],
);

export const disputeLines = pgTable(
  'dispute_lines',
  {
    disputeId: bigint('dispute_id', { mode: 'number' })
      .notNull()
      .references(() => disputes.id),
    feeLineId: bigint('fee_line_id', { mode: 'number' })
      .notNull()
      .references(() => feeLines.id),
  },
  (t) => [primaryKey({ columns: [t.disputeId, t.feeLineId] }), index('dispute_lines_line').on(t.feeLineId)],
);
