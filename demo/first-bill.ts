import { setTimeout as sleep } from 'node:timers/promises';
import { listRuns, queueRunOnce, readRun } from '../store/billing-runs.ts';
import { countRegistersBehind } from '../store/coverage.ts';
import type { Database } from '../store/database.ts';
import { SITE } from './site.ts';

const POLL_MS = 500;
const REQUESTED_BY = 'demo';

export interface FirstBillOptions {
  readonly db: Database;
  /** All readings up to then must have arrived, epoch ms. */
  readonly historyEnd: number;
  readonly period: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Waits until the history is in the readings, then has its month billed, once. @throws when aborted. */
export async function billFirstMonth(options: FirstBillOptions): Promise<void> {
  const { db, historyEnd, period, print, signal } = options;
  for (let before = -1; ; ) {
    const behind = await countRegistersBehind(db.$client, SITE.id, historyEnd);
    if (behind === 0) break;
    if (behind !== before) print(`history: ${behind} registers still to be read into`);
    before = behind;
    await sleep(4 * POLL_MS, undefined, { signal });
  }
  const runs = await listRuns(db, { site: SITE.id, limit: 1000 });
  if (runs.some((run) => run.period === period && run.status === 'succeeded')) return;
  print(`history: complete; billing ${period} …`);
  const id = await queueRunOnce(db, { site: SITE.id, period, requestedBy: REQUESTED_BY });
  for (;;) {
    const run = await readRun(db, id);
    if (run?.status === 'succeeded') {
      const amount = (Number(run.amountPosted) / 100).toLocaleString('en', { minimumFractionDigits: 2 });
      print(`billing: ${period} is closed with ${run.linesPosted} fee lines, ¥ ${amount}`);
      return;
    }
    if (run?.status === 'failed') throw new Error(`the billing run of ${period} failed: ${run.error}`);
    await sleep(POLL_MS, undefined, { signal });
  }
}
