import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { BILL_STATUS } from '../../domain/bills.ts';
import { CHARGE_PURPOSES, CHARGE_STATUS, PROVIDERS } from '../../domain/charges.ts';
import type { LateFeeTerms } from '../../domain/late-fees.ts';
import { feeLines } from './billing.ts';
import { leases } from './parties.ts';
import { sites } from './places.ts';

/** What a lease owes for an accounting period: the sum of its fee lines. Once issued, only its status changes (trigger). */
export const bills = pgTable(
  'bills',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    leaseId: bigint('lease_id', { mode: 'number' })
      .notNull()
      .references(() => leases.id),
    /** The accounting period of its lines. */
    period: text().notNull(),
    status: text({ enum: BILL_STATUS }).notNull(),
    /** Given when it is issued; the numbers of a site's year have no gap. */
    number: text(),
    /** Minor units: the sum of its lines. Below zero the platform owes. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    currency: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    createdBy: text('created_by').notNull(),
    reviewedAt: timestamp('reviewed_at', { withTimezone: true }),
    reviewedBy: text('reviewed_by'),
    issuedAt: timestamp('issued_at', { withTimezone: true }),
    issuedBy: text('issued_by'),
    /** The start of the due date in the site's zone; overdue is what is not paid when that day is over. */
    dueAt: timestamp('due_at', { withTimezone: true }),
    /** The site's late fees when it was issued: later settings do not change what is owed on it. */
    lateFeeTerms: jsonb('late_fee_terms').$type<LateFeeTerms>(),
    paidAt: timestamp('paid_at', { withTimezone: true }),
  },
  (t) => [
    unique('bills_number').on(t.siteId, t.number),
    uniqueIndex('bills_lease_period').on(t.leaseId, t.period).where(sql`status <> 'void'`),
    index('bills_site').on(t.siteId, t.period, t.id),
    index('bills_open').on(t.siteId, t.dueAt).where(sql`status = 'issued'`),
  ],
);

/** A fee line is on one bill at most that is not void (the row goes when a bill is voided). */
export const billLines = pgTable(
  'bill_lines',
  {
    billId: bigint('bill_id', { mode: 'number' })
      .notNull()
      .references(() => bills.id),
    feeLineId: bigint('fee_line_id', { mode: 'number' })
      .notNull()
      .references(() => feeLines.id),
  },
  (t) => [primaryKey({ columns: [t.feeLineId] }), index('bill_lines_bill').on(t.billId)],
);

/** Money asked of a provider. */
export const charges = pgTable(
  'charges',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    leaseId: bigint('lease_id', { mode: 'number' })
      .notNull()
      .references(() => leases.id),
    purpose: text({ enum: CHARGE_PURPOSES }).notNull(),
    billId: bigint('bill_id', { mode: 'number' }).references(() => bills.id),
    provider: text({ enum: PROVIDERS }).notNull(),
    /** Ours, and the provider's idempotency key. */
    orderNo: text('order_no').notNull(),
    /** Minor units. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    currency: text().notNull(),
    status: text({ enum: CHARGE_STATUS }).notNull(),
    /** The provider's own number, once it is known. */
    providerRef: text('provider_ref'),
    /** What the payer needs: a QR text, an address to open, an account and a remark. */
    payWith: jsonb('pay_with').$type<Readonly<Record<string, string>>>(),
    failure: text(),
    /** What came in, once it succeeded, and how much of it paid the bill; the rest is the lease's own. */
    paid: bigint({ mode: 'bigint' }),
    applied: bigint({ mode: 'bigint' }),
    /** Of what came in, refunds under way included. */
    refunded: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
    /** How often the provider was called or asked; counted before it is. */
    attempts: integer().notNull().default(0),
    requestedBy: text('requested_by').notNull(),
    /** Made by the platform on the due date: once for a bill. */
    automatic: boolean().notNull().default(false),
    /** Who no longer wants it. */
    cancelledBy: text('cancelled_by'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    /** When to ask the provider next; null: nobody is asked. */
    nextLookAt: timestamp('next_look_at', { withTimezone: true }),
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (t) => [
    unique('charges_order').on(t.orderNo),
    uniqueIndex('charges_one_open').on(t.billId).where(sql`status IN ('created', 'submitted', 'unknown')`),
    uniqueIndex('charges_automatic_once').on(t.billId).where(sql`automatic`),
    index('charges_site').on(t.siteId, t.id),
    index('charges_lease').on(t.leaseId, t.id),
    index('charges_look').on(t.nextLookAt).where(sql`status IN ('created', 'submitted', 'unknown')`),
  ],
);
