import type { Commodity } from '../domain/commodities.ts';
import { type Decimal, parseDecimal, unitsAtScale } from '../domain/decimal.ts';
import { type Mark, type MarkKind, TOTAL_SCALE } from '../domain/metering/boundary.ts';
import type { Charging } from '../domain/parties.ts';
import type { TimeRange } from '../domain/periods.ts';
import type { NamedInstallation } from '../domain/settlement/evidence.ts';
import {
  type Lease,
  type LeaseTariff,
  STAY_MS_MAX,
  type TariffVersion,
} from '../domain/settlement/service-ranges.ts';
import type { TariffDefinition } from '../domain/tariffs/definition.ts';
import { asOf, type CutOff } from './as-of.ts';
import type { Queryable } from './database.ts';
import { numbersParam } from './pg-arrays.ts';

export interface MeteringPointRow {
  readonly id: number;
  readonly placeId: number | null;
  readonly commodity: Commodity;
  readonly maxRate: bigint;
  /** Of its place. */
  readonly areaM2: Decimal | null;
}

/** A main meter `p` counts again what the meters behind it count. */
export const CHARGED_POINT = "p.role <> 'main'";

/**
 * The ids of the next charged points of a site, locked until the transaction ends: two runs never settle the same point
 * at once, and because of the order they never wait for each other in a circle.
 */
export async function lockPoints(
  tx: Queryable,
  siteId: string,
  afterId: number,
  pointsMax: number,
): Promise<readonly number[]> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT id FROM metering_points p WHERE site_id = $1 AND id > $2 AND ${CHARGED_POINT}
     ORDER BY id LIMIT $3 FOR NO KEY UPDATE`,
    [siteId, afterId, pointsMax],
  );
  return rows.map(({ id }) => Number(id));
}

/** Whose a metering point is. */
export async function findPointSite(tx: Queryable, id: number): Promise<string | undefined> {
  const { rows } = await tx.query<{ site: string }>(
    'SELECT site_id AS site FROM metering_points WHERE id = $1',
    [id],
  );
  return rows[0]?.site;
}

/** Locks these points until the transaction ends, in the order of their ids. */
export async function lockPointsById(tx: Queryable, ids: readonly number[]): Promise<void> {
  await tx.query('SELECT FROM metering_points WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE', [ids]);
}

/** Points as they were at the cut-off, in the order of their ids; those that came later are missing. */
export async function readPoints(
  tx: Queryable,
  ids: readonly number[],
  { changeId }: CutOff,
): Promise<readonly MeteringPointRow[]> {
  const { rows } = await tx.query<{
    id: string;
    place_id: string | null;
    commodity: Commodity;
    max_rate: string;
  }>(
    `SELECT id, place_id, commodity, max_rate FROM ${asOf('metering_points', changeId)} p WHERE id = ANY($1) ORDER BY id`,
    [ids],
  );
  const { rows: areas } = await tx.query<{ id: string; area_m2: string }>(
    `SELECT id, area_m2 FROM ${asOf('places', changeId)} p WHERE id = ANY($1) AND area_m2 IS NOT NULL`,
    [[...new Set(rows.flatMap(({ place_id }) => place_id ?? []))]],
  );
  const areaOf = new Map(areas.map(({ id, area_m2 }) => [id, parseDecimal(area_m2)]));
  return rows.map((row) => ({
    id: Number(row.id),
    placeId: row.place_id === null ? null : Number(row.place_id),
    commodity: row.commodity,
    maxRate: BigInt(row.max_rate),
    areaM2: (row.place_id !== null && areaOf.get(row.place_id)) || null,
  }));
}

/** By metering point, each in order of time. */
export async function readInstallations(
  tx: Queryable,
  pointIds: readonly number[],
  { changeId }: CutOff,
): Promise<ReadonlyMap<number, readonly NamedInstallation[]>> {
  const { rows } = await tx.query<InstallationRow>(
    `SELECT i.id, i.metering_point_id, i.register_id, ${ms('i.starts_at')} AS starts_at, i.start_value,
       ${ms('i.ends_at')} AS ends_at, i.end_value, i.multiplier, r.modulus, r.point, r.device_id, d.serial
     FROM ${asOf('installations', changeId)} i JOIN registers r ON r.id = i.register_id JOIN devices d ON d.id = r.device_id
     WHERE i.metering_point_id = ANY($1) ORDER BY i.starts_at`,
    [pointIds],
  );
  return grouped(rows, (row) => [
    Number(row.metering_point_id),
    {
      id: Number(row.id),
      registerId: Number(row.register_id),
      startsAt: Number(row.starts_at),
      startValue: BigInt(row.start_value),
      endsAt: row.ends_at === null ? null : Number(row.ends_at),
      endValue: row.end_value === null ? null : BigInt(row.end_value),
      multiplier: unitsAtScale(parseDecimal(row.multiplier), TOTAL_SCALE),
      modulus: BigInt(row.modulus),
      deviceId: row.device_id,
      serial: row.serial,
      point: row.point,
    },
  ]);
}

interface InstallationRow {
  id: string;
  metering_point_id: string;
  register_id: string;
  starts_at: string;
  start_value: string;
  ends_at: string | null;
  end_value: string | null;
  multiplier: string;
  modulus: string;
  point: string;
  device_id: string;
  serial: string;
}

export interface Payers {
  /** By place. */
  readonly leases: ReadonlyMap<number, readonly Lease[]>;
  readonly house: Lease | null;
  readonly leaseTariffs: readonly (LeaseTariff & { readonly commodity: Commodity })[];
  readonly versions: readonly TariffVersion[];
}

/** Who pays for these places in the period, and by which tariffs. */
export async function readPayers(
  tx: Queryable,
  siteId: string,
  placeIds: readonly number[],
  period: TimeRange,
  { changeId }: CutOff,
): Promise<Payers> {
  const { rows: leases } = await tx.query<{
    id: string;
    place_id: string | null;
    charging: Charging;
    from_ms: string;
    to_ms: string | null;
  }>(
    `SELECT id, place_id, charging, ${ms('starts_at')} AS from_ms, ${ms('ends_at')} AS to_ms
     FROM ${asOf('leases', changeId)} e
     WHERE (place_id = ANY($1) AND ${overlapping}) OR (site_id = $4 AND kind = 'house')`,
    [placeIds, period.from - STAY_MS_MAX, period.to, siteId],
  );
  const leaseRows = leases.map((row) => ({ placeId: row.place_id, ...toLease(row) }));
  return {
    leases: grouped(
      leaseRows.filter(({ placeId }) => placeId !== null),
      (lease) => [Number(lease.placeId), lease],
    ),
    house: leaseRows.find(({ placeId }) => placeId === null) ?? null,
    ...(await readLeaseTariffs(
      tx,
      leaseRows.map(({ id }) => id),
      period,
      changeId,
    )),
  };
}

/** By which tariffs these leases pay in the period. */
export async function readLeaseTariffs(
  tx: Queryable,
  leaseIds: readonly number[],
  period: TimeRange,
  changeId: number,
): Promise<Pick<Payers, 'leaseTariffs' | 'versions'>> {
  const { rows: assigned } = await tx.query<{
    lease_id: string;
    tariff_id: string;
    commodity: Commodity;
    from_ms: string;
    to_ms: string | null;
  }>(
    `SELECT lease_id, tariff_id, commodity, ${ms('starts_at')} AS from_ms, ${ms('ends_at')} AS to_ms
     FROM ${asOf('lease_tariffs', changeId)} a WHERE lease_id = ANY($1) AND ${overlapping}`,
    [leaseIds, period.from, period.to],
  );
  return {
    leaseTariffs: assigned.map((row) => ({
      leaseId: Number(row.lease_id),
      tariffId: Number(row.tariff_id),
      commodity: row.commodity,
      from: Number(row.from_ms),
      to: row.to_ms === null ? null : Number(row.to_ms),
    })),
    versions: await readVersions(
      tx,
      [...new Set(assigned.map(({ tariff_id }) => tariff_id))],
      period,
      changeId,
    ),
  };
}

export const toLease = (row: {
  id: string;
  charging: Charging;
  from_ms: string;
  to_ms: string | null;
}): Lease => ({
  id: Number(row.id),
  charging: row.charging,
  from: Number(row.from_ms),
  to: row.to_ms === null ? null : Number(row.to_ms),
});

async function readVersions(
  tx: Queryable,
  tariffIds: readonly string[],
  period: TimeRange,
  changeId: number,
): Promise<readonly TariffVersion[]> {
  const { rows } = await tx.query<{
    id: string;
    tariff_id: string;
    version: number;
    from_ms: string;
    definition: TariffDefinition;
    code: string;
    name: string;
  }>(
    `SELECT v.id, v.tariff_id, v.version, ${ms('v.effective_from')} AS from_ms, v.definition, t.code, t.name
     FROM ${asOf('tariff_versions', changeId)} v JOIN tariffs t ON t.id = v.tariff_id
     WHERE v.tariff_id = ANY($1) AND v.effective_from < ${instant('$2')} ORDER BY v.effective_from`,
    [tariffIds, period.to],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    tariffId: Number(row.tariff_id),
    version: row.version,
    effectiveFrom: Number(row.from_ms),
    definition: row.definition,
    code: row.code,
    name: row.name,
  }));
}

/** The definitions of these versions: immutable, because lines name them. */
export async function readDefinitions(
  tx: Queryable,
  versionIds: readonly number[],
): Promise<ReadonlyMap<number, TariffDefinition>> {
  if (versionIds.length === 0) return new Map();
  const { rows } = await tx.query<{ id: string; definition: TariffDefinition }>(
    'SELECT id, definition FROM tariff_versions WHERE id = ANY($1)',
    [versionIds],
  );
  return new Map(rows.map(({ id, definition }) => [Number(id), definition]));
}

/**
 * For each point the newest mark that was charged by at or before its `at` and still stands: its reading was not
 * rejected or revised since, its installation not changed. Without one the fold starts at the first installation.
 */
export async function readResumeMarks(
  tx: Queryable,
  points: readonly { readonly id: number; readonly at: number }[],
): Promise<ReadonlyMap<number, Mark>> {
  const { rows } = await tx.query<{
    point: string;
    kind: MarkKind;
    installation: string;
    ts: string;
    value: string;
    total: string;
  }>(
    `SELECT p.id AS point, v.* FROM unnest($1::bigint[], $2::bigint[]) p(id, at_ms) CROSS JOIN LATERAL (
       SELECT b.before_kind AS kind, b.before_installation_id AS installation, ${ms('b.before_ts')} AS ts,
         b.before_value AS value, b.before_total AS total
       FROM boundary_values b JOIN installations i ON i.id = b.before_installation_id
       WHERE b.metering_point_id = p.id AND i.metering_point_id = p.id AND b.at <= ${instant('p.at_ms')}
         AND NOT EXISTS (SELECT 1 FROM boundary_values n WHERE n.metering_point_id = b.metering_point_id
           AND n.at = b.at AND n.revision > b.revision)
         AND CASE b.before_kind
           WHEN 'start' THEN i.starts_at = b.before_ts AND i.start_value = b.before_value
           WHEN 'end' THEN i.ends_at = b.before_ts
           ELSE i.starts_at < b.before_ts AND (i.ends_at IS NULL OR i.ends_at > b.before_ts)
             AND EXISTS (SELECT 1 FROM readings r WHERE r.register_id = i.register_id AND r.ts = b.before_ts
               AND r.value = b.before_value AND r.quality = 'good') END
       ORDER BY b.at DESC LIMIT 1) v`,
    [numbersParam(points, ({ id }) => id), numbersParam(points, ({ at }) => at)],
  );
  return new Map(
    rows.map((row) => [
      Number(row.point),
      {
        kind: row.kind,
        installationId: Number(row.installation),
        ts: Number(row.ts),
        value: BigInt(row.value),
        total: BigInt(row.total),
      },
    ]),
  );
}

/** Instants cross as epoch milliseconds: exact, and cheaper to read than dates. */
export const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;
export const instant = (param: string): string => `to_timestamp(${param}::bigint / 1000.0)`;
const overlapping = `starts_at < ${instant('$3')} AND (ends_at IS NULL OR ends_at > ${instant('$2')})`;

/** By a number, in the order of the rows. */
export function grouped<Row, T>(
  rows: readonly Row[],
  of: (row: Row) => readonly [key: number, item: T],
): ReadonlyMap<number, T[]> {
  const map = new Map<number, T[]>();
  for (const row of rows) {
    const [key, item] = of(row);
    const list = map.get(key);
    if (list) list.push(item);
    else map.set(key, [item]);
  }
  return map;
}
