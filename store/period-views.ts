import type { Queryable } from './database.ts';
import { textsParam } from './pg-arrays.ts';

/** What is known of a site's period beside its calendar. */
export interface PeriodRow {
  readonly period: string;
  readonly lastRun: {
    readonly id: number;
    readonly at: Date | null;
    readonly status: string;
    readonly problems: number;
  } | null;
  readonly awaiting: number;
  readonly closingRunId: number | null;
  readonly lines: number;
  readonly amount: bigint;
  readonly closed: {
    readonly at: Date;
    readonly by: string;
    readonly runId: number;
    readonly hash: string;
    readonly previousHash: string | null;
  } | null;
}

/** By the order of the names. */
export async function readPeriods(
  tx: Queryable,
  siteId: string,
  periods: readonly string[],
): Promise<readonly PeriodRow[]> {
  const { rows } = await tx.query<{
    period: string;
    run_id: string | null;
    run_at: Date | null;
    run_status: string | null;
    problems: number | null;
    awaiting: string | null;
    closing: string | null;
    lines: string;
    amount: string;
    closed_at: Date | null;
    closed_by: string;
    closed_run: string;
    hash: string;
    previous_hash: string | null;
  }>(
    `SELECT d.period, r.id AS run_id, r.finished_at AS run_at, r.status AS run_status,
       jsonb_array_length(r.problems) AS problems, a.awaiting, c.id AS closing,
       coalesce(p.lines, l.lines) AS lines, coalesce(p.amount, l.amount) AS amount,
       p.closed_at, p.closed_by, p.run_id AS closed_run, p.hash, p.previous_hash
     FROM unnest($2::text[]) WITH ORDINALITY d(period, n)
     LEFT JOIN billing_periods p ON p.site_id = $1 AND p.period = d.period
     LEFT JOIN LATERAL (SELECT id, finished_at, status, problems FROM billing_runs
       WHERE site_id = $1 AND period = d.period AND kind <> 'shadow' ORDER BY id DESC LIMIT 1) r ON true
     LEFT JOIN LATERAL (SELECT count(DISTINCT one->>'meteringPointId') AS awaiting FROM jsonb_array_elements(r.problems) one
       WHERE one->>'code' = 'awaiting_reading') a ON true
     LEFT JOIN LATERAL (SELECT id FROM billing_runs WHERE site_id = $1 AND period = d.period AND kind = 'close'
       AND status IN ('queued', 'running') ORDER BY id LIMIT 1) c ON true
     LEFT JOIN LATERAL (SELECT count(*) AS lines, coalesce(sum(amount), 0) AS amount FROM fee_lines
       WHERE site_id = $1 AND accounting_period = d.period AND p.period IS NULL) l ON true
     ORDER BY d.n`,
    [siteId, textsParam(periods, (period) => period)],
  );
  return rows.map((row) => ({
    period: row.period,
    lastRun:
      row.run_id === null
        ? null
        : {
            ...{ id: Number(row.run_id), at: row.run_at, status: row.run_status ?? '' },
            problems: row.problems ?? 0,
          },
    awaiting: Number(row.awaiting ?? 0),
    closingRunId: row.closing === null ? null : Number(row.closing),
    lines: Number(row.lines),
    amount: BigInt(row.amount),
    closed: row.closed_at && {
      ...{ at: row.closed_at, by: row.closed_by, runId: Number(row.closed_run) },
      ...{ hash: row.hash, previousHash: row.previous_hash },
    },
  }));
}

/** The month in which the site's first line is, or in which it was made. */
export async function readFirstMonth(tx: Queryable, siteId: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ month: string }>(
    `SELECT least(left((SELECT min(period) FROM fee_lines WHERE site_id = s.id), 7),
       to_char(created_at AT TIME ZONE time_zone, 'YYYY-MM')) AS month FROM sites s WHERE id = $1`,
    [siteId],
  );
  return rows[0]?.month;
}
