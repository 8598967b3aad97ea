import type { Logger } from 'pino';
import { CHANNELS } from '../contracts/notify.ts';
import type { Database } from '../store/database.ts';
import { listen } from '../store/listen.ts';
import { startRunner } from './runner.ts';
import { startSchedule } from './schedule.ts';

export interface BillingDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
  /** How often runs that another process left are looked for. */
  readonly lookEveryMs?: number;
  readonly pointsPerBatch?: number;
}

/**
 * Charges: queues the daily and monthly runs of every site, and executes whatever is queued. A run on a day charges
 * prepaid leases, one on a month postpaid ones, so no time is ever charged by both.
 */
export async function startBilling(deps: BillingDeps): Promise<{ close(): Promise<void> }> {
  const { clock = Date.now, lookEveryMs = 30_000, ...rest } = deps;
  const now = (): Date => new Date(clock());
  const runner = startRunner({ ...rest, now });
  const listening = await listen({
    url: deps.databaseUrl,
    channels: [CHANNELS.billingRuns],
    onNotice: () => runner.wake(),
    onConnected: () => runner.wake(),
    log: deps.log,
  });
  const schedule = await startSchedule({ ...rest, now });
  const timer = setInterval(() => runner.wake(), lookEveryMs);
  return {
    async close() {
      clearInterval(timer);
      await schedule.close();
      await listening.close();
      await runner.close();
    },
  };
}
