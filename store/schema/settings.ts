import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { sites } from './places.ts';

/** How a site bills. What is not said has its default (contracts/settings.ts). */
export const siteSettings = pgTable('site_settings', {
  siteId: text('site_id')
    .primaryKey()
    .references(() => sites.id),
  settings: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
  updatedBy: text('updated_by').notNull(),
});
