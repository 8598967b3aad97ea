import type { z } from 'zod';
import type { zBillRun } from '../contracts/bills.ts';
import { BILL_AMOUNT_MAX, PLATFORM } from '../domain/bills.ts';
import type { Queryable } from './database.ts';
import { textsParam } from './pg-arrays.ts';

export type BillRunView = z.infer<typeof zBillRun>;

/** Queues the drawing up of a month's bills, or answers the one that has not ended; a process with billing takes it up. */
export async function queueBillRun(
  tx: Queryable,
  run: { readonly site: string; readonly period: string; readonly requestedBy: string; readonly at: Date },
): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `WITH queued AS (
       INSERT INTO bill_runs (site_id, period, requested_by, requested_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (site_id, period) WHERE status IN ('queued', 'running') DO NOTHING RETURNING id)
     SELECT id FROM queued UNION ALL
     SELECT id FROM bill_runs WHERE site_id = $1 AND period = $2 AND status IN ('queued', 'running') LIMIT 1`,
    [run.site, run.period, run.requestedBy, run.at],
  );
  return Number(rows[0]?.id);
}

/** Queues closed months for which bills were never drawn up. Returns how many. */
export async function queueClosedMonths(tx: Queryable, at: Date): Promise<number> {
  const { rowCount } = await tx.query(
    `INSERT INTO bill_runs (site_id, period, requested_by, requested_at)
     SELECT p.site_id, p.period, '${PLATFORM}', $1 FROM billing_periods p
     WHERE length(p.period) = 7
       AND NOT EXISTS (SELECT 1 FROM bill_runs r WHERE r.site_id = p.site_id AND r.period = p.period)
     ON CONFLICT DO NOTHING`,
    [at],
  );
  return rowCount ?? 0;
}

export async function openBillRuns(
  tx: Queryable,
  runsMax: number,
): Promise<readonly { readonly id: number; readonly site: string; readonly period: string }[]> {
  const { rows } = await tx.query<{ id: string; site: string; period: string }>(
    `SELECT id, site_id AS site, period FROM bill_runs WHERE status IN ('queued', 'running') ORDER BY id LIMIT $1`,
    [runsMax],
  );
  return rows.map((row) => ({ ...row, id: Number(row.id) }));
}

export interface ClaimedBillRun {
  readonly id: number;
  readonly siteId: string;
  readonly period: string;
  readonly requestedBy: string;
  readonly currency: string;
  readonly attempts: number;
  readonly lastLeaseId: number;
  readonly closed: boolean;
}

/** Undefined when it has ended meanwhile. Call under the run's lock. */
export async function claimBillRun(tx: Queryable, id: number, at: Date): Promise<ClaimedBillRun | undefined> {
  const { rows } = await tx.query<{
    site_id: string;
    period: string;
    requested_by: string;
    currency: string;
    attempts: number;
    last_lease_id: string;
    closed: boolean;
  }>(
    `UPDATE bill_runs r SET status = 'running', attempts = attempts + 1, started_at = coalesce(started_at, $2),
       leases_total = (SELECT count(*) FROM leases l WHERE l.site_id = r.site_id AND l.kind = 'merchant')
     FROM sites s WHERE r.id = $1 AND s.id = r.site_id AND r.status IN ('queued', 'running')
     RETURNING r.site_id, r.period, r.requested_by, s.currency, r.attempts, r.last_lease_id,
       EXISTS (SELECT 1 FROM billing_periods p WHERE p.site_id = r.site_id AND p.period = r.period) AS closed`,
    [id, at],
  );
  const row = rows[0];
  return (
    row && {
      id,
      siteId: row.site_id,
      period: row.period,
      requestedBy: row.requested_by,
      currency: row.currency,
      attempts: row.attempts,
      lastLeaseId: Number(row.last_lease_id),
      closed: row.closed,
    }
  );
}

export interface DrawnUp {
  readonly leases: number;
  readonly lastLeaseId: number;
}

/**
 * Draws up the bills of the next `leasesMax` leases: each of their lines that is on no bill, of the month where the
 * lease is postpaid; of the month and its closed days (and of earlier days that closed since) where it is prepaid. What
 * a prepaid lease's lines cost was taken from its balance as they were posted: its bill is a statement, paid at once.
 * Leases whose lines are of another currency, or beyond any sense, get none and are told as problems.
 */
export async function drawUpBills(
  tx: Queryable,
  run: ClaimedBillRun,
  at: Date,
  leasesMax: number,
): Promise<DrawnUp> {
  const leases = await tx.query<{ count: string; last: string | null }>(
    `SELECT count(*), max(id) AS last FROM (SELECT id FROM leases WHERE site_id = $1 AND kind = 'merchant' AND id > $2
       ORDER BY id LIMIT $3) l`,
    [run.siteId, run.lastLeaseId, leasesMax],
  );
  const { count = '0', last = null } = leases.rows[0] ?? {};
  if (last === null) return { leases: 0, lastLeaseId: run.lastLeaseId };
  const periods = textsParam([run.period, ...(await closedDays(tx, run))], (period) => period);
  const { rows } = await tx.query<{ bills: string; amount: string; problems: unknown }>(
    `WITH open AS (
       SELECT l.id, l.lease_id, l.amount, l.currency, e.charging FROM fee_lines l JOIN leases e ON e.id = l.lease_id
       WHERE l.site_id = $1 AND e.kind = 'merchant' AND l.lease_id > $3 AND l.lease_id <= $4
         AND l.accounting_period = ANY($5::text[]) AND (l.accounting_period = $2 OR e.charging = 'prepaid')
         AND NOT EXISTS (SELECT 1 FROM bill_lines b WHERE b.fee_line_id = l.id)),
     sums AS (
       SELECT lease_id, charging, sum(amount) AS amount,
         CASE WHEN bool_or(currency <> $6) THEN 'wrong_currency'
           WHEN abs(sum(amount)) > ${BILL_AMOUNT_MAX} THEN 'beyond_range'
           WHEN EXISTS (SELECT 1 FROM bills b WHERE b.lease_id = open.lease_id AND b.period = $2 AND b.status <> 'void')
             THEN 'has_bill' END AS problem
       FROM open GROUP BY lease_id, charging),
     drawn AS (
       INSERT INTO bills (site_id, lease_id, period, status, amount, currency, created_at, created_by)
       SELECT $1, lease_id, $2, 'draft', amount, $6, $7, $8 FROM sums WHERE problem IS NULL ORDER BY lease_id
       RETURNING id, lease_id, amount),
     lined AS (
       INSERT INTO bill_lines (bill_id, fee_line_id) SELECT d.id, o.id FROM drawn d JOIN open o ON o.lease_id = d.lease_id)
     SELECT (SELECT count(*) FROM drawn) AS bills, (SELECT coalesce(sum(amount), 0) FROM drawn) AS amount,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('leaseId', lease_id, 'code', problem)), '[]') FROM sums
        WHERE problem IS NOT NULL) AS problems`,
    [run.siteId, run.period, run.lastLeaseId, last, periods, run.currency, at, run.requestedBy],
  );
  await tx.query(
    `UPDATE bills b SET status = 'paid', issued_at = $3, issued_by = $4, paid_at = $3 FROM leases e
     WHERE e.id = b.lease_id AND e.charging = 'prepaid' AND b.site_id = $1 AND b.period = $2 AND b.status = 'draft'
       AND b.lease_id > $5 AND b.lease_id <= $6`,
    [run.siteId, run.period, at, PLATFORM, run.lastLeaseId, last],
  );
  await tx.query(
    `UPDATE bill_runs SET last_lease_id = $2, leases_done = leases_done + $3, bills = bills + $4, amount = amount + $5,
       problems = CASE WHEN jsonb_array_length(problems) < ${PROBLEMS_MAX} THEN problems || $6::jsonb ELSE problems END
     WHERE id = $1`,
    [run.id, last, count, rows[0]?.bills, rows[0]?.amount, JSON.stringify(rows[0]?.problems ?? [])],
  );
  return { leases: Number(count), lastLeaseId: Number(last) };
}

const PROBLEMS_MAX = 1000;
/** Days of earlier months may close after their month's statements: they are looked for this far back. */
const MONTHS_BACK = 2;

async function closedDays(tx: Queryable, { siteId, period }: ClaimedBillRun): Promise<readonly string[]> {
  const month = Number(period.slice(0, 4)) * 12 + Number(period.slice(5)) - 1 - MONTHS_BACK;
  const first = `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}-01`;
  const { rows } = await tx.query<{ period: string }>(
    `SELECT period FROM billing_periods WHERE site_id = $1 AND length(period) = 10 AND period BETWEEN $2 AND $3 || '-31'`,
    [siteId, first, period],
  );
  return rows.map((row) => row.period);
}

export async function finishBillRun(
  tx: Queryable,
  id: number,
  at: Date,
  error: string | null,
): Promise<void> {
  await tx.query(
    `UPDATE bill_runs SET status = CASE WHEN $3::text IS NULL THEN 'succeeded' ELSE 'failed' END, finished_at = $2, error = $3
     WHERE id = $1`,
    [id, at, error],
  );
}

/** The newest first. */
export async function listBillRuns(
  tx: Queryable,
  filter: {
    readonly site?: string | undefined;
    readonly id?: number | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly BillRunView[]> {
  const { rows } = await tx.query<{
    id: string;
    site_id: string;
    period: string;
    status: BillRunView['status'];
    requested_by: string;
    requested_at: Date;
    finished_at: Date | null;
    leases_total: number;
    leases_done: number;
    bills: number;
    amount: string;
    problems: BillRunView['problems'];
    error: string | null;
  }>(
    `SELECT * FROM bill_runs WHERE ($1::text IS NULL OR site_id = $1) AND ($2::bigint IS NULL OR id = $2)
       AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
    [filter.site ?? null, filter.id ?? null, filter.beforeId ?? null, filter.limit],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    site: row.site_id,
    period: row.period,
    status: row.status,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    leasesTotal: row.leases_total,
    leasesDone: row.leases_done,
    bills: row.bills,
    amount: row.amount,
    problems: row.problems,
    error: row.error,
  }));
}
