import { type Breakdown, breakdownOf, childrenOf, type Node } from '../domain/meter-tree.ts';
import type { TimeRange } from '../domain/periods.ts';
import type { Queryable } from './database.ts';
import {
  type AllocationRule,
  isMeteredIn,
  readAllocations,
  readTree,
  readValuesAt,
  type TreePoint,
  usageIn,
} from './meter-tree.ts';
import { readResiduals } from './shares.ts';
import { ms } from './usage-inputs.ts';

/** A main's month. */
export interface Loss {
  readonly main: TreePoint;
  readonly period: string;
  /** Null until every value is known. */
  readonly breakdown: Breakdown | null;
  readonly usage: bigint | null;
  /** Of the newest residual that was computed; null before. */
  readonly residual: bigint | null;
  readonly rule: AllocationRule | undefined;
  readonly allocated: bigint;
  readonly missing: readonly TreePoint[];
  readonly estimated: readonly TreePoint[];
}

/** Every main that has a meter in the month, by code; `mainId` picks one. */
export async function readLosses(
  db: Queryable,
  siteId: string,
  period: TimeRange & { readonly name: string },
  mainId?: number,
): Promise<readonly Loss[]> {
  const tree = await readTree(db, siteId);
  const children = childrenOf(tree);
  const mains = tree.filter(
    (point) => point.role === 'main' && isMeteredIn(point, period) && (mainId ?? point.id) === point.id,
  );
  const within = (id: number): readonly TreePoint[] =>
    (children.get(id) ?? []).flatMap((point) => [point, ...within(point.id)]);
  const ids = [...new Set(mains.flatMap((main) => [main.id, ...within(main.id).map(({ id }) => id)]))];
  const values = await readValuesAt(db, ids, [period.from, period.to]);
  const nodes = tree.map(
    (point): Node => ({ ...point, usage: usageIn(point, period, values)?.usage ?? null }),
  );
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  const nodesBehind = childrenOf(nodes);
  const rules = await readAllocations(db, siteId, period.name);
  const residuals = new Map((await readResiduals(db, siteId, [period.name])).map((one) => [one.mainId, one]));
  return mains.map((main) => {
    const node = nodeOf.get(main.id);
    const below = [main, ...within(main.id)];
    const stored = residuals.get(main.id);
    return {
      main,
      period: period.name,
      breakdown: node ? breakdownOf(node, nodesBehind) : null,
      usage: node?.usage ?? null,
      residual: stored?.residual ?? null,
      rule: stored ?? rules.get(main.id),
      allocated: stored?.allocated ?? 0n,
      missing: below.filter((point) => usageIn(point, period, values) === null),
      estimated: below.filter((point) => usageIn(point, period, values)?.estimated),
    };
  });
}

export interface ShareRow {
  readonly pointId: number;
  readonly code: string;
  readonly stall: string | null;
  readonly lease: number | null;
  readonly party: string | null;
  readonly from: number;
  readonly to: number;
  readonly weight: string;
  readonly totalWeight: string;
  readonly share: string;
}

/** To whom a main's residual of a month was allocated last, by point and time. */
export async function listShares(
  db: Queryable,
  query: {
    readonly mainId: number;
    readonly period: string;
    readonly offset: number;
    readonly limit: number;
  },
): Promise<readonly ShareRow[]> {
  const { rows } = await db.query<{
    point: string;
    code: string;
    stall: string | null;
    lease: string | null;
    party: string | null;
    from_ms: string;
    to_ms: string;
    weight: string;
    total: string;
    share: string;
  }>(
    `SELECT s.metering_point_id AS point, p.code, pl.code AS stall, s.lease_id AS lease,
       CASE WHEN l.kind = 'merchant' THEN pa.name END AS party, ${ms('s.service_from')} AS from_ms,
       ${ms('s.service_to')} AS to_ms, s.weight::text, r.total_weight::text AS total, s.share::text
     FROM residual_shares s
     JOIN (SELECT id, total_weight FROM residuals WHERE main_id = $1 AND period = $2 ORDER BY revision DESC LIMIT 1) r
       ON r.id = s.residual_id
     JOIN metering_points p ON p.id = s.metering_point_id LEFT JOIN places pl ON pl.id = p.place_id
     LEFT JOIN leases l ON l.id = s.lease_id LEFT JOIN parties pa ON pa.id = l.party_id
     ORDER BY p.code, s.service_from OFFSET $3 LIMIT $4`,
    [query.mainId, query.period, query.offset, query.limit],
  );
  return rows.map((row) => ({
    pointId: Number(row.point),
    code: row.code,
    stall: row.stall,
    lease: row.lease === null ? null : Number(row.lease),
    party: row.party,
    from: Number(row.from_ms),
    to: Number(row.to_ms),
    weight: row.weight,
    totalWeight: row.total,
    share: row.share,
  }));
}

/** What is put behind what, and what a point is for. @throws a check violation where the tree would break. */
export async function changeTreePoint(
  tx: Queryable,
  id: number,
  change: { readonly mainId?: number | null | undefined; readonly role?: string | undefined },
): Promise<void> {
  await tx.query(
    `UPDATE metering_points SET main_id = CASE WHEN $2 THEN $3::bigint ELSE main_id END, role = coalesce($4, role)
     WHERE id = $1`,
    [id, change.mainId !== undefined, change.mainId ?? null, change.role ?? null],
  );
}
