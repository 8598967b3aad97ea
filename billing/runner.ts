import type { Logger } from 'pino';
import { periodRefusal } from '../domain/periods.ts';
import { type ClaimedRun, claimRun, finishRun, openRuns, returnAttempt } from '../store/billing-runs.ts';
import { type BillingSession, withRunLock } from '../store/billing-session.ts';
import type { Database } from '../store/database.ts';
import { isFull, isPassing } from '../store/database-errors.ts';
import { compareShadow } from '../store/shadow-totals.ts';
import { closePeriod, closeRefusal, isGraceOver } from './close-period.ts';
import { linesTotal, readingsTotal, timeRun } from './metrics.ts';
import { executeRun, NotReportedError } from './run.ts';
import { startWorker, type Worker } from './worker.ts';

export interface RunnerDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly now: () => Date;
  readonly pointsPerBatch?: number;
}

/** A run that was begun this often and never ended brings processes down. */
const ATTEMPTS_MAX = 5;
const RUNS_PER_LOOK_MAX = 100;

/**
 * Executes open runs one after the other. A run is queued → running → succeeded or failed; one that is left running
 * by a process that died, was stopped or lost its database is taken up where it was, by whoever gets its lock.
 */
export function startRunner(deps: RunnerDeps): Worker {
  return startWorker({ name: 'billing', log: deps.log }, async (signal) => {
    for (const open of await openRuns(deps.db, RUNS_PER_LOOK_MAX)) {
      if (signal.aborted) return;
      await withRunLock(deps.db, open, (session) => takeUp(deps, session, open.id, signal));
    }
  });
}

/** Throws when the database is away or full: the run stays open. Any other failure ends it. */
async function takeUp(
  deps: RunnerDeps,
  session: BillingSession,
  id: number,
  signal: AbortSignal,
): Promise<void> {
  const { log, now } = deps;
  const run = await claimRun(session.client, id, now());
  if (!run) return;
  const ended = timeRun(run.kind);
  const about = { run: id, site: run.siteId, period: run.period };
  let error: string | null = refusal(run, now()) ?? (await closeRefusal(session, run));
  if (error === null) {
    try {
      const estimate = run.kind === 'close' && (run.isForced || (await isGraceOver(session, run)));
      const totals = await executeRun({ ...deps, session, run, estimate, signal });
      if (run.kind !== 'shadow') linesTotal.inc(totals.lines);
      readingsTotal.inc(totals.readings);
      if (signal.aborted) return log.info(about, 'billing: run left for the next start');
      if (run.kind === 'close') await closePeriod(session, run, now());
      if (run.kind === 'shadow') await session.transaction(() => compareShadow(session.client, run));
      log.info({ ...about, ...totals }, 'billing: run succeeded');
    } catch (err) {
      // Until there is space again, however long that takes. Where even this cannot be written, it counts.
      if (isFull(err)) await returnAttempt(session.client, 'billing_runs', id).catch(() => {});
      if (isPassing(err)) throw err;
      if (err instanceof NotReportedError) log.warn(about, `billing: ${err.message}`);
      else log.error({ ...about, err }, 'billing: run failed');
      error = err instanceof Error ? err.message : String(err);
    }
  }
  await finishRun(session.client, id, now(), error);
  ended(error);
}

function refusal(run: ClaimedRun, now: Date): string | null {
  if (run.attempts > ATTEMPTS_MAX) return `given up after ${ATTEMPTS_MAX} attempts`;
  switch (periodRefusal(run.period, run.timeZone, now.getTime())) {
    case 'no_such_period':
      return `${run.period} is no month or day`;
    case 'not_over':
      return `${run.period} is not over in ${run.timeZone}`;
    default:
      return null;
  }
}
