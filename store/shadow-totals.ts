import type { Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';

export interface ComponentTotal {
  readonly leaseId: number;
  readonly component: string;
  /** Minor units. */
  readonly amount: bigint;
}

/** Adds what a dry run makes of a batch of points to its totals. */
export async function addShadowTotals(
  tx: Queryable,
  runId: number,
  totals: readonly ComponentTotal[],
): Promise<void> {
  await tx.query(
    `INSERT INTO shadow_totals (run_id, lease_id, component, amount)
     SELECT $1, lease, component, sum(amount) FROM unnest($2::bigint[], $3::text[], $4::bigint[]) t(lease, component, amount)
     GROUP BY lease, component
     ON CONFLICT (run_id, lease_id, component) DO UPDATE SET amount = shadow_totals.amount + excluded.amount`,
    [
      runId,
      numbersParam(totals, (t) => t.leaseId),
      textsParam(totals, (t) => t.component),
      numbersParam(totals, (t) => t.amount),
    ],
  );
}

/**
 * Notes beside a dry run's totals what they were by the run before it: another dry run's totals, or what is posted.
 * Safe to repeat.
 */
export async function compareShadow(
  tx: Queryable,
  run: { readonly id: number; readonly siteId: string; readonly period: string },
): Promise<void> {
  const { rows } = await tx.query<{ id: string; kind: string }>(
    `SELECT id, kind FROM billing_runs WHERE site_id = $1 AND period = $2 AND id < $3 AND status = 'succeeded'
     ORDER BY id DESC LIMIT 1`,
    [run.siteId, run.period, run.id],
  );
  const before = rows[0];
  const isShadow = before?.kind === 'shadow';
  await tx.query(
    `INSERT INTO shadow_totals (run_id, lease_id, component, amount_before)
     SELECT $1, lease_id, component, sum(amount) FROM ${isShadow ? 'shadow_totals WHERE run_id = $2' : 'fee_lines WHERE site_id = $2 AND period = $3'}
     GROUP BY lease_id, component
     ON CONFLICT (run_id, lease_id, component) DO UPDATE SET amount_before = excluded.amount_before`,
    isShadow ? [run.id, before.id] : [run.id, run.siteId, run.period],
  );
  await tx.query('UPDATE billing_runs SET compared_run_id = $2 WHERE id = $1', [run.id, before?.id ?? null]);
}

export interface ShadowDifference extends ComponentTotal {
  readonly amountBefore: bigint;
  readonly party: string;
  readonly stall: string | null;
}

/** What a dry run makes different, the largest difference first. */
export async function listShadowDifferences(
  tx: Queryable,
  runId: number,
  page: { readonly offset: number; readonly limit: number },
): Promise<readonly ShadowDifference[]> {
  const { rows } = await tx.query<{
    lease_id: string;
    component: string;
    amount: string;
    amount_before: string;
    party: string;
    stall: string | null;
  }>(
    `SELECT t.lease_id, t.component, t.amount, t.amount_before, y.name AS party, p.code AS stall
     FROM shadow_totals t JOIN leases e ON e.id = t.lease_id JOIN parties y ON y.id = e.party_id
     LEFT JOIN places p ON p.id = e.place_id
     WHERE t.run_id = $1 AND t.amount <> t.amount_before
     ORDER BY abs(t.amount - t.amount_before) DESC, t.lease_id, t.component OFFSET $2 LIMIT $3`,
    [runId, page.offset, page.limit],
  );
  return rows.map((row) => ({
    ...{ leaseId: Number(row.lease_id), component: row.component, party: row.party, stall: row.stall },
    ...{ amount: BigInt(row.amount), amountBefore: BigInt(row.amount_before) },
  }));
}

/** Over all leases and components. */
export async function readShadowSum(
  tx: Queryable,
  runId: number,
): Promise<{ readonly amount: bigint; readonly amountBefore: bigint; readonly different: number }> {
  const { rows } = await tx.query<{ amount: string; before: string; different: string }>(
    `SELECT coalesce(sum(amount), 0) AS amount, coalesce(sum(amount_before), 0) AS before,
       count(*) FILTER (WHERE amount <> amount_before) AS different FROM shadow_totals WHERE run_id = $1`,
    [runId],
  );
  const [row] = rows;
  return {
    amount: BigInt(row?.amount ?? 0),
    amountBefore: BigInt(row?.before ?? 0),
    different: Number(row?.different ?? 0),
  };
}
