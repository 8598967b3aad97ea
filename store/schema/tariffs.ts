import { bigint, integer, jsonb, pgTable, text, timestamp, unique } from 'drizzle-orm/pg-core';
import { COMMODITIES } from '../../domain/commodities.ts';
import { sites } from './places.ts';

export const tariffs = pgTable(
  'tariffs',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    code: text().notNull(),
    name: text().notNull(),
    commodity: text({ enum: COMMODITIES }).notNull(),
  },
  (t) => [unique('tariffs_code').on(t.siteId, t.code)],
);

/** A dated set of rates; immutable once a fee line names it (trigger). */
export const tariffVersions = pgTable(
  'tariff_versions',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    tariffId: bigint('tariff_id', { mode: 'number' })
      .notNull()
      .references(() => tariffs.id),
    version: integer().notNull(),
    effectiveFrom: timestamp('effective_from', { withTimezone: true }).notNull(),
    definition: jsonb().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    unique('tariff_versions_version').on(t.tariffId, t.version),
    unique('tariff_versions_from').on(t.tariffId, t.effectiveFrom),
  ],
);
