import type { Allocated, Weight } from '../domain/meter-tree.ts';
import type { TimeRange } from '../domain/periods.ts';
import type { Residual, SharePart } from '../domain/residual.ts';
import { asOf, type CutOff } from './as-of.ts';
import type { Queryable } from './database.ts';
import { inChunks, numbersParam } from './pg-arrays.ts';
import type { ResidualMember } from './schema/meter-tree.ts';
import { instant, ms } from './usage-inputs.ts';

/** A main's residual of a month, as it stands. */
export interface StoredResidual {
  readonly id: number;
  readonly mainId: number;
  readonly period: string;
  readonly revision: number;
  readonly mainUsage: bigint;
  readonly mainEstimated: boolean;
  readonly residual: bigint;
  readonly members: readonly ResidualMember[];
  readonly what: Allocated;
  readonly weight: Weight;
  readonly allocated: bigint;
  readonly totalWeight: bigint;
  readonly inputHash: string;
}

/** The newest revision of each main and month, by main and then month. */
export async function readResiduals(
  tx: Queryable,
  siteId: string,
  periods: readonly string[],
): Promise<readonly StoredResidual[]> {
  const { rows } = await tx.query<{
    id: string;
    main: string;
    period: string;
    revision: number;
    main_usage: string;
    main_estimated: boolean;
    residual: string;
    members: readonly ResidualMember[];
    what: Allocated;
    weight: Weight;
    allocated: string;
    total_weight: string;
    input_hash: string;
  }>(
    `SELECT DISTINCT ON (main_id, period) id, main_id AS main, period, revision, main_usage, main_estimated, residual,
       members, what, weight, allocated, total_weight, input_hash
     FROM residuals WHERE site_id = $1 AND period = ANY($2) ORDER BY main_id, period, revision DESC`,
    [siteId, periods],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    mainId: Number(row.main),
    period: row.period,
    revision: row.revision,
    mainUsage: BigInt(row.main_usage),
    mainEstimated: row.main_estimated,
    residual: BigInt(row.residual),
    members: row.members,
    what: row.what,
    weight: row.weight,
    allocated: BigInt(row.allocated),
    totalWeight: BigInt(row.total_weight),
    inputHash: row.input_hash,
  }));
}

export interface NewResidual extends Residual {
  readonly mainId: number;
  readonly revision: number;
  readonly mainUsage: bigint;
  readonly mainEstimated: boolean;
  readonly members: readonly ResidualMember[];
  readonly what: Allocated;
  readonly weight: Weight;
  readonly inputHash: string;
}

const ROWS_MAX = 5_000;

/** The next revision of a main's residual, with its shares. */
export async function insertResidual(
  tx: Queryable,
  of: { readonly siteId: string; readonly period: string; readonly runId: number; readonly at: Date },
  one: NewResidual,
): Promise<void> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO residuals (site_id, period, run_id, at, main_id, revision, main_usage, sub_usage, common_usage, residual,
       main_estimated, members, what, weight, allocated, total_weight, input_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id`,
    [
      ...[of.siteId, of.period, of.runId, of.at, one.mainId, one.revision, one.mainUsage, one.subUsage],
      ...[
        one.commonUsage,
        one.residual,
        one.mainEstimated,
        JSON.stringify(one.members),
        one.what,
        one.weight,
      ],
      ...[one.allocated, one.totalWeight, one.inputHash],
    ],
  );
  const id = rows[0]?.id;
  await inChunks(one.shares, ROWS_MAX, (shares) =>
    tx.query(
      `INSERT INTO residual_shares (residual_id, metering_point_id, service_from, service_to, lease_id, weight, share)
       SELECT $1, p, ${instant('f')}, ${instant('t')}, l, w, s
       FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::numeric[], $7::bigint[])
         t(p, f, t, l, w, s)`,
      [
        id,
        numbersParam(shares, ({ recipient }) => recipient.pointId),
        numbersParam(shares, ({ recipient }) => recipient.from),
        numbersParam(shares, ({ recipient }) => recipient.to),
        numbersParam(shares, ({ recipient }) => recipient.leaseId),
        numbersParam(shares, ({ weight }) => weight),
        numbersParam(shares, ({ share }) => share),
      ],
    ),
  );
}

/** A stretch of a point's time with the shares that it has of the mains before it. */
export interface PointShare extends TimeRange {
  readonly meteringPointId: number;
  readonly leaseId: number | null;
  /** Base units. */
  readonly share: bigint;
  /** What it is made of, for the evidence. */
  readonly parts: readonly SharePart[];
}

/** What is allocated to these points in the month, by the newest revisions. */
export async function readShares(
  tx: Queryable,
  pointIds: readonly number[],
  period: string,
): Promise<readonly PointShare[]> {
  const { rows } = await tx.query<{
    point: string;
    lease: string | null;
    from_ms: string;
    to_ms: string;
    share: string;
    parts: readonly SharePart[];
  }>(
    `SELECT s.metering_point_id AS point, min(s.lease_id) AS lease, ${ms('s.service_from')} AS from_ms,
       ${ms('s.service_to')} AS to_ms, sum(s.share)::bigint AS share,
       jsonb_agg(jsonb_build_object('residual', r.id, 'main', m.code, 'revision', r.revision,
         'mainUsage', r.main_usage::text, 'subUsage', r.sub_usage::text, 'commonUsage', r.common_usage::text,
         'what', r.what, 'allocated', r.allocated::text, 'by', r.weight, 'weight', s.weight::text,
         'totalWeight', r.total_weight::text, 'share', s.share::text) ORDER BY r.main_id) AS parts
     FROM residual_shares s JOIN residuals r ON r.id = s.residual_id JOIN metering_points m ON m.id = r.main_id
     WHERE s.metering_point_id = ANY($1) AND r.period = $2 AND NOT EXISTS (SELECT FROM residuals n
       WHERE n.main_id = r.main_id AND n.period = r.period AND n.revision > r.revision)
     GROUP BY s.metering_point_id, s.service_from, s.service_to`,
    [pointIds, period],
  );
  return rows.map((row) => ({
    meteringPointId: Number(row.point),
    leaseId: row.lease === null ? null : Number(row.lease),
    from: Number(row.from_ms),
    to: Number(row.to_ms),
    share: BigInt(row.share),
    parts: row.parts,
  }));
}

/** Points that residuals which the run computed concern: those that have a share, or had, and metered common areas. */
export async function readConcerned(
  tx: Queryable,
  runId: number,
  period: string,
): Promise<readonly number[]> {
  const { rows } = await tx.query<{ id: string }>(
    `WITH computed AS (SELECT * FROM residuals WHERE run_id = $1 AND period = $2)
     SELECT DISTINCT s.metering_point_id AS id FROM computed c
       JOIN residuals r ON r.main_id = c.main_id AND r.period = c.period AND r.revision IN (c.revision, c.revision - 1)
       JOIN residual_shares s ON s.residual_id = r.id
     UNION SELECT (m->>'pointId')::bigint FROM computed c, jsonb_array_elements(c.members) m WHERE m->>'role' = 'common'
     ORDER BY id`,
    [runId, period],
  );
  return rows.map(({ id }) => Number(id));
}

/**
 * Points that nobody pays for themselves: mains, and common areas whose usage is shared out in the month. The tree and
 * the rule are as of `changeId`, the residual is the newest of the runs up to the cut-off's.
 */
export async function readUncharged(
  tx: Queryable,
  pointIds: readonly number[],
  month: string,
  { changeId, receivedUpTo }: Pick<CutOff, 'changeId' | 'receivedUpTo'>,
): Promise<ReadonlySet<number>> {
  const { rows } = await tx.query<{ id: string }>(
    `WITH p AS MATERIALIZED (SELECT id, role, main_id FROM ${asOf('metering_points', changeId)} p
         WHERE id = ANY($1) AND role IN ('main', 'common')),
       rule AS MATERIALIZED (SELECT DISTINCT ON (main_id) main_id, what FROM ${asOf('allocations', changeId)} a
         WHERE main_id IN (SELECT main_id FROM p WHERE role = 'common') AND from_month <= $2
         ORDER BY main_id, from_month DESC)
     SELECT p.id FROM p LEFT JOIN rule ON rule.main_id = p.main_id
     LEFT JOIN LATERAL (SELECT allocated FROM residuals r JOIN billing_runs n ON n.id = r.run_id AND n.started_at <= $3
       WHERE r.main_id = p.main_id AND r.period = $2 ORDER BY r.revision DESC LIMIT 1) r ON true
     WHERE p.role = 'main' OR (rule.what = 'residual_and_common' AND coalesce(r.allocated, 1) > 0)`,
    [pointIds, month, receivedUpTo],
  );
  return new Set(rows.map(({ id }) => Number(id)));
}

/** Something that should add up and does not. */
export interface ResidualFault {
  readonly mainId: number;
  readonly period: string;
  readonly detail: string;
}

/**
 * Invariant 6 over what is stored: a main's usage is that of the points behind it and its residual, and what is
 * allocated is exactly the sum of its shares. Nothing where it holds.
 */
export async function checkResiduals(
  tx: Queryable,
  siteId: string,
  period: string,
): Promise<{ readonly checked: number; readonly faults: readonly ResidualFault[] }> {
  const { rows } = await tx.query<{ main: string; detail: string | null }>(
    `SELECT r.main_id AS main, CASE
       WHEN r.main_usage <> r.sub_usage + r.residual THEN 'main ' || r.main_usage || ' <> subs ' || r.sub_usage || ' + residual ' || r.residual
       WHEN r.sub_usage <> m.usage THEN 'subs ' || r.sub_usage || ' <> members ' || m.usage
       WHEN r.common_usage <> m.common THEN 'common ' || r.common_usage || ' <> members ' || m.common
       WHEN r.allocated <> s.share THEN 'allocated ' || r.allocated || ' <> shares ' || s.share
       WHEN r.allocated > 0 AND r.total_weight <> s.weight THEN 'weight ' || r.total_weight || ' <> ' || s.weight
       WHEN r.allocated NOT IN (0, CASE r.what WHEN 'residual' THEN r.residual WHEN 'residual_and_common'
         THEN r.residual + r.common_usage ELSE 0 END) THEN 'allocated ' || r.allocated || ' of residual ' || r.residual
       WHEN r.residual < 0 AND r.allocated <> 0 THEN 'a negative residual is shared out' END AS detail
     FROM residuals r
     CROSS JOIN LATERAL (SELECT coalesce(sum((m->>'usage')::bigint), 0) AS usage,
       coalesce(sum((m->>'usage')::bigint) FILTER (WHERE m->>'role' = 'common'), 0) AS common
       FROM jsonb_array_elements(r.members) m) m
     CROSS JOIN LATERAL (SELECT coalesce(sum(share), 0) AS share, coalesce(sum(weight), 0) AS weight
       FROM residual_shares WHERE residual_id = r.id) s
     WHERE r.site_id = $1 AND r.period = $2 ORDER BY r.main_id, r.revision`,
    [siteId, period],
  );
  return {
    checked: rows.length,
    faults: rows.flatMap(({ main, detail }) =>
      detail === null ? [] : [{ mainId: Number(main), period, detail }],
    ),
  };
}
