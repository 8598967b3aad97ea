import type { MeteredCommodity } from '../domain/commodities.ts';
import type { Allocated, PointRole, Weight } from '../domain/meter-tree.ts';
import type { TimeRange } from '../domain/periods.ts';
import { asOf } from './as-of.ts';
import type { Queryable } from './database.ts';
import { ms } from './usage-inputs.ts';

/** A metering point in its tree. */
export interface TreePoint {
  readonly id: number;
  readonly code: string;
  readonly commodity: MeteredCommodity;
  readonly placeId: number | null;
  readonly placeCode: string | null;
  readonly mainId: number | null;
  readonly role: PointRole;
  /** When its first meter came; null without one. Epoch milliseconds. */
  readonly meteredFrom: number | null;
  readonly meteredTo: number | null;
}

/** Every metered point of the site, by code; with a cut-off as it was then. */
export async function readTree(
  tx: Queryable,
  siteId: string,
  options: {
    readonly commodity?: MeteredCommodity | undefined;
    readonly changeId?: number | undefined;
    /** What lies behind what, as of another change than the meters. */
    readonly pointsAt?: number | undefined;
  } = {},
): Promise<readonly TreePoint[]> {
  const { commodity = null, changeId, pointsAt = changeId } = options;
  const from = (table: 'metering_points' | 'installations', at: number | undefined): string =>
    at === undefined ? table : asOf(table, at);
  const { rows } = await tx.query<{
    id: string;
    code: string;
    commodity: MeteredCommodity;
    place: string | null;
    place_code: string | null;
    main: string | null;
    role: PointRole;
    metered_from: string | null;
    metered_to: string | null;
  }>(
    `SELECT p.id, p.code, p.commodity, p.place_id AS place, pl.code AS place_code, p.main_id AS main, p.role,
       ${ms('i.starts_at')} AS metered_from, ${ms('i.ends_at')} AS metered_to
     FROM ${from('metering_points', pointsAt)} p LEFT JOIN places pl ON pl.id = p.place_id
     LEFT JOIN (SELECT metering_point_id, min(starts_at) AS starts_at,
         CASE WHEN bool_or(ends_at IS NULL) THEN NULL ELSE max(ends_at) END AS ends_at
       FROM ${from('installations', changeId)} t GROUP BY metering_point_id) i ON i.metering_point_id = p.id
     WHERE p.site_id = $1 AND p.commodity IN ('electricity', 'water') AND ($2::text IS NULL OR p.commodity = $2)
     ORDER BY p.code`,
    [siteId, commodity],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    code: row.code,
    commodity: row.commodity,
    placeId: row.place === null ? null : Number(row.place),
    placeCode: row.place_code,
    mainId: row.main === null ? null : Number(row.main),
    role: row.role,
    meteredFrom: row.metered_from === null ? null : Number(row.metered_from),
    meteredTo: row.metered_to === null ? null : Number(row.metered_to),
  }));
}

/** Whether a meter is there for any of the time. */
export const isMeteredIn = ({ meteredFrom, meteredTo }: TreePoint, { from, to }: TimeRange): boolean =>
  meteredFrom !== null && meteredFrom < to && (meteredTo === null || meteredTo > from);

/** Cumulative quantity at an instant, as it was charged by last. */
export interface ValueAt {
  readonly value: bigint;
  readonly estimated: boolean;
}

/** By point and instant, as `valueKey` says; those not charged by yet are missing. */
export async function readValuesAt(
  tx: Queryable,
  pointIds: readonly number[],
  instants: readonly number[],
): Promise<ReadonlyMap<string, ValueAt>> {
  const { rows } = await tx.query<{ point: string; at: string; value: string; method: string }>(
    `SELECT DISTINCT ON (metering_point_id, at) metering_point_id AS point, ${ms('at')} AS at, value, method
     FROM boundary_values WHERE metering_point_id = ANY($1) AND at = ANY($2::timestamptz[])
     ORDER BY metering_point_id, at, revision DESC`,
    [pointIds, instants.map((at) => new Date(at).toISOString())],
  );
  return new Map(
    rows.map(({ point, at, value, method }) => [
      valueKey(Number(point), Number(at)),
      { value: BigInt(value), estimated: method === 'estimated' },
    ]),
  );
}

export const valueKey = (pointId: number, at: number): string => `${pointId} ${at}`;

/** What a point used in the range; null while a value is missing. Without a meter in it, nothing. */
export function usageIn(
  point: TreePoint,
  range: TimeRange,
  values: ReadonlyMap<string, ValueAt>,
): { readonly usage: bigint; readonly estimated: boolean } | null {
  if (!isMeteredIn(point, range)) return { usage: 0n, estimated: false };
  const from = values.get(valueKey(point.id, range.from));
  const to = values.get(valueKey(point.id, range.to));
  return from && to ? { usage: to.value - from.value, estimated: from.estimated || to.estimated } : null;
}

/** What an allocation says for a main in a month. */
export interface AllocationRule {
  readonly what: Allocated;
  readonly weight: Weight;
}

/** By main, the one in force in the month. */
export async function readAllocations(
  tx: Queryable,
  siteId: string,
  month: string,
  changeId?: number,
): Promise<ReadonlyMap<number, AllocationRule>> {
  const table = changeId === undefined ? 'allocations' : asOf('allocations', changeId);
  const { rows } = await tx.query<{ main: string; what: Allocated; weight: Weight }>(
    `SELECT DISTINCT ON (a.main_id) a.main_id AS main, a.what, a.weight
     FROM ${table} a JOIN metering_points p ON p.id = a.main_id
     WHERE p.site_id = $1 AND a.from_month <= $2 ORDER BY a.main_id, a.from_month DESC`,
    [siteId, month],
  );
  return new Map(rows.map(({ main, what, weight }) => [Number(main), { what, weight }]));
}
