import { bigint, index, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { OCCUPANCY } from '../../domain/occupancy.ts';
import { devices } from './devices.ts';
import { places } from './places.ts';

/** What each stall's sensor last measured. */
export const stallStates = pgTable('stall_states', {
  placeId: bigint('place_id', { mode: 'number' })
    .primaryKey()
    .references(() => places.id),
  deviceId: text('device_id')
    .notNull()
    .references(() => devices.id),
  occupancy: text({ enum: OCCUPANCY }).notNull(),
  measuredAt: timestamp('measured_at', { withTimezone: true }).notNull(),
  seenAt: timestamp('seen_at', { withTimezone: true }).notNull(),
});

/** Every measured change, for replay and statistics. */
export const occupancyChanges = pgTable(
  'occupancy_changes',
  {
    placeId: bigint('place_id', { mode: 'number' })
      .notNull()
      .references(() => places.id),
    ts: timestamp({ withTimezone: true }).notNull(),
    occupancy: text({ enum: OCCUPANCY }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.placeId, t.ts] }), index('occupancy_changes_ts').on(t.ts)],
);
