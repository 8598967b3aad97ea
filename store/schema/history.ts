import { bigint, index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/**
 * What a row was before it changed (triggers on leases, lease_tariffs, tariff_versions, installations,
 * metering_points, places' areas and readings): so the tables can be read as they were after any change. Immutable.
 */
export const changeHistory = pgTable(
  'change_history',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    tableName: text('table_name').notNull(),
    /** The row's id; of a reading `{register} {epoch ms}`. */
    rowKey: text('row_key').notNull(),
    /** Null where the row was not there. */
    old: jsonb(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    index('change_history_row').on(t.tableName, t.rowKey, t.id),
    index('change_history_table').on(t.tableName, t.id),
  ],
);
