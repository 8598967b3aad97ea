import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { COMMAND_STATUS } from '../../domain/commands.ts';
import { DEVICE_KINDS, type DeviceProfile } from '../../domain/device-profiles.ts';
import { bytea } from './bytea.ts';
import { places, sites } from './places.ts';

export const deviceProfiles = pgTable(
  'device_profiles',
  {
    id: text().notNull(),
    revision: integer().notNull(),
    kind: text({ enum: DEVICE_KINDS }).notNull(),
    definition: jsonb().$type<DeviceProfile>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.id, t.revision] })],
);

export const devices = pgTable(
  'devices',
  {
    /** Topic-safe and unique over all sites; the serial where that is free, else the serial with a suffix. */
    id: text().primaryKey(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    serial: text().notNull(),
    profileId: text('profile_id').notNull(),
    profileRevision: integer('profile_revision').notNull(),
    placeId: bigint('place_id', { mode: 'number' }).references(() => places.id),
    /** SHA-256 of the secret. Not a password: 128 random bits need no slow hash. */
    secretHash: bytea('secret_hash').notNull(),
    /** The secret before a rotation, good until it expires. */
    previousSecretHash: bytea('previous_secret_hash'),
    previousSecretExpiresAt: timestamp('previous_secret_expires_at', { withTimezone: true }),
    enabled: boolean().notNull().default(true),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    unique('devices_serial').on(t.siteId, t.serial),
    index('devices_place').on(t.placeId),
    foreignKey({
      columns: [t.profileId, t.profileRevision],
      foreignColumns: [deviceProfiles.id, deviceProfiles.revision],
    }),
  ],
);

/** What broker and ingest saw of a device. Apart from `devices`, because it changes all the time. */
export const deviceStates = pgTable(
  'device_states',
  {
    deviceId: text('device_id')
      .primaryKey()
      .references(() => devices.id, { onDelete: 'cascade' }),
    /** Written by brokers alone: a connection is open. */
    online: boolean().notNull().default(false),
    onlineChangedAt: timestamp('online_changed_at', { withTimezone: true }),
    /** The broker process that has the connection, and since when; null while there is none. */
    broker: integer(),
    connectedAt: timestamp('connected_at', { withTimezone: true }),
    /** When the platform last received anything from it. */
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }),
    /** The newest instant the device says it measured at. */
    measuredAt: timestamp('measured_at', { withTimezone: true }),
    firmware: text(),
  },
  // Which brokers have devices, and which devices a lost one had.
  (t) => [index('device_states_broker').on(t.broker).where(sql`${t.online}`)],
);

/** What a device said happened, e.g. a gate pass. The same again is a no-op. */
export const deviceEvents = pgTable(
  'device_events',
  {
    deviceId: text('device_id')
      .notNull()
      .references(() => devices.id),
    ts: timestamp({ withTimezone: true }).notNull(),
    type: text().notNull(),
    /** The device's own id of the event, or '' where it gave none. */
    eventId: text('event_id').notNull(),
    data: jsonb().notNull(),
  },
  (t) => [primaryKey({ columns: [t.deviceId, t.ts, t.type, t.eventId] })],
);

export const commands = pgTable(
  'commands',
  {
    id: uuid().primaryKey(),
    deviceId: text('device_id')
      .notNull()
      .references(() => devices.id),
    op: text().notNull(),
    args: jsonb().$type<Record<string, unknown>>().notNull(),
    reason: text(),
    requestedBy: text('requested_by').notNull(),
    status: text({ enum: COMMAND_STATUS }).notNull().default('queued'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    sentAt: timestamp('sent_at', { withTimezone: true }),
    /** The broker process that sent it and has no PUBACK yet; null otherwise. */
    broker: integer(),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    result: jsonb(),
  },
  (t) => [
    index('commands_open').on(t.deviceId, t.status),
    // Asked every second what has expired.
    index('commands_expiry').on(t.expiresAt).where(sql`${t.status} IN ('queued', 'sent')`),
    index('commands_broker').on(t.broker).where(sql`${t.broker} IS NOT NULL`),
  ],
);
