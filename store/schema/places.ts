import { sql } from 'drizzle-orm';
import { bigint, check, index, jsonb, numeric, pgTable, text, timestamp, unique } from 'drizzle-orm/pg-core';
import { type FloorPlan, PLACE_KINDS, type Rect } from '../../domain/places.ts';

export const sites = pgTable(
  'sites',
  {
    /** Short and topic-safe: it is the first segment of every MQTT topic. */
    id: text().primaryKey(),
    name: text().notNull(),
    timeZone: text('time_zone').notNull(),
    currency: text().notNull().default('CNY'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [check('sites_id_topic_safe', sql`${t.id} ~ '^[A-Za-z0-9_.-]{1,32}$'`)],
);

export const places = pgTable(
  'places',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    parentId: bigint('parent_id', { mode: 'number' }),
    kind: text({ enum: PLACE_KINDS }).notNull(),
    /** The number on the door, unique in the site. */
    code: text().notNull(),
    name: text().notNull(),
    /** Where a stall lies on its floor. */
    rect: jsonb().$type<Rect>(),
    /** What a floor looks like. */
    plan: jsonb().$type<FloorPlan>(),
    areaM2: numeric('area_m2', { precision: 10, scale: 2 }),
  },
  (t) => [unique('places_code').on(t.siteId, t.code), index('places_parent').on(t.parentId)],
);
