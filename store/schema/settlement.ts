import { sql } from 'drizzle-orm';
import {
  bigint,
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
import { COMMODITIES } from '../../domain/commodities.ts';
import type { Share } from '../../domain/settlement-split.ts';
import { feeLines } from './billing.ts';
import { ledgerTransactions } from './ledger.ts';
import { parties } from './parties.ts';
import { sites } from './places.ts';

/** How a component's fees are divided from an instant on. Each row is a version; one with shares is immutable (trigger). */
export const splitRules = pgTable(
  'split_rules',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    /** Null: the component of every commodity that has no rule of its own. */
    commodity: text({ enum: COMMODITIES }),
    component: text().notNull(),
    /** Of the service that a line charges: corrections are divided like what they correct. */
    effectiveFrom: timestamp('effective_from', { withTimezone: true }).notNull(),
    shares: jsonb().$type<readonly Share[]>().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    createdBy: text('created_by').notNull(),
  },
  (t) => [
    unique('split_rules_once').on(t.siteId, t.component, t.commodity, t.effectiveFrom).nullsNotDistinct(),
  ],
);

/** One look for what is to be shared. */
export const settlementRuns = pgTable(
  'settlement_runs',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    /** The site's day whose run of the schedule it is; null for one that somebody asked for. */
    day: date({ mode: 'string' }),
    status: text({ enum: ['queued', 'succeeded', 'failed'] })
      .notNull()
      .default('queued'),
    requestedBy: text('requested_by').notNull(),
    requestedAt: timestamp('requested_at', { withTimezone: true }).notNull(),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    attempts: integer().notNull().default(0),
    /** The newest fee line when it was done: later runs need not look far before it. */
    lastLineId: bigint('last_line_id', { mode: 'number' }),
    lines: integer().notNull().default(0),
    /** Minor units that were shared, taken back ones less. */
    amount: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
    error: text(),
  },
  (t) => [
    uniqueIndex('settlement_runs_day').on(t.siteId, t.day).where(sql`day IS NOT NULL`),
    index('settlement_runs_site').on(t.siteId, t.id),
    index('settlement_runs_open').on(t.id).where(sql`status = 'queued'`),
  ],
);

/** Paid out to a party: what was payable then. Immutable (trigger). */
export const settlementPayouts = pgTable(
  'settlement_payouts',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    partyId: bigint('party_id', { mode: 'number' })
      .notNull()
      .references(() => parties.id),
    amount: bigint({ mode: 'bigint' }).notNull(),
    currency: text().notNull(),
    bankRef: text('bank_ref').notNull(),
    paidOn: date('paid_on', { mode: 'string' }).notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    createdBy: text('created_by').notNull(),
  },
  (t) => [
    unique('settlement_payouts_ref').on(t.siteId, t.partyId, t.bankRef),
    index('settlement_payouts_party').on(t.siteId, t.partyId, t.id),
  ],
);

/** A party's part of a fee line that was paid, or of what was taken back. Only its payout is set later (trigger). */
export const settlementShares = pgTable(
  'settlement_shares',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    feeLineId: bigint('fee_line_id', { mode: 'number' })
      .notNull()
      .references(() => feeLines.id),
    ruleId: bigint('rule_id', { mode: 'number' })
      .notNull()
      .references(() => splitRules.id),
    partyId: bigint('party_id', { mode: 'number' })
      .notNull()
      .references(() => parties.id),
    /** 1 for the first share of the line and party; the next ones correct it. */
    sequence: integer().notNull(),
    amount: bigint({ mode: 'bigint' }).notNull(),
    /** The site's date on which the money came, or went back. */
    sharedOn: date('shared_on', { mode: 'string' }).notNull(),
    payableOn: date('payable_on', { mode: 'string' }).notNull(),
    runId: bigint('run_id', { mode: 'number' })
      .notNull()
      .references(() => settlementRuns.id),
    transactionId: bigint('transaction_id', { mode: 'number' }).references(() => ledgerTransactions.id),
    payoutId: bigint('payout_id', { mode: 'number' }).references(() => settlementPayouts.id),
  },
  (t) => [
    unique('settlement_shares_once').on(t.feeLineId, t.partyId, t.sequence),
    index('settlement_shares_party').on(t.siteId, t.partyId, t.sharedOn, t.id),
    index('settlement_shares_rule').on(t.ruleId),
  ],
);

/** What was done for a bill when it was last looked at: one whose ledger has not changed since is left alone. */
export const settlementBills = pgTable('settlement_bills', {
  billId: bigint('bill_id', { mode: 'number' }).primaryKey(),
  siteId: text('site_id')
    .notNull()
    .references(() => sites.id),
  /** Ledger transactions about it that were seen. */
  transactions: integer().notNull(),
});

/** Of a party, or of one fee line: what it covers is not payable until it is released. */
export const settlementHolds = pgTable(
  'settlement_holds',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    partyId: bigint('party_id', { mode: 'number' }).references(() => parties.id),
    feeLineId: bigint('fee_line_id', { mode: 'number' }).references(() => feeLines.id),
    reason: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    createdBy: text('created_by').notNull(),
    releasedAt: timestamp('released_at', { withTimezone: true }),
    releasedBy: text('released_by'),
    releaseReason: text('release_reason'),
  },
  (t) => [
    index('settlement_holds_site').on(t.siteId, t.id),
    uniqueIndex('settlement_holds_open')
      .on(t.siteId, sql`coalesce(${t.partyId}, 0)`, sql`coalesce(${t.feeLineId}, 0)`)
      .where(sql`released_at IS NULL`),
  ],
);
