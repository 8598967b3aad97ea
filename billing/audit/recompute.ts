import { type AuditCutOff, CUT_OFFS_MAX } from '../../domain/audit.ts';
import { periodKindOf } from '../../domain/periods.ts';
import type { NamedPeriod } from '../../domain/settlement/desired.ts';
import type { CutOff } from '../../store/as-of.ts';
import { readRunCutOff } from '../../store/billing-runs.ts';
import { CHARGED_POINT } from '../../store/usage-inputs.ts';
import { type ComputedPoint, computePoints } from '../compute-points.ts';
import { namedPeriod } from '../run.ts';
import type { RunContext } from '../run-context.ts';
import { type AuditScope, iso } from './scope.ts';

/** A point of a period computed again from what its last run saw. */
export interface RecomputedPoint extends ComputedPoint {
  readonly cutOff: CutOff;
  readonly period: NamedPeriod;
}

const POINTS_PER_BATCH = 200;

export interface RecomputeOptions {
  /** Look at these points only. */
  readonly pointIds?: readonly number[];
  /** Of a month: not the days that were run in it. */
  readonly withoutDays?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, of: number) => void;
}

/**
 * Computes every charged point of the period again, as of the cut-off of the last run that settled it, and hands each
 * batch over. A month includes the days that were run in it, for what prepaid leases use. Nothing of points that no
 * run has come to. Returns the cut-offs, the latest first.
 */
export async function recompute(
  scope: AuditScope,
  look: (points: readonly RecomputedPoint[]) => Promise<void> | void,
  { pointIds, withoutDays, signal, onProgress }: RecomputeOptions = {},
): Promise<readonly AuditCutOff[]> {
  const { client, siteId, period, timeZone } = scope;
  const days = withoutDays ? [] : await daysRun(scope);
  const periods = [period, ...days.map((day) => namedPeriod(day, timeZone))];
  const cutOffs = new Map<number, CutOff>();
  const seen = new Map<string, AuditCutOff>();
  const total = periods.length * (pointIds?.length ?? (await countPoints(scope)));
  let done = 0;
  for (const one of periods) {
    for (let after = 0; ; ) {
      signal?.throwIfAborted();
      const { rows } = await client.query<{ point: string; run: string | null }>(LAST_RUNS, [
        ...[siteId, one.name, new Date(one.from), new Date(one.to), after, POINTS_PER_BATCH],
        pointIds ?? null,
      ]);
      const byRun = new Map<number, number[]>();
      for (const { point, run } of rows) {
        if (run !== null) byRun.set(Number(run), [...(byRun.get(Number(run)) ?? []), Number(point)]);
      }
      for (const [run, ids] of byRun) {
        const cutOff = cutOffs.get(run) ?? (await readRunCutOff(client, run));
        if (!cutOff) continue;
        cutOffs.set(run, cutOff);
        const key = `${one.name} ${run}`;
        seen.set(key, {
          ...{ run, period: one.name, receivedUpTo: iso(cutOff.receivedUpTo.getTime()) },
          points: (seen.get(key)?.points ?? 0) + ids.length,
        });
        const context: RunContext = { ...scope, cutOff, definitions: new Map() };
        const { points } = await computePoints(context, ids, one, { estimate: false });
        await look(points.map((point) => ({ ...point, cutOff, period: one })));
      }
      done += rows.length;
      onProgress?.(done, total);
      if (rows.length < POINTS_PER_BATCH) break;
      after = Number(rows.at(-1)?.point);
    }
  }
  const latest = [...seen.values()].sort((a, b) => (a.receivedUpTo < b.receivedUpTo ? 1 : -1));
  return latest.slice(0, CUT_OFFS_MAX);
}

/**
 * Of each point the run that settled it last for the period ($2): the period's own, or one of a neighbour that moved
 * a value at its end. Runs are told apart by when they began.
 */
const LAST_RUNS = `
  WITH own AS (SELECT id, started_at FROM billing_runs
    WHERE site_id = $1 AND period = $2 AND kind <> 'shadow' AND status = 'succeeded' ORDER BY started_at DESC LIMIT 1)
  SELECT p.id AS point, (SELECT id FROM (SELECT * FROM own UNION ALL SELECT r.id, r.started_at
      FROM (SELECT DISTINCT l.run_id FROM fee_lines l WHERE l.metering_point_id = p.id AND l.period = $2
        AND l.service_from >= $3 AND l.service_to <= $4) l JOIN billing_runs r ON r.id = l.run_id) runs
    ORDER BY started_at DESC LIMIT 1) AS run
  FROM metering_points p WHERE p.site_id = $1 AND p.id > $5 AND ${CHARGED_POINT} AND ($7::bigint[] IS NULL OR p.id = ANY($7))
  ORDER BY p.id LIMIT $6`;

async function daysRun({ client, siteId, period }: AuditScope): Promise<readonly string[]> {
  if (periodKindOf(period.name) === 'day') return [];
  const { rows } = await client.query<{ period: string }>(
    `SELECT DISTINCT period FROM fee_lines WHERE site_id = $1 AND period LIKE $2 || '-__'
       AND service_from >= $3 AND service_to <= $4 ORDER BY period`,
    [siteId, period.name, new Date(period.from), new Date(period.to)],
  );
  return rows.map((row) => row.period);
}

async function countPoints({ client, siteId }: AuditScope): Promise<number> {
  const { rows } = await client.query<{ n: string }>(
    `SELECT count(*) AS n FROM metering_points p WHERE site_id = $1 AND ${CHARGED_POINT}`,
    [siteId],
  );
  return Number(rows[0]?.n ?? 0);
}
