import { setTimeout as sleep } from 'node:timers/promises';
import { type BillingRunView, listRuns, queueRunOnce, readRun } from '../store/billing-runs.ts';
import { countRegistersBehind } from '../store/coverage.ts';
import type { Database } from '../store/database.ts';
import { daysBetween, monthBefore, SITE } from './site.ts';

const POLL_MS = 500;
const REQUESTED_BY = 'demo';
const HOUR_MS = 3_600_000;

export interface FirstBillsOptions {
  readonly db: Database;
  readonly from: number;
  /** When the demonstration was first started: its history ends there. Epoch ms. */
  readonly startedAt: number;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Waits until the history is in the readings, then has it billed, once: last month for the postpaid leases, and
 * every day since the market opened for the prepaid ones. What was billed before a restart is not billed again.
 * @throws when aborted, and when a run fails.
 */
export async function billHistory(options: FirstBillsOptions): Promise<void> {
  const { db, from, startedAt, print, signal } = options;
  await untilRead(options);
  const month = monthBefore(startedAt);
  const days = daysBetween(from, startedAt);
  const before = await listRuns(db, { site: SITE.id, limit: 1000 });
  const done = new Set(before.filter((run) => run.status === 'succeeded').map((run) => run.period));
  // Last month first, its days with it: that is what the fee lines' page opens with.
  const [soon, later] = [
    days.filter((day) => day.startsWith(month)),
    days.filter((day) => !day.startsWith(month)),
  ];
  const periods = [month, ...soon, ...later].filter((period) => !done.has(period));
  if (periods.length === 0) return;
  print(`history: complete; billing ${month}, and ${periods.length - 1} days of the prepaid leases …`);
  const runs: { period: string; id: number }[] = [];
  for (const period of periods) {
    runs.push({ period, id: await queueRunOnce(db, { site: SITE.id, period, requestedBy: REQUESTED_BY }) });
  }
  let lines = 0;
  let minorUnits = 0n;
  for (const { period, id } of runs) {
    const run = await untilEnded(db, id, signal);
    lines += run.linesPosted;
    minorUnits += BigInt(run.amountPosted);
    const isLastOfMonth = period === (soon.at(-1) ?? month);
    if (!isLastOfMonth && period !== runs.at(-1)?.period) continue;
    const amount = (Number(minorUnits) / 100).toLocaleString('en', { minimumFractionDigits: 2 });
    print(`billing: ${isLastOfMonth ? month : 'this month so far'}: ${lines} fee lines, ¥ ${amount}`);
    [lines, minorUnits] = [0, 0n];
  }
}

async function untilRead({ db, startedAt, print, signal }: FirstBillsOptions): Promise<void> {
  const lastHour = Math.floor(startedAt / HOUR_MS) * HOUR_MS;
  for (let told = 0; ; ) {
    const behind = await countRegistersBehind(db.$client, SITE.id, lastHour);
    if (behind === 0) return;
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
