import type { Queryable } from './database.ts';

export interface SettlementRun {
  readonly id: number;
  readonly siteId: string;
  readonly status: 'queued' | 'succeeded' | 'failed';
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
  readonly lines: number;
  /** Minor units. */
  readonly amount: bigint;
  readonly error: string | null;
}

/** Queues a run unless one is queued; billing is notified (trigger). Returns its id. */
export async function queueSettlement(
  tx: Queryable,
  run: { readonly siteId: string; readonly requestedBy: string; readonly at: Date },
): Promise<number> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`settlement ${run.siteId}`]);
  const open = await tx.query<{ id: string }>(
    `SELECT id FROM settlement_runs WHERE site_id = $1 AND status = 'queued' ORDER BY id LIMIT 1`,
    [run.siteId],
  );
  const { rows } = open.rows[0]
    ? open
    : await tx.query<{ id: string }>(
        'INSERT INTO settlement_runs (site_id, requested_by, requested_at) VALUES ($1, $2, $3) RETURNING id',
        [run.siteId, run.requestedBy, run.at],
      );
  return Number(rows[0]?.id);
}

/** Queues the run of a site's day, once, where there is a rule to share by. */
export async function queueDailySettlement(
  db: Queryable,
  run: { readonly siteId: string; readonly day: string; readonly at: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO settlement_runs (site_id, day, requested_by, requested_at)
     SELECT $1, $2, 'schedule', $3 WHERE EXISTS (SELECT 1 FROM split_rules WHERE site_id = $1)
     ON CONFLICT (site_id, day) WHERE day IS NOT NULL DO NOTHING`,
    [run.siteId, run.day, run.at],
  );
  return rowCount === 1;
}

/** Queued runs, the oldest first. */
export async function openSettlements(
  db: Queryable,
  runsMax: number,
): Promise<readonly { readonly id: number; readonly siteId: string; readonly attempts: number }[]> {
  const { rows } = await db.query<{ id: string; site_id: string; attempts: number }>(
    `SELECT id, site_id, attempts FROM settlement_runs WHERE status = 'queued' ORDER BY id LIMIT $1`,
    [runsMax],
  );
  return rows.map((row) => ({ id: Number(row.id), siteId: row.site_id, attempts: row.attempts }));
}

/** False when another process has ended it meanwhile. */
export async function beginSettlement(db: Queryable, id: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE settlement_runs SET attempts = attempts + 1,
       last_line_id = coalesce(last_line_id, (SELECT max(f.id) FROM fee_lines f WHERE f.site_id = settlement_runs.site_id))
     WHERE id = $1 AND status = 'queued'`,
    [id],
  );
  return rowCount === 1;
}

export async function endSettlement(
  db: Queryable,
  id: number,
  at: Date,
  error: string | null,
): Promise<void> {
  await db.query(
    `UPDATE settlement_runs SET status = $2, finished_at = $3, error = $4 WHERE id = $1 AND status = 'queued'`,
    [id, error === null ? 'succeeded' : 'failed', at, error],
  );
}

/** Part of the transaction that shares. */
export async function addToSettlement(
  tx: Queryable,
  id: number,
  of: { readonly lines: number; readonly amount: bigint },
): Promise<void> {
  await tx.query('UPDATE settlement_runs SET lines = lines + $2, amount = amount + $3 WHERE id = $1', [
    id,
    of.lines,
    of.amount,
  ]);
}

/**
 * The newest fee line that needs no look any more: what an earlier run saw, two days ago at least (a line may be
 * committed after later ones), unless a rule was written since; 0 for all.
 */
export async function sharedUpTo(db: Queryable, runId: number): Promise<number> {
  const { rows } = await db.query<{ line: string | null }>(
    `SELECT p.last_line_id AS line FROM settlement_runs r JOIN settlement_runs p ON p.site_id = r.site_id
       AND p.status = 'succeeded' AND p.requested_at < r.requested_at - interval '2 days'
     WHERE r.id = $1 AND NOT EXISTS (SELECT 1 FROM split_rules s WHERE s.site_id = r.site_id AND s.created_at >= p.requested_at)
     ORDER BY p.id DESC LIMIT 1`,
    [runId],
  );
  return Number(rows[0]?.line ?? 0);
}

/** The newest first. */
export async function listSettlements(
  db: Queryable,
  query: {
    readonly site?: string | undefined;
    readonly id?: number | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly SettlementRun[]> {
  const { rows } = await db.query<{
    id: string;
    site_id: string;
    status: SettlementRun['status'];
    requested_by: string;
    requested_at: Date;
    finished_at: Date | null;
    lines: number;
    amount: string;
    error: string | null;
  }>(
    `SELECT id, site_id, status, requested_by, requested_at, finished_at, lines, amount, error FROM settlement_runs
     WHERE ($1::text IS NULL OR site_id = $1) AND ($2::bigint IS NULL OR id = $2) AND ($3::bigint IS NULL OR id < $3)
     ORDER BY id DESC LIMIT $4`,
    [query.site ?? null, query.id ?? null, query.beforeId ?? null, query.limit],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    siteId: row.site_id,
    status: row.status,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    finishedAt: row.finished_at,
    lines: row.lines,
    amount: BigInt(row.amount),
    error: row.error,
  }));
}
