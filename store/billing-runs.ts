import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { zBillingRun } from '../contracts/rest.ts';
import type { RunKind } from '../domain/billing-runs.ts';
import { RUN_PROBLEMS_MAX } from '../domain/settlement/limits.ts';
import type { Problem } from '../domain/settlement/problems.ts';
import { type CutOff, readCutOff } from './as-of.ts';
import type { Database, Executor, Queryable } from './database.ts';
import { billingRuns } from './schema/billing.ts';
import { CHARGED_POINT } from './usage-inputs.ts';

export type BillingRunView = z.infer<typeof zBillingRun>;

export interface RunProblem extends Problem {
  readonly meteringPointId: number;
}

/** A run that is asked for. */
export interface NewRun {
  readonly site: string;
  readonly period: string;
  readonly requestedBy: string;
  /** `charge` unless it is said. */
  readonly kind?: RunKind | undefined;
  /** Of a close: estimate what is missing although the grace has not run out. */
  readonly isForced?: boolean | undefined;
}

/** A run that a process has taken up. */
export interface ClaimedRun {
  readonly id: number;
  readonly siteId: string;
  readonly period: string;
  readonly kind: RunKind;
  readonly isForced: boolean;
  readonly requestedBy: string;
  readonly timeZone: string;
  readonly currency: string;
  /** Set when it was first taken up, `receivedUpTo` to that time: a run that is taken up again keeps it. */
  readonly cutOff: CutOff;
  readonly attempts: number;
  readonly lastPointId: number;
}

/** Queues a run; a process with billing takes it up (trigger notifies). Returns its id. */
export async function queueRun(db: Executor, run: NewRun): Promise<number> {
  const { site: siteId, period, requestedBy, kind = 'charge', isForced = false } = run;
  const [row] = await db
    .insert(billingRuns)
    .values({ siteId, period, requestedBy, kind, isForced, status: 'queued' })
    .returning({ id: billingRuns.id });
  if (!row) throw new Error('the queued run was not returned');
  return row.id;
}

/** Queues a run of another period that a run has made necessary, unless one waits already. */
export async function queueAfter(
  tx: Queryable,
  siteId: string,
  period: string,
  requestedBy: 'residual' | 'tiers',
): Promise<void> {
  await tx.query(
    `INSERT INTO billing_runs (site_id, period, requested_by, status)
     SELECT $1, $2, $3, 'queued'
     WHERE NOT EXISTS (SELECT FROM billing_runs WHERE site_id = $1 AND period = $2 AND status = 'queued')`,
    [siteId, period, requestedBy],
  );
}

/** As `queueRun`, unless a run of the same kind and period has not ended yet: then the answer is that one's id. */
export function queueRunOnce(db: Pick<Database, 'transaction'>, run: NewRun): Promise<number> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext(${`run ${run.site} ${run.period}`}))`);
    const [open] = await tx
      .select({ id: billingRuns.id })
      .from(billingRuns)
      .where(
        and(
          eq(billingRuns.siteId, run.site),
          eq(billingRuns.period, run.period),
          eq(billingRuns.kind, run.kind ?? 'charge'),
          inArray(billingRuns.status, ['queued', 'running']),
        ),
      )
      .limit(1);
    return open?.id ?? queueRun(tx, run);
  });
}

export async function readRun(db: Executor, id: number): Promise<BillingRunView | undefined> {
  const [row] = await db.select().from(billingRuns).where(eq(billingRuns.id, id));
  return row && toView(row);
}

/** The newest first. */
export async function listRuns(
  db: Executor,
  filter: {
    readonly site?: string | undefined;
    readonly period?: string | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly BillingRunView[]> {
  const rows = await db
    .select()
    .from(billingRuns)
    .where(
      and(
        filter.site === undefined ? undefined : eq(billingRuns.siteId, filter.site),
        filter.period === undefined ? undefined : eq(billingRuns.period, filter.period),
        filter.beforeId === undefined ? undefined : lt(billingRuns.id, filter.beforeId),
      ),
    )
    .orderBy(desc(billingRuns.id))
    .limit(filter.limit);
  return rows.map(toView);
}

/** Queued ones, and those that run or were left running; the oldest first. */
export async function openRuns(
  db: Executor,
  runsMax: number,
): Promise<readonly { readonly id: number; readonly site: string; readonly period: string }[]> {
  return db
    .select({ id: billingRuns.id, site: billingRuns.siteId, period: billingRuns.period })
    .from(billingRuns)
    .where(inArray(billingRuns.status, ['queued', 'running']))
    .orderBy(billingRuns.id)
    .limit(runsMax);
}

/** Undefined when it has ended meanwhile. Call under the run's lock: only its holder may run it. */
export async function claimRun(session: Queryable, id: number, now: Date): Promise<ClaimedRun | undefined> {
  const { rows } = await session.query<{
    id: string;
    site_id: string;
    period: string;
    kind: RunKind;
    is_forced: boolean;
    requested_by: string;
    journal_seq: string | null;
    change_id: string | null;
    time_zone: string;
    currency: string;
    started_at: Date;
    attempts: number;
    last_point_id: string;
  }>(
    `UPDATE billing_runs r SET status = 'running', attempts = attempts + 1, started_at = coalesce(started_at, $2),
       points_total = (SELECT count(*) FROM metering_points p WHERE p.site_id = r.site_id AND ${CHARGED_POINT})
     FROM sites s WHERE r.id = $1 AND s.id = r.site_id AND r.status IN ('queued', 'running')
     RETURNING r.id, r.site_id, r.period, r.kind, r.is_forced, r.requested_by, r.journal_seq, r.change_id, s.time_zone,
       s.currency, r.started_at, r.attempts, r.last_point_id`,
    [id, now],
  );
  const row = rows[0];
  return (
    row && {
      id: Number(row.id),
      siteId: row.site_id,
      period: row.period,
      kind: row.kind,
      isForced: row.is_forced,
      requestedBy: row.requested_by,
      timeZone: row.time_zone,
      currency: row.currency,
      cutOff: await cutOffOf(session, row.site_id, row),
      attempts: row.attempts,
      lastPointId: Number(row.last_point_id),
    }
  );
}

/** What stopped it is no fault of the run: it may be begun as often as without this attempt. */
export async function returnAttempt(
  tx: Queryable,
  table: 'billing_runs' | 'bill_runs',
  id: number,
): Promise<void> {
  await tx.query(`UPDATE ${table} SET attempts = attempts - 1 WHERE id = $1`, [id]);
}

/** Readings and changes that others are still writing are left to the next run. */
async function cutOffOf(
  session: Queryable,
  siteId: string,
  run: { id: string; started_at: Date; journal_seq: string | null; change_id: string | null },
): Promise<CutOff> {
  const receivedUpTo = run.started_at;
  if (run.journal_seq !== null && run.change_id !== null) {
    return { receivedUpTo, journalSeq: Number(run.journal_seq), changeId: Number(run.change_id) };
  }
  const { journalSeq, changeId } = await readCutOff(session, siteId);
  await session.query('UPDATE billing_runs SET journal_seq = $2, change_id = $3 WHERE id = $1', [
    ...[run.id, journalSeq, changeId],
  ]);
  return { receivedUpTo, journalSeq, changeId };
}

/** The cut-off of a run that has been taken up. */
export async function readRunCutOff(session: Queryable, id: number): Promise<CutOff | undefined> {
  const { rows } = await session.query<{ at: Date; seq: string; change: string }>(
    `SELECT started_at AS at, journal_seq AS seq, change_id AS change FROM billing_runs
     WHERE id = $1 AND change_id IS NOT NULL`,
    [id],
  );
  const row = rows[0];
  return row && { receivedUpTo: row.at, journalSeq: Number(row.seq), changeId: Number(row.change) };
}

/** Part of the transaction that posts the points' lines: what is recorded as done is done. */
export async function recordProgress(
  tx: Queryable,
  runId: number,
  progress: {
    readonly points: number;
    readonly lastPointId: number;
    readonly lines: number;
    readonly amount: bigint;
    readonly problems: readonly RunProblem[];
  },
): Promise<void> {
  await tx.query(
    `UPDATE billing_runs SET points_done = points_done + $2, last_point_id = $3, lines_posted = lines_posted + $4,
       amount_posted = amount_posted + $5,
       problems = CASE WHEN jsonb_array_length(problems) + $7 <= ${RUN_PROBLEMS_MAX} THEN problems || $6::jsonb
         ELSE (SELECT jsonb_agg(p ORDER BY n) FROM jsonb_array_elements(problems || $6::jsonb) WITH ORDINALITY t(p, n)
               WHERE n <= ${RUN_PROBLEMS_MAX}) END
     WHERE id = $1`,
    [
      runId,
      progress.points,
      progress.lastPointId,
      progress.lines,
      progress.amount.toString(),
      JSON.stringify(progress.problems),
      progress.problems.length,
    ],
  );
}

export async function finishRun(
  session: Queryable,
  id: number,
  now: Date,
  error: string | null,
): Promise<void> {
  await session.query(
    `UPDATE billing_runs SET status = $2, finished_at = $3, error = $4 WHERE id = $1 AND status = 'running'`,
    [id, error === null ? 'succeeded' : 'failed', now, error],
  );
}

function toView(row: typeof billingRuns.$inferSelect): BillingRunView {
  const { siteId, requestedAt, startedAt, finishedAt, amountPosted, problems, ...rest } = row;
  const { id, period, kind, status, requestedBy, pointsTotal, pointsDone, linesPosted, error } = rest;
  return {
    ...{ id, site: siteId, period, kind, status, requestedBy, pointsTotal, pointsDone, linesPosted, error },
    requestedAt: requestedAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
    amountPosted: `${amountPosted}`,
    comparedRunId: rest.comparedRunId,
    problems: [...problems],
  };
}
