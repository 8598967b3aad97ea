import { and, asc, eq, exists, gt, ilike, isNull, lte, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { StallState } from '../domain/floor.ts';
import type { Executor } from './database.ts';
import { likeText } from './like-text.ts';
import { deviceProfiles, deviceStates, devices } from './schema/devices.ts';
import { installations, meteringPoints, readings, registers } from './schema/metering.ts';
import { stallStates } from './schema/occupancy.ts';
import { leases, parties } from './schema/parties.ts';
import { places } from './schema/places.ts';

const parent = alias(places, 'parent');
const grandparent = alias(places, 'grandparent');
/** A stall lies on its floor directly or in one of its zones. */
const floorId =
  sql<number>`CASE WHEN ${parent.kind} = 'floor' THEN ${parent.id} ELSE ${grandparent.id} END`.mapWith(
    Number,
  );
const leaseAt = (now: Date): SQL | undefined =>
  and(
    eq(leases.placeId, places.id),
    lte(leases.startsAt, now),
    or(isNull(leases.endsAt), gt(leases.endsAt, now)),
  );
const intervalS = sql<number | null>`(${deviceProfiles.definition} ->> 'intervalS')::float8`;

export interface StallQuery {
  readonly site?: string | undefined;
  readonly floor?: number | undefined;
  readonly id?: number | undefined;
  /** Part of the stall's code, the merchant's name or initials, or the serial of a device in the stall. */
  readonly q?: string | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

/** Stalls by id, each with the lease that holds at `now` and what its sensor last said. */
export async function listStalls(db: Executor, now: Date, query: StallQuery) {
  return db
    .select({
      id: places.id,
      siteId: places.siteId,
      floorId,
      code: places.code,
      name: places.name,
      rect: places.rect,
      areaM2: places.areaM2,
      lease: {
        id: leases.id,
        charging: leases.charging,
        trade: leases.trade,
        startsAt: leases.startsAt,
        endsAt: leases.endsAt,
      },
      party: { id: parties.id, name: parties.name, initials: parties.initials },
      state: {
        occupancy: stallStates.occupancy,
        measuredAt: stallStates.measuredAt,
        seenAt: stallStates.seenAt,
      },
      intervalS,
    })
    .from(places)
    .leftJoin(parent, eq(parent.id, places.parentId))
    .leftJoin(grandparent, eq(grandparent.id, parent.parentId))
    .leftJoin(leases, leaseAt(now))
    .leftJoin(parties, eq(parties.id, leases.partyId))
    .leftJoin(stallStates, eq(stallStates.placeId, places.id))
    .leftJoin(devices, eq(devices.id, stallStates.deviceId))
    .leftJoin(
      deviceProfiles,
      and(eq(deviceProfiles.id, devices.profileId), eq(deviceProfiles.revision, devices.profileRevision)),
    )
    .where(
      and(
        eq(places.kind, 'stall'),
        query.site === undefined ? undefined : eq(places.siteId, query.site),
        query.floor === undefined ? undefined : eq(floorId, query.floor),
        query.id === undefined ? undefined : eq(places.id, query.id),
        query.after === undefined ? undefined : gt(places.id, query.after),
        query.q === undefined ? undefined : matches(db, query.q),
      ),
    )
    .orderBy(asc(places.id))
    .limit(query.limit);
}
export type StallRow = Awaited<ReturnType<typeof listStalls>>[number];

function matches(db: Executor, q: string): SQL | undefined {
  const text = likeText(q);
  const device = alias(devices, 'device');
  return or(
    ilike(places.code, `%${text}%`),
    ilike(parties.name, `%${text}%`),
    ilike(parties.initials, `${text}%`),
    exists(
      db
        .select({ one: sql`1` })
        .from(device)
        .where(and(eq(device.placeId, places.id), ilike(device.serial, `%${text}%`))),
    ),
  );
}

/** The meters that serve a stall at `now`, each with its newest good reading. */
export async function listStallMeters(db: Executor, stall: number, now: Date) {
  const last = db
    .select({ ts: readings.ts, value: readings.value })
    .from(readings)
    .where(and(eq(readings.registerId, registers.id), eq(readings.quality, 'good')))
    .orderBy(sql`${readings.ts} DESC`)
    .limit(1);
  return db
    .select({
      meteringPointId: meteringPoints.id,
      commodity: meteringPoints.commodity,
      deviceId: devices.id,
      serial: devices.serial,
      registerId: registers.id,
      point: registers.point,
      multiplier: installations.multiplier,
      online: sql<boolean>`coalesce(${deviceStates.online}, false)`,
      lastReading: sql<{ ts: string; value: string } | null>`(
        SELECT json_build_object('ts', last.ts, 'value', last.value::text) FROM (${last}) AS last)`,
    })
    .from(meteringPoints)
    .innerJoin(
      installations,
      and(
        eq(installations.meteringPointId, meteringPoints.id),
        lte(installations.startsAt, now),
        or(isNull(installations.endsAt), gt(installations.endsAt, now)),
      ),
    )
    .innerJoin(registers, eq(registers.id, installations.registerId))
    .innerJoin(devices, eq(devices.id, registers.deviceId))
    .leftJoin(deviceStates, eq(deviceStates.deviceId, devices.id))
    .where(eq(meteringPoints.placeId, stall))
    .orderBy(asc(meteringPoints.id))
    .limit(100);
}

/** Every device in a place. */
export async function listPlaceDevices(db: Executor, place: number) {
  return db
    .select({
      id: devices.id,
      kind: deviceProfiles.kind,
      serial: devices.serial,
      online: sql<boolean>`coalesce(${deviceStates.online}, false)`,
    })
    .from(devices)
    .innerJoin(
      deviceProfiles,
      and(eq(deviceProfiles.id, devices.profileId), eq(deviceProfiles.revision, devices.profileRevision)),
    )
    .leftJoin(deviceStates, eq(deviceStates.deviceId, devices.id))
    .where(eq(devices.placeId, place))
    .orderBy(asc(devices.id))
    .limit(100);
}

/** The changing part of stalls: of a whole floor, or of the given ids. */
export async function loadStallStates(
  db: Executor,
  now: Date,
  which: { readonly floor: number } | { readonly ids: readonly number[] },
): Promise<StallState[]> {
  const leased = exists(db.select({ one: sql`1` }).from(leases).where(leaseAt(now)));
  const base = db
    .select({
      id: places.id,
      occupancy: stallStates.occupancy,
      leased: sql<boolean>`${leased}`,
      measuredAt: stallStates.measuredAt,
      seenAt: stallStates.seenAt,
    })
    .from(places)
    .leftJoin(stallStates, eq(stallStates.placeId, places.id));
  const rows =
    'floor' in which
      ? await base
          .leftJoin(parent, eq(parent.id, places.parentId))
          .leftJoin(grandparent, eq(grandparent.id, parent.parentId))
          .where(and(eq(places.kind, 'stall'), eq(floorId, which.floor)))
      : await base.where(and(eq(places.kind, 'stall'), anyOf(places.id, which.ids)));
  return rows.map((row) => ({
    id: row.id,
    occupancy: row.occupancy ?? 'unknown',
    leased: row.leased,
    measuredAt: row.measuredAt?.getTime() ?? null,
    seenAt: row.seenAt?.getTime() ?? null,
  }));
}

/** One array parameter, whatever the number of ids. */
const anyOf = (column: typeof places.id, ids: readonly number[]): SQL =>
  sql`${column} = ANY(${sql.param([...ids])}::bigint[])`;

/** The longest reporting interval, in seconds, of the sensors on a floor; null where there is none. */
export async function floorIntervalS(db: Executor, floor: number): Promise<number | null> {
  const [row] = await db
    .select({ intervalS: sql<number | null>`max(${intervalS})` })
    .from(places)
    .innerJoin(parent, eq(parent.id, places.parentId))
    .leftJoin(grandparent, eq(grandparent.id, parent.parentId))
    .innerJoin(devices, eq(devices.placeId, places.id))
    .innerJoin(
      deviceProfiles,
      and(eq(deviceProfiles.id, devices.profileId), eq(deviceProfiles.revision, devices.profileRevision)),
    )
    .where(and(eq(places.kind, 'stall'), eq(deviceProfiles.kind, 'stall_sensor'), eq(floorId, floor)));
  return row?.intervalS ?? null;
}
