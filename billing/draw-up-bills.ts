import type { Logger } from 'pino';
import {
  claimBillRun,
  drawUpBills,
  finishBillRun,
  openBillRuns,
  queueClosedMonths,
} from '../store/bill-runs.ts';
import { returnAttempt } from '../store/billing-runs.ts';
import { type BillingSession, withRunLock } from '../store/billing-session.ts';
import type { Database } from '../store/database.ts';
import { isFull, isPassing } from '../store/database-errors.ts';
import { timeRun } from './metrics.ts';

export interface DrawUpDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly now: () => Date;
  readonly leasesPerBatch?: number;
}

/** Leases whose bills are drawn up in one transaction. */
const LEASES_PER_BATCH = 500;
/** A run that was begun this often and never ended brings processes down. */
const ATTEMPTS_MAX = 5;
const RUNS_PER_LOOK_MAX = 100;

/**
 * Draws up the bills of months as they close, and of those that somebody asks for, batch by batch: what a process left
 * is taken up where it was by whoever gets the run's lock.
 */
export async function drawUpOpenRuns(deps: DrawUpDeps, signal: AbortSignal): Promise<void> {
  const { db } = deps;
  const queued = await queueClosedMonths(db.$client, deps.now());
  if (queued > 0) deps.log.info({ queued }, 'bills: months were closed, drawing up');
  for (const open of await openBillRuns(db.$client, RUNS_PER_LOOK_MAX)) {
    if (signal.aborted) return;
    const lock = { site: open.site, period: `bills ${open.period}` };
    await withRunLock(db, lock, (session) => takeUp(deps, session, open.id, signal));
  }
}

async function takeUp(
  { log, now, leasesPerBatch = LEASES_PER_BATCH }: DrawUpDeps,
  session: BillingSession,
  id: number,
  signal: AbortSignal,
): Promise<void> {
  const run = await claimBillRun(session.client, id, now());
  if (!run) return;
  const ended = timeRun('bills');
  const about = { run: id, site: run.siteId, period: run.period };
  let error: string | null = null;
  if (run.attempts > ATTEMPTS_MAX) error = `given up after ${ATTEMPTS_MAX} attempts`;
  else if (!run.closed) error = `${run.period} is not closed`;
  else {
    try {
      for (let lastLeaseId = run.lastLeaseId; ; ) {
        const batch = await session.transaction(() =>
          drawUpBills(session.client, { ...run, lastLeaseId }, now(), leasesPerBatch),
        );
        if (batch.leases === 0) break;
        lastLeaseId = batch.lastLeaseId;
        if (signal.aborted) return log.info(about, 'bills: run left for the next start');
      }
      log.info(about, 'bills: drawn up');
    } catch (err) {
      // Until there is space again, however long that takes. Where even this cannot be written, it counts.
      if (isFull(err)) await returnAttempt(session.client, 'bill_runs', id).catch(() => {});
      if (isPassing(err)) throw err;
      log.error({ ...about, err }, 'bills: run failed');
      error = err instanceof Error ? err.message : String(err);
    }
  }
  await finishBillRun(session.client, id, now(), error);
  ended(error);
}
