import type { Logger } from 'pino';
import { CHANNELS } from '../contracts/notify.ts';
import { localDate } from '../domain/local-days.ts';
import { readBilledSites } from '../store/billing-schedule.ts';
import { withRunLock } from '../store/billing-session.ts';
import type { Database } from '../store/database.ts';
import { isPassing } from '../store/database-errors.ts';
import {
  beginSettlement,
  endSettlement,
  openSettlements,
  queueDailySettlement,
} from '../store/settlement-runs.ts';
import { findSite } from '../store/sites.ts';
import { timeRun } from './metrics.ts';
import { shareOut } from './settlement.ts';
import { keepAwake, startWorker, type Worker } from './worker.ts';

export interface SettlementDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly now: () => Date;
  /** How often it is asked whether a site's day has begun, and for runs that another process left. */
  readonly lookEveryMs?: number;
}

const RUNS_PER_LOOK_MAX = 100;
/** A run that was begun this often and never ended brings processes down. */
const ATTEMPTS_MAX = 5;
/** After the day's charges are in. */
const HOURS_AFTER_MIDNIGHT = 3;
const HOUR_MS = 3_600_000;

/** Shares out once a day of each site, and whenever somebody asks. Any number of processes may do it. */
export function startSettlement(deps: SettlementDeps): Promise<Worker> {
  const { db, databaseUrl, log, now, lookEveryMs: everyMs = 60_000 } = deps;
  const worker = startWorker({ name: 'settlement', log }, async (signal) => {
    await queueDays(db, now());
    for (const run of await openSettlements(db.$client, RUNS_PER_LOOK_MAX)) {
      if (signal.aborted) return;
      await withRunLock(db, { site: run.siteId, period: 'settlement' }, () => settle(deps, run, signal));
    }
  });
  return keepAwake(worker, { databaseUrl, log, everyMs, channel: CHANNELS.settlement });
}

async function queueDays(db: Database, at: Date): Promise<void> {
  for (const { id, timeZone } of await readBilledSites(db)) {
    const day = localDate(at.getTime() - HOURS_AFTER_MIDNIGHT * HOUR_MS, timeZone);
    await queueDailySettlement(db.$client, { siteId: id, day, at });
  }
}

/** Throws when the database is away: the run stays open. Any other failure ends it. */
async function settle(
  { db, log, now }: SettlementDeps,
  run: { readonly id: number; readonly siteId: string; readonly attempts: number },
  signal: AbortSignal,
): Promise<void> {
  const site = await findSite(db, run.siteId);
  if (!site) return;
  const ended = timeRun('settlement');
  let error: string | null = run.attempts >= ATTEMPTS_MAX ? `given up after ${ATTEMPTS_MAX} attempts` : null;
  if (error === null) {
    if (!(await beginSettlement(db.$client, run.id))) return;
    try {
      await shareOut(db, { id: run.id, site }, now(), signal);
      if (signal.aborted) return;
    } catch (err) {
      if (isPassing(err)) throw err;
      log.error({ err, run: run.id, site: site.id }, 'settlement: run failed');
      error = err instanceof Error ? err.message : String(err);
    }
  }
  await endSettlement(db.$client, run.id, now(), error);
  ended(error);
}
