import { bigint, index, pgTable, text, timestamp, unique } from 'drizzle-orm/pg-core';
import { PASS_DIRECTIONS } from '../../domain/passes.ts';
import { devices } from './devices.ts';
import { meteringPoints } from './metering.ts';
import { leases } from './parties.ts';
import { sites } from './places.ts';

/** A vehicle at a gate. The same event of the same device again is a no-op. Immutable (trigger). */
export const passes = pgTable(
  'passes',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    deviceId: text('device_id')
      .notNull()
      .references(() => devices.id),
    eventId: text('event_id').notNull(),
    /** The lane's point (commodity `gate`), where its device stood. */
    meteringPointId: bigint('metering_point_id', { mode: 'number' })
      .notNull()
      .references(() => meteringPoints.id),
    ts: timestamp({ withTimezone: true }).notNull(),
    direction: text({ enum: PASS_DIRECTIONS }).notNull(),
    /** What entry and exit are matched by: the plate without spaces and dots, or `#` and the ticket. */
    vehicle: text().notNull(),
    /** As the device told it; null where it could not read one. */
    plate: text(),
    class: text().notNull(),
    ticket: text(),
    receivedAt: timestamp('received_at', { withTimezone: true }).notNull(),
    /** The journal frame it came in. */
    journalSeq: bigint('journal_seq', { mode: 'number' }).notNull().default(0),
  },
  (t) => [
    unique('passes_event').on(t.deviceId, t.eventId),
    index('passes_vehicle').on(t.siteId, t.vehicle, t.ts),
    index('passes_site').on(t.siteId, t.ts),
    index('passes_point').on(t.meteringPointId, t.ts),
  ],
);

/** A vehicle that is known by name. */
export const vehicles = pgTable(
  'vehicles',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    /** As it is matched (domain/passes.ts normalizePlate). */
    plate: text().notNull(),
    class: text().notNull(),
    note: text(),
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (t) => [unique('vehicles_plate').on(t.siteId, t.plate)],
);

/** Which lease pays for a vehicle, when; otherwise the driver does. Overlaps are refused (exclusion constraint). */
export const vehiclePayers = pgTable(
  'vehicle_payers',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    vehicleId: bigint('vehicle_id', { mode: 'number' })
      .notNull()
      .references(() => vehicles.id),
    leaseId: bigint('lease_id', { mode: 'number' })
      .notNull()
      .references(() => leases.id),
    startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
    endsAt: timestamp('ends_at', { withTimezone: true }),
  },
  (t) => [index('vehicle_payers_vehicle').on(t.vehicleId), index('vehicle_payers_lease').on(t.leaseId)],
);

/** A stretch in which a vehicle's passes cost nothing. Overlaps are refused (exclusion constraint). */
export const monthlyPasses = pgTable(
  'monthly_passes',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    vehicleId: bigint('vehicle_id', { mode: 'number' })
      .notNull()
      .references(() => vehicles.id),
    startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
    endsAt: timestamp('ends_at', { withTimezone: true }).notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (t) => [index('monthly_passes_vehicle').on(t.vehicleId)],
);

/** Money taken at the gate for a pass. Booked to the walk-in lease's balance. Immutable (trigger). */
export const passCollections = pgTable(
  'pass_collections',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    passId: bigint('pass_id', { mode: 'number' })
      .notNull()
      .references(() => passes.id),
    /** Minor units. */
    amount: bigint({ mode: 'bigint' }).notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    collectedBy: text('collected_by').notNull(),
  },
  (t) => [unique('pass_collections_pass').on(t.passId)],
);
