import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { BANK_MATCHES, BANK_ROW_STATUS } from '../../domain/bank-rows.ts';
import { CHARGE_STATUS, HAND_OUTCOME_STATUS, HAND_OUTCOMES, PROVIDERS } from '../../domain/charges.ts';
import { bills, charges } from './bills.ts';
import { bytea } from './bytea.ts';
import { leases } from './parties.ts';
import { sites } from './places.ts';

/** Money given back of a charge, under an order number of its own. What is under way counts in `charges.refunded`. */
export const refunds = pgTable(
  'refunds',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    chargeId: bigint('charge_id', { mode: 'number' })
      .notNull()
      .references(() => charges.id),
    orderNo: text('order_no').notNull(),
    /** Minor units. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    status: text({ enum: CHARGE_STATUS }).notNull(),
    providerRef: text('provider_ref'),
    reason: text().notNull(),
    failure: text(),
    attempts: integer().notNull().default(0),
    requestedBy: text('requested_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    nextLookAt: timestamp('next_look_at', { withTimezone: true }),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (t) => [
    unique('refunds_order').on(t.orderNo),
    index('refunds_charge').on(t.chargeId),
    index('refunds_look').on(t.nextLookAt).where(sql`status IN ('created', 'submitted', 'unknown')`),
  ],
);

/** What became of a charge or a refund, step by step. Immutable (trigger). */
export const chargeEvents = pgTable(
  'charge_events',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    chargeId: bigint('charge_id', { mode: 'number' })
      .notNull()
      .references(() => charges.id),
    refundId: bigint('refund_id', { mode: 'number' }).references(() => refunds.id),
    status: text({ enum: CHARGE_STATUS }).notNull(),
    failure: text(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (t) => [index('charge_events_charge').on(t.chargeId, t.id)],
);

/** What a person read in a provider's own books of a charge or one of its refunds, and who took it for true. */
export const handOutcomes = pgTable(
  'hand_outcomes',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    chargeId: bigint('charge_id', { mode: 'number' })
      .notNull()
      .references(() => charges.id),
    refundId: bigint('refund_id', { mode: 'number' }).references(() => refunds.id),
    outcome: text({ enum: HAND_OUTCOMES }).notNull(),
    note: text().notNull(),
    status: text({ enum: HAND_OUTCOME_STATUS }).notNull().default('proposed'),
    proposedBy: text('proposed_by').notNull(),
    proposedAt: timestamp('proposed_at', { withTimezone: true }).notNull(),
    decidedBy: text('decided_by'),
    decidedAt: timestamp('decided_at', { withTimezone: true }),
  },
  (t) => [
    uniqueIndex('hand_outcomes_one_proposed')
      .on(t.chargeId, sql`coalesce(refund_id, 0)`)
      .where(sql`status = 'proposed'`),
    index('hand_outcomes_charge').on(t.chargeId, t.id),
  ],
);

/** Whom a lease's bills are charged to by themselves on the due date. */
export const leasePaymentMethods = pgTable('lease_payment_methods', {
  leaseId: bigint('lease_id', { mode: 'number' })
    .primaryKey()
    .references(() => leases.id),
  provider: text({ enum: PROVIDERS }).notNull(),
  autopay: boolean().notNull(),
  /** How the provider knows the payer, e.g. Stripe's customer and payment method. */
  payer: jsonb().$type<Readonly<Record<string, string>>>().notNull().default({}),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  updatedBy: text('updated_by').notNull(),
});

/** What providers told us, as it came: the api stores it before it answers, billing verifies and applies it. */
export const providerCallbacks = pgTable(
  'provider_callbacks',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    provider: text({ enum: PROVIDERS }).notNull(),
    /** SHA-256 of what is signed: the same again is the same row. */
    hash: bytea().notNull(),
    headers: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
    body: bytea().notNull(),
    receivedAt: timestamp('received_at', { withTimezone: true }).notNull(),
    /** How often it came. */
    count: integer().notNull().default(1),
    status: text({ enum: ['new', 'applied', 'ignored', 'refused'] }).notNull(),
    reason: text(),
    chargeId: bigint('charge_id', { mode: 'number' }).references(() => charges.id),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (t) => [
    unique('provider_callbacks_once').on(t.provider, t.hash),
    index('provider_callbacks_new').on(t.id).where(sql`status = 'new'`),
  ],
);

export const bankImports = pgTable(
  'bank_imports',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    fileName: text('file_name').notNull(),
    rows: integer().notNull(),
    importedBy: text('imported_by').notNull(),
    importedAt: timestamp('imported_at', { withTimezone: true }).notNull(),
  },
  (t) => [index('bank_imports_site').on(t.siteId, t.id)],
);

/** Money that came to the bank account, one row of a statement each. The bank's reference makes it come once. */
export const bankRows = pgTable(
  'bank_rows',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    importId: bigint('import_id', { mode: 'number' })
      .notNull()
      .references(() => bankImports.id),
    bankRef: text('bank_ref').notNull(),
    bookedOn: date('booked_on').notNull(),
    /** Minor units. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    payerName: text('payer_name').notNull(),
    remark: text().notNull(),
    status: text({ enum: BANK_ROW_STATUS }).notNull(),
    matchedBy: text('matched_by', { enum: BANK_MATCHES }),
    chargeId: bigint('charge_id', { mode: 'number' }).references(() => charges.id),
    leaseId: bigint('lease_id', { mode: 'number' }).references(() => leases.id),
    billId: bigint('bill_id', { mode: 'number' }).references(() => bills.id),
    endedAt: timestamp('ended_at', { withTimezone: true }),
    endedBy: text('ended_by'),
  },
  (t) => [
    unique('bank_rows_once').on(t.siteId, t.bankRef),
    index('bank_rows_site').on(t.siteId, t.status, t.id),
  ],
);

/** A day of a provider's statement against what we know. */
export const reconciliations = pgTable(
  'reconciliations',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    provider: text({ enum: PROVIDERS }).notNull(),
    day: date().notNull(),
    status: text({ enum: ['waiting', 'done', 'failed'] }).notNull(),
    error: text(),
    rows: integer().notNull().default(0),
    /** Minor units, by the provider's statement: payments less refunds, and what the provider keeps. */
    gross: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
    fees: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
    differences: jsonb().$type<readonly Readonly<Record<string, unknown>>[]>().notNull().default([]),
    attempts: integer().notNull().default(0),
    nextTryAt: timestamp('next_try_at', { withTimezone: true }),
    endedAt: timestamp('ended_at', { withTimezone: true }),
  },
  (t) => [unique('reconciliations_once').on(t.siteId, t.provider, t.day)],
);
