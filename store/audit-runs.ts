import type { Queryable } from './database.ts';

export interface NewAudit {
  readonly siteId: string;
  readonly period: string;
  readonly billId: number | null;
  readonly requestedBy: string;
  readonly at: Date;
}

export interface AuditRun {
  readonly id: number;
  readonly siteId: string;
  readonly period: string;
  readonly billId: number | null;
  readonly status: 'queued' | 'running' | 'succeeded' | 'failed';
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
  /** Thousandths. */
  readonly progress: number;
  readonly violations: number | null;
  readonly error: string | null;
}

/** Of a site, queued or under way: what waits longer than anybody would is not taken. */
export const OPEN_AUDITS_MAX = 20;

/**
 * Queues an audit, unless the same one waits or is under way; billing is notified (trigger). Returns its id, or
 * undefined when `OPEN_AUDITS_MAX` others have not ended.
 */
export async function queueAudit(
  tx: Queryable,
  { siteId, period, billId, requestedBy, at }: NewAudit,
): Promise<number | undefined> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`audit ${siteId}`]);
  const open = await tx.query<{ id: string }>(
    `SELECT id FROM audit_runs WHERE site_id = $1 AND period = $2 AND bill_id IS NOT DISTINCT FROM $3
       AND status IN ('queued', 'running') ORDER BY id LIMIT 1`,
    [siteId, period, billId],
  );
  const { rows } = open.rows[0]
    ? open
    : await tx.query<{ id: string }>(
        `INSERT INTO audit_runs (site_id, period, bill_id, requested_by, requested_at) SELECT $1, $2, $3, $4, $5
         WHERE (SELECT count(*) FROM audit_runs WHERE site_id = $1 AND status IN ('queued', 'running')) < $6 RETURNING id`,
        [siteId, period, billId, requestedBy, at, OPEN_AUDITS_MAX],
      );
  return rows[0] && Number(rows[0].id);
}

/** Those that have not ended, the oldest first. */
export async function openAudits(
  db: Queryable,
  limit: number,
): Promise<readonly { readonly id: number; readonly siteId: string }[]> {
  const { rows } = await db.query<{ id: string; site_id: string }>(
    `SELECT id, site_id FROM audit_runs WHERE status IN ('queued', 'running') ORDER BY id LIMIT $1`,
    [limit],
  );
  return rows.map((row) => ({ id: Number(row.id), siteId: row.site_id }));
}

/** Undefined when it has ended meanwhile. One that a process left is begun again: nothing was written yet. */
export async function claimAudit(
  db: Queryable,
  id: number,
  at: Date,
): Promise<(AuditRun & { readonly attempts: number }) | undefined> {
  const { rows } = await db.query<Row & { attempts: number }>(
    `UPDATE audit_runs SET status = 'running', started_at = $2, attempts = attempts + 1, progress = 0
     WHERE id = $1 AND status IN ('queued', 'running') RETURNING ${COLUMNS}, attempts`,
    [id, at],
  );
  return rows[0] && { ...toRun(rows[0]), attempts: rows[0].attempts };
}

/** Gives an audit back that was not to be finished here: it was no failed attempt. */
export async function giveBackAudit(db: Queryable, id: number): Promise<void> {
  await db.query(
    `UPDATE audit_runs SET status = 'queued', attempts = attempts - 1, progress = 0 WHERE id = $1 AND status = 'running'`,
    [id],
  );
}

export async function recordAuditProgress(db: Queryable, id: number, progress: number): Promise<void> {
  await db.query('UPDATE audit_runs SET progress = $2 WHERE id = $1', [id, progress]);
}

export async function endAudit(
  db: Queryable,
  id: number,
  at: Date,
  end:
    | { readonly violations: number; readonly result: unknown; readonly seen?: unknown }
    | { readonly error: string },
): Promise<void> {
  const isDone = 'result' in end;
  await db.query(
    `UPDATE audit_runs SET status = $2, finished_at = $3, progress = 1000, violations = $4, result = $5, seen = $6, error = $7
     WHERE id = $1 AND status = 'running'`,
    [
      ...[id, isDone ? 'succeeded' : 'failed', at],
      ...(isDone ? [end.violations, JSON.stringify(end.result)] : [null, null]),
      ...(isDone ? [JSON.stringify(end.seen ?? null), null] : [null, end.error]),
    ],
  );
}

export async function findAudit(
  db: Queryable,
  id: number,
): Promise<(AuditRun & { readonly result: unknown; readonly seen: unknown }) | undefined> {
  const { rows } = await db.query<Row & { result: unknown; seen: unknown }>(
    `SELECT ${COLUMNS}, result, seen FROM audit_runs WHERE id = $1`,
    [id],
  );
  return rows[0] && { ...toRun(rows[0]), result: rows[0].result, seen: rows[0].seen };
}

/** The newest first. */
export async function listAudits(
  db: Queryable,
  query: {
    readonly site: string;
    readonly period?: string | undefined;
    readonly bill?: number | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly AuditRun[]> {
  const { rows } = await db.query<Row>(
    `SELECT ${COLUMNS} FROM audit_runs WHERE site_id = $1 AND ($2::text IS NULL OR period = $2)
       AND bill_id IS NOT DISTINCT FROM $3::bigint AND ($4::bigint IS NULL OR id < $4) ORDER BY id DESC LIMIT $5`,
    [query.site, query.period ?? null, query.bill ?? null, query.beforeId ?? null, query.limit],
  );
  return rows.map(toRun);
}

const COLUMNS = `id, site_id, period, bill_id, status, requested_by, requested_at, finished_at, progress, violations, error`;
interface Row {
  id: string;
  site_id: string;
  period: string;
  bill_id: string | null;
  status: AuditRun['status'];
  requested_by: string;
  requested_at: Date;
  finished_at: Date | null;
  progress: number;
  violations: number | null;
  error: string | null;
}
const toRun = (row: Row): AuditRun => ({
  id: Number(row.id),
  siteId: row.site_id,
  period: row.period,
  billId: row.bill_id === null ? null : Number(row.bill_id),
  status: row.status,
  requestedBy: row.requested_by,
  requestedAt: row.requested_at,
  finishedAt: row.finished_at,
  progress: row.progress,
  violations: row.violations,
  error: row.error,
});
