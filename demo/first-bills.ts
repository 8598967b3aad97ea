import { setTimeout as sleep } from 'node:timers/promises';
import { type BillingRunView, queueRunOnce, readRun } from '../store/billing-runs.ts';
import { countRegistersBehind } from '../store/coverage.ts';
import type { Database } from '../store/database.ts';
import { readClosedPeriods } from '../store/periods.ts';
import { BILLER } from './people.ts';
import { daysBetween, monthBefore, SITE } from './site.ts';

const POLL_MS = 500;
const HOUR_MS = 3_600_000;

export interface FirstBillsOptions {
  readonly db: Database;
  readonly from: number;
  /** When the demonstration was first started: its history ends there. Epoch ms. */
  readonly startedAt: number;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Last month with its days, or the days since. */
export type Part = 'last month' | 'this month';

/**
 * Has a part of the history billed and closed, once: days are for the prepaid leases, the month is for all, after its
 * days, so that a bill finds all of them closed. What was closed before a restart is not billed again.
 * @throws when aborted, and when a run fails.
 */
export async function billHistory(part: Part, options: FirstBillsOptions): Promise<void> {
  const { db, from, startedAt, print, signal } = options;
  const month = monthBefore(startedAt);
  const isLast = (day: string): boolean => day.startsWith(month);
  const days = daysBetween(from, startedAt).filter((day) => isLast(day) === (part === 'last month'));
  const all = part === 'last month' ? [...days, month] : days;
  const done = await readClosedPeriods(db.$client, SITE.id);
  const periods = all.filter((period) => !done.has(period));
  if (periods.length === 0) return;
  const runs: { period: string; id: number }[] = [];
  for (const period of periods) {
    const run = { site: SITE.id, period, requestedBy: BILLER, kind: 'close', isForced: true } as const;
    runs.push({ period, id: await queueRunOnce(db, run) });
  }
  let lines = 0;
  let minorUnits = 0n;
  for (const { id } of runs) {
    const run = await untilEnded(db, id, signal);
    lines += run.linesPosted;
    minorUnits += BigInt(run.amountPosted);
  }
  const amount = (Number(minorUnits) / 100).toLocaleString('en', { minimumFractionDigits: 2 });
  const what = part === 'last month' ? `${month}, closed` : 'this month so far';
  print(`billing: ${what}: ${lines.toLocaleString('en')} fee lines, ¥ ${amount}`);
}

/** Waits until the history is in the readings. @throws when aborted. */
export async function untilRead({ db, startedAt, print, signal }: FirstBillsOptions): Promise<void> {
  const lastHour = Math.floor(startedAt / HOUR_MS) * HOUR_MS;
  for (let told = 0; ; ) {
    const behind = await countRegistersBehind(db.$client, SITE.id, lastHour);
    if (behind === 0) {
      if (told > 0) print('history: complete; billing …');
      return;
    }
    if (behind !== told) print(`history: delivered; ${behind} meters still to be taken in`);
    told = behind;
    await sleep(4 * POLL_MS, undefined, { signal });
  }
}

async function untilEnded(db: Database, id: number, signal: AbortSignal): Promise<BillingRunView> {
  for (;;) {
    const run = await readRun(db, id);
    if (run?.status === 'succeeded') return run;
    if (run?.status === 'failed') throw new Error(`the billing run of ${run.period} failed: ${run.error}`);
    await sleep(POLL_MS, undefined, { signal });
  }
}
