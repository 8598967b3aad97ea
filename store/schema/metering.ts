import {
  type AnyPgColumn,
  bigint,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core';
import { BASE_UNITS, COMMODITIES } from '../../domain/commodities.ts';
import { POINT_ROLES } from '../../domain/meter-tree.ts';
import { MANUAL_PURPOSES, PHOTO_TYPES, READING_QUALITY, READING_SOURCES } from '../../domain/readings.ts';
import { bytea } from './bytea.ts';
import { devices } from './devices.ts';
import { places, sites } from './places.ts';

/** Where usage happens, whatever meter is installed there. */
export const meteringPoints = pgTable(
  'metering_points',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    /** The stall that uses it; null for the site's own (common areas, plant): the house pays. */
    placeId: bigint('place_id', { mode: 'number' }).references(() => places.id),
    commodity: text({ enum: COMMODITIES }).notNull(),
    code: text().notNull(),
    /** Base units an hour that the supply can deliver at most: what is above is implausible. */
    maxRate: bigint('max_rate', { mode: 'number' }).notNull(),
    /** The main meter's point that this one lies behind. A point with others behind it measures them again: it is not charged. */
    mainId: bigint('main_id', { mode: 'number' }).references((): AnyPgColumn => meteringPoints.id),
    /** A point that another one is put behind becomes a `main`, one without a stall is `common` (trigger). */
    role: text({ enum: POINT_ROLES }).notNull().default('stall'),
  },
  (t) => [
    unique('metering_points_code').on(t.siteId, t.code),
    index('metering_points_place').on(t.placeId),
    index('metering_points_main').on(t.mainId),
  ],
);

/** One cumulative counter of a meter. */
export const registers = pgTable(
  'registers',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    deviceId: text('device_id')
      .notNull()
      .references(() => devices.id),
    /** The profile's point that reports it. */
    point: text().notNull(),
    unit: text({ enum: BASE_UNITS }).notNull(),
    /** Base units at which the dial wraps to zero. */
    modulus: bigint({ mode: 'bigint' }).notNull(),
  },
  (t) => [unique('registers_point').on(t.deviceId, t.point)],
);

/** A register serves a metering point from start to end. Overlaps on either side are refused (exclusion constraints). */
export const installations = pgTable(
  'installations',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    registerId: bigint('register_id', { mode: 'number' })
      .notNull()
      .references(() => registers.id),
    meteringPointId: bigint('metering_point_id', { mode: 'number' })
      .notNull()
      .references(() => meteringPoints.id),
    startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
    startValue: bigint('start_value', { mode: 'bigint' }).notNull(),
    endsAt: timestamp('ends_at', { withTimezone: true }),
    endValue: bigint('end_value', { mode: 'bigint' }),
    /** CT × PT ratio (倍率): what the register shows × multiplier = what was used. */
    multiplier: numeric({ precision: 12, scale: 4 }).notNull().default('1'),
  },
  (t) => [
    index('installations_point').on(t.meteringPointId),
    index('installations_register').on(t.registerId),
  ],
);

/** Partitioned by month of `ts` (migration). The first value for an instant stays; another one is a conflict. */
export const readings = pgTable(
  'readings',
  {
    registerId: bigint('register_id', { mode: 'number' }).notNull(),
    ts: timestamp({ withTimezone: true }).notNull(),
    value: bigint({ mode: 'bigint' }).notNull(),
    quality: text({ enum: READING_QUALITY }).notNull(),
    source: text({ enum: READING_SOURCES }).notNull(),
    receivedAt: timestamp('received_at', { withTimezone: true }).notNull(),
    /** The journal frame it came in; null for a manual one. */
    journalSeq: bigint('journal_seq', { mode: 'number' }),
  },
  (t) => [primaryKey({ columns: [t.registerId, t.ts] })],
);

/** Another value for an instant that already has one: for a rule or a person to settle. */
export const readingConflicts = pgTable(
  'reading_conflicts',
  {
    registerId: bigint('register_id', { mode: 'number' }).notNull(),
    ts: timestamp({ withTimezone: true }).notNull(),
    value: bigint({ mode: 'bigint' }).notNull(),
    receivedAt: timestamp('received_at', { withTimezone: true }).notNull(),
    revision: integer().notNull().default(1),
    /** Once decided, the values that do not stand are kept here with who decided. */
    decidedAt: timestamp('decided_at', { withTimezone: true }),
    decidedBy: text('decided_by'),
  },
  (t) => [primaryKey({ columns: [t.registerId, t.ts, t.value] })],
);

/** A person vouches for a value: the fold believes it although it is implausible. Never changed or deleted. */
export const readingVouchers = pgTable(
  'reading_vouchers',
  {
    registerId: bigint('register_id', { mode: 'number' })
      .notNull()
      .references(() => registers.id),
    ts: timestamp({ withTimezone: true }).notNull(),
    value: bigint({ mode: 'bigint' }).notNull(),
    vouchedAt: timestamp('vouched_at', { withTimezone: true }).notNull(),
    vouchedBy: text('vouched_by').notNull(),
  },
  (t) => [primaryKey({ columns: [t.registerId, t.ts, t.value] })],
);

/** Pictures of dials, as evidence. */
export const readingPhotos = pgTable(
  'reading_photos',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    sha256: text().notNull(),
    type: text({ enum: PHOTO_TYPES }).notNull(),
    bytes: bytea().notNull(),
    addedAt: timestamp('added_at', { withTimezone: true }).notNull(),
    addedBy: text('added_by').notNull(),
  },
  (t) => [unique('reading_photos_once').on(t.siteId, t.sha256)],
);

/** What a person read off a register, why, and with which picture: also the values at an exchange or a handover. */
export const manualReadings = pgTable(
  'manual_readings',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    registerId: bigint('register_id', { mode: 'number' })
      .notNull()
      .references(() => registers.id),
    ts: timestamp({ withTimezone: true }).notNull(),
    value: bigint({ mode: 'bigint' }).notNull(),
    purpose: text({ enum: MANUAL_PURPOSES }).notNull(),
    note: text(),
    photoId: bigint('photo_id', { mode: 'number' }).references(() => readingPhotos.id),
    /** Of a reading that was moved because its device's clock was wrong: where it stood. */
    movedFrom: timestamp('moved_from', { withTimezone: true }),
    enteredAt: timestamp('entered_at', { withTimezone: true }).notNull(),
    enteredBy: text('entered_by').notNull(),
  },
  (t) => [index('manual_readings_register').on(t.registerId, t.ts)],
);
