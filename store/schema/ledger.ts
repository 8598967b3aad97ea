import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, pgTable, text, timestamp, unique } from 'drizzle-orm/pg-core';
import { ACCOUNT_KINDS } from '../../domain/ledger.ts';
import { leases, parties } from './parties.ts';
import { sites } from './places.ts';

export const ledgerAccounts = pgTable(
  'ledger_accounts',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    kind: text({ enum: ACCOUNT_KINDS }).notNull(),
    leaseId: bigint('lease_id', { mode: 'number' }).references(() => leases.id),
    partyId: bigint('party_id', { mode: 'number' }).references(() => parties.id),
    /** Provider or component, by kind. */
    code: text(),
    currency: text().notNull(),
  },
  (t) => [
    unique('ledger_accounts_once')
      .on(t.siteId, t.kind, t.leaseId, t.partyId, t.code, t.currency)
      .nullsNotDistinct(),
    index('ledger_accounts_lease').on(t.leaseId),
  ],
);

/** Immutable (trigger); its entries add up to zero when it commits (deferred constraint trigger). */
export const ledgerTransactions = pgTable(
  'ledger_transactions',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    /** Names the cause: the same cause is booked once. */
    key: text().notNull(),
    /** What happened, e.g. `bill.issued`, `charge.succeeded`, `refund`. */
    kind: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    actor: text().notNull(),
    /** Ids of what it is about: bill, charge, lease, run … */
    refs: jsonb().$type<Readonly<Record<string, string | number>>>().notNull().default({}),
  },
  (t) => [
    unique('ledger_transactions_key').on(t.siteId, t.key),
    index('ledger_transactions_site').on(t.siteId, t.id),
    index('ledger_transactions_bill').on(sql`(${t.refs}->>'bill')`).where(sql`refs ? 'bill'`),
  ],
);

/** Immutable (trigger). */
export const ledgerEntries = pgTable(
  'ledger_entries',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    transactionId: bigint('transaction_id', { mode: 'number' })
      .notNull()
      .references(() => ledgerTransactions.id),
    accountId: bigint('account_id', { mode: 'number' })
      .notNull()
      .references(() => ledgerAccounts.id),
    /** Minor units; debit positive. */
    amount: bigint({ mode: 'bigint' }).notNull(),
  },
  (t) => [
    index('ledger_entries_transaction').on(t.transactionId),
    index('ledger_entries_account').on(t.accountId, t.id),
  ],
);
