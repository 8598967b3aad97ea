import { bigint, index, integer, jsonb, pgTable, text, timestamp, unique } from 'drizzle-orm/pg-core';
import { DUNNING_STEPS } from '../../domain/dunning.ts';
import { bills } from './bills.ts';
import { sites } from './places.ts';

/** A step of the dunning schedule that a bill has reached: once for each. */
export const dunningNotices = pgTable(
  'dunning_notices',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    billId: bigint('bill_id', { mode: 'number' })
      .notNull()
      .references(() => bills.id),
    step: text({ enum: DUNNING_STEPS }).notNull(),
    /** Days after the due date at which it came up. */
    afterDays: integer('after_days').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    sentAt: timestamp('sent_at', { withTimezone: true }),
    sentBy: text('sent_by'),
    /** What was sent, by language; null until then. */
    texts: jsonb().$type<Readonly<Record<'zh' | 'en', string>>>(),
  },
  (t) => [
    unique('dunning_notices_once').on(t.billId, t.step),
    index('dunning_notices_site').on(t.siteId, t.id),
  ],
);
