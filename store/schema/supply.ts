import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { NOTICE_LEVELS, SUPPLY_STATES } from '../../domain/supply.ts';
import { leases } from './parties.ts';
import { sites } from './places.ts';

/**
 * What is left of a lease's money, kept by a trigger on ledger_entries: minus the balance of its prepaid account. So
 * that thousands of balances are listed and watched without adding up years of entries.
 */
export const prepaidBalances = pgTable(
  'prepaid_balances',
  {
    leaseId: bigint('lease_id', { mode: 'number' })
      .primaryKey()
      .references(() => leases.id),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    /** Minor units; positive has money. */
    balance: bigint({ mode: 'bigint' }).notNull(),
  },
  (t) => [index('prepaid_balances_site').on(t.siteId, t.balance)],
);

/** That a balance fell below a threshold, or that power will be cut: once each time, until it is above again. */
export const balanceNotices = pgTable(
  'balance_notices',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    leaseId: bigint('lease_id', { mode: 'number' })
      .notNull()
      .references(() => leases.id),
    level: text({ enum: NOTICE_LEVELS }).notNull(),
    /** Minor units: what the balance fell below, and what it was. */
    threshold: bigint({ mode: 'bigint' }).notNull(),
    balance: bigint({ mode: 'bigint' }).notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    /** When it was above again: the next fall is told anew. */
    endedAt: timestamp('ended_at', { withTimezone: true }),
    /** Staff have told the merchant. */
    toldAt: timestamp('told_at', { withTimezone: true }),
    toldBy: text('told_by'),
  },
  (t) => [
    uniqueIndex('balance_notices_open').on(t.leaseId, t.level).where(sql`ended_at IS NULL`),
    index('balance_notices_site').on(t.siteId, t.id),
  ],
);

/** Whether a prepaid lease's stall has power. A lease without a row is connected and not protected. */
export const supplies = pgTable(
  'supplies',
  {
    leaseId: bigint('lease_id', { mode: 'number' })
      .primaryKey()
      .references(() => leases.id),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    state: text({ enum: SUPPLY_STATES }).notNull().default('connected'),
    since: timestamp({ withTimezone: true }).notNull(),
    notifiedAt: timestamp('notified_at', { withTimezone: true }),
    /** What was sent last: one command a meter. */
    commandIds: uuid('command_ids').array().notNull().default([]),
    /** 保电: never cut. */
    isProtected: boolean('is_protected').notNull().default(false),
    protectedReason: text('protected_reason'),
  },
  (t) => [index('supplies_site').on(t.siteId, t.state)],
);

/** Every step of a supply. Immutable (trigger). */
export const supplyEvents = pgTable(
  'supply_events',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    leaseId: bigint('lease_id', { mode: 'number' })
      .notNull()
      .references(() => leases.id),
    at: timestamp({ withTimezone: true }).notNull(),
    step: text().notNull(),
    fromState: text('from_state', { enum: SUPPLY_STATES }).notNull(),
    toState: text('to_state', { enum: SUPPLY_STATES }).notNull(),
    actor: text().notNull(),
    reason: text(),
    /** Minor units, when it was taken. */
    balance: bigint({ mode: 'bigint' }).notNull(),
    /** Commands that it sent. */
    commands: integer().notNull().default(0),
  },
  (t) => [index('supply_events_lease').on(t.leaseId, t.id)],
);
