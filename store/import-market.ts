import type { Commodity } from '../domain/commodities.ts';
import type { DeviceProfile } from '../domain/device-profiles.ts';
import type { Charging } from '../domain/parties.ts';
import type { FloorPlan, PlaceKind, Rect } from '../domain/places.ts';
import type { TariffDefinition } from '../domain/tariffs/definition.ts';
import type { Database, Executor } from './database.ts';
import { registersOf } from './devices.ts';
import { ensureBuiltInProfiles, findProfile } from './profiles.ts';
import { deviceStates, devices } from './schema/devices.ts';
import { installations, meteringPoints, registers } from './schema/metering.ts';
import { leases, leaseTariffs, parties } from './schema/parties.ts';
import { places } from './schema/places.ts';
import { tariffs, tariffVersions } from './schema/tariffs.ts';
import { createSite, findHouseLease, findSite, type NewSite } from './sites.ts';

/** A whole site as its operator would write it down: everything refers to everything else by code. */
export interface Market {
  readonly site: NewSite;
  readonly places: readonly MarketPlace[];
  /** Merchants; `key` is only how leases name them. */
  readonly parties: readonly {
    readonly key: string;
    readonly name: string;
    /** Pinyin initials, lower case. */
    readonly initials: string;
    readonly phone?: string;
  }[];
  readonly tariffs: readonly MarketTariff[];
  readonly leases: readonly MarketLease[];
  /** What the house lease pays, from `startsAt` on. */
  readonly house: { readonly startsAt: Date; readonly tariffs: LeaseTariffs };
  readonly devices: readonly MarketDevice[];
  readonly meteringPoints: readonly MarketMeteringPoint[];
}

export interface MarketPlace {
  readonly code: string;
  readonly kind: PlaceKind;
  readonly name: string;
  readonly parent?: string;
  readonly rect?: Rect;
  readonly plan?: FloorPlan;
  /** Decimal text. */
  readonly areaM2?: string;
}

export interface MarketTariff {
  readonly code: string;
  readonly name: string;
  readonly commodity: Commodity;
  readonly effectiveFrom: Date;
  readonly definition: TariffDefinition;
}

/** A tariff's code for each commodity. */
export type LeaseTariffs = Readonly<Partial<Record<Commodity, string>>>;

export interface MarketLease {
  readonly place: string;
  readonly party: string;
  readonly charging: Charging;
  readonly trade: string;
  readonly startsAt: Date;
  readonly endsAt?: Date;
  readonly tariffs: LeaseTariffs;
}

export interface MarketDevice {
  /** Its id and its serial. */
  readonly id: string;
  /** The newest revision of this profile. */
  readonly profile: string;
  readonly place?: string;
  readonly secretHash: Buffer;
}

export interface MarketMeteringPoint {
  readonly code: string;
  readonly commodity: Commodity;
  /** The stall that pays; without one the house does. */
  readonly place?: string;
  /** The code of the main meter's point that this one lies behind. */
  readonly main?: string;
  /** Base units an hour. */
  readonly maxRate: number;
  /** One after the other: each meter exchange begins a new one. Values in base units. */
  readonly installations: readonly {
    readonly device: string;
    readonly startsAt: Date;
    readonly startValue: bigint;
    readonly endsAt?: Date;
    readonly endValue?: bigint;
    /** Decimal text. */
    readonly multiplier: string;
  }[];
}

const ROWS_MAX = 1_000;

/**
 * Stores a market in one transaction. A site that exists is left as it is, and the answer is false.
 * @throws when a code that something refers to is missing; nothing is stored then.
 */
export async function importMarket(db: Database, market: Market): Promise<boolean> {
  await ensureBuiltInProfiles(db);
  return db.transaction(async (tx) => {
    if (await findSite(tx, market.site.id)) return false;
    await createSite(tx, market.site);
    const placeIds = await insertPlaces(tx, market);
    const partyIds = await insertParties(tx, market);
    const tariffIds = await insertTariffs(tx, market);
    await insertLeases(tx, market, { placeIds, partyIds, tariffIds });
    const registerIds = await insertDevices(tx, market, placeIds);
    await insertMeteringPoints(tx, market, placeIds, registerIds);
    return true;
  });
}

type Ids = ReadonlyMap<string, number>;

function idOf(ids: Ids, code: string, what: string): number {
  const id = ids.get(code);
  if (id === undefined) throw new RangeError(`there is no ${what} ${code}`);
  return id;
}

async function inBulk<T, R>(rows: readonly T[], insert: (part: T[]) => Promise<R[]>): Promise<R[]> {
  const made: R[] = [];
  for (let at = 0; at < rows.length; at += ROWS_MAX)
    made.push(...(await insert(rows.slice(at, at + ROWS_MAX))));
  return made;
}

/** Level by level: a place needs its parent's id. */
async function insertPlaces(tx: Executor, { site, places: all }: Market): Promise<Ids> {
  const ids = new Map<string, number>();
  let left = all;
  while (left.length > 0) {
    const level = left.filter((place) => place.parent === undefined || ids.has(place.parent));
    if (level.length === 0) throw new RangeError(`place ${left[0]?.code} has a parent that is not there`);
    const rows = level.map((place) => ({
      siteId: site.id,
      parentId: place.parent === undefined ? null : idOf(ids, place.parent, 'place'),
      kind: place.kind,
      code: place.code,
      name: place.name,
      rect: place.rect ?? null,
      plan: place.plan ?? null,
      areaM2: place.areaM2 ?? null,
    }));
    const made = await inBulk(rows, (part) =>
      tx.insert(places).values(part).returning({ id: places.id, code: places.code }),
    );
    for (const { id, code } of made) ids.set(code, id);
    const done = new Set(level);
    left = left.filter((place) => !done.has(place));
  }
  return ids;
}

async function insertParties(tx: Executor, market: Market): Promise<Ids> {
  const made = await inBulk(market.parties, (part) =>
    tx
      .insert(parties)
      .values(
        part.map(({ name, initials, phone }) => ({
          kind: 'merchant' as const,
          name,
          initials,
          phone: phone ?? null,
        })),
      )
      .returning({ id: parties.id }),
  );
  // RETURNING keeps the order of VALUES for a plain insert.
  return new Map(market.parties.map((party, index) => [party.key, made[index]?.id ?? -1]));
}

async function insertTariffs(tx: Executor, market: Market): Promise<Ids> {
  const siteId = market.site.id;
  const made = await inBulk(market.tariffs, (part) =>
    tx
      .insert(tariffs)
      .values(part.map(({ code, name, commodity }) => ({ siteId, code, name, commodity })))
      .returning({ id: tariffs.id, code: tariffs.code }),
  );
  const ids = new Map(made.map(({ id, code }) => [code, id]));
  await inBulk(market.tariffs, (part) =>
    tx
      .insert(tariffVersions)
      .values(
        part.map(({ code, effectiveFrom, definition }) => ({
          tariffId: idOf(ids, code, 'tariff'),
          version: 1,
          effectiveFrom,
          definition,
        })),
      )
      .returning({ id: tariffVersions.id }),
  );
  return ids;
}

async function insertLeases(
  tx: Executor,
  market: Market,
  ids: { placeIds: Ids; partyIds: Ids; tariffIds: Ids },
): Promise<void> {
  const siteId = market.site.id;
  const rows = market.leases.map((lease) => ({
    siteId,
    placeId: idOf(ids.placeIds, lease.place, 'place'),
    partyId: idOf(ids.partyIds, lease.party, 'party'),
    charging: lease.charging,
    trade: lease.trade,
    startsAt: lease.startsAt,
    endsAt: lease.endsAt ?? null,
  }));
  const made = await inBulk(rows, (part) => tx.insert(leases).values(part).returning({ id: leases.id }));
  const house = await findHouseLease(tx, siteId);
  if (house === undefined) throw new Error(`site ${siteId} has no house lease`);
  const tariffsOf = (leaseId: number, lease: Pick<MarketLease, 'startsAt' | 'endsAt' | 'tariffs'>) =>
    Object.entries(lease.tariffs).map(([commodity, code]) => ({
      leaseId,
      commodity: commodity as Commodity,
      tariffId: idOf(ids.tariffIds, code, 'tariff'),
      startsAt: lease.startsAt,
      endsAt: lease.endsAt ?? null,
    }));
  const paid = [
    ...tariffsOf(house, market.house),
    ...market.leases.flatMap((lease, index) => tariffsOf(made[index]?.id ?? -1, lease)),
  ];
  await inBulk(paid, (part) => tx.insert(leaseTariffs).values(part).returning({ id: leaseTariffs.id }));
}

/** Returns the ids of registers by their device; a profile has at most one register here. */
async function insertDevices(tx: Executor, market: Market, placeIds: Ids): Promise<Ids> {
  const profiles = new Map<string, DeviceProfile>();
  for (const id of new Set(market.devices.map((device) => device.profile))) {
    const profile = await findProfile(tx, id);
    if (!profile) throw new RangeError(`there is no profile ${id}`);
    profiles.set(id, profile);
  }
  const profileOf = (device: MarketDevice): DeviceProfile => {
    const profile = profiles.get(device.profile);
    if (!profile) throw new RangeError(`there is no profile ${device.profile}`);
    return profile;
  };
  await inBulk(market.devices, (part) =>
    tx
      .insert(devices)
      .values(
        part.map((device) => ({
          id: device.id,
          siteId: market.site.id,
          serial: device.id,
          profileId: device.profile,
          profileRevision: profileOf(device).revision,
          placeId: device.place === undefined ? null : idOf(placeIds, device.place, 'place'),
          secretHash: device.secretHash,
        })),
      )
      .returning({ id: devices.id }),
  );
  await inBulk(market.devices, (part) =>
    tx
      .insert(deviceStates)
      .values(part.map(({ id }) => ({ deviceId: id })))
      .returning({ id: deviceStates.deviceId }),
  );
  const rows = market.devices.flatMap((device) => registersOf(device.id, profileOf(device)));
  const made = await inBulk(rows, (part) =>
    tx.insert(registers).values(part).returning({ id: registers.id, deviceId: registers.deviceId }),
  );
  return new Map(made.map(({ id, deviceId }) => [deviceId, id]));
}

async function insertMeteringPoints(
  tx: Executor,
  market: Market,
  placeIds: Ids,
  registerIds: Ids,
): Promise<void> {
  const ids = new Map<string, number>();
  const isMain = (point: MarketMeteringPoint): boolean => point.main === undefined;
  // A main goes before what lies behind it.
  for (const level of [
    market.meteringPoints.filter(isMain),
    market.meteringPoints.filter((p) => !isMain(p)),
  ]) {
    const made = await inBulk(level, (part) =>
      tx
        .insert(meteringPoints)
        .values(
          part.map(({ code, commodity, place, maxRate, main }) => ({
            siteId: market.site.id,
            placeId: place === undefined ? null : idOf(placeIds, place, 'place'),
            commodity,
            code,
            maxRate,
            mainId: main === undefined ? null : idOf(ids, main, 'main metering point'),
          })),
        )
        .returning({ id: meteringPoints.id, code: meteringPoints.code }),
    );
    for (const { id, code } of made) ids.set(code, id);
  }
  const rows = market.meteringPoints.flatMap((point) =>
    point.installations.map(({ device, startsAt, startValue, endsAt, endValue, multiplier }) => ({
      registerId: idOf(registerIds, device, 'register of device'),
      meteringPointId: idOf(ids, point.code, 'metering point'),
      startsAt,
      startValue,
      endsAt: endsAt ?? null,
      endValue: endValue ?? null,
      multiplier,
    })),
  );
  await inBulk(rows, (part) => tx.insert(installations).values(part).returning({ id: installations.id }));
}
