import type { Logger } from 'pino';
import { CHANNELS } from '../contracts/notify.ts';
import type { Database } from '../store/database.ts';
import { listen } from '../store/listen.ts';
import { startAudits } from './audit/start.ts';
import { startBillWork } from './dunning-schedule.ts';
import { startPayments } from './payments.ts';
import { startPrepaid } from './prepaid.ts';
import type { PaymentProvider } from './providers/port.ts';
import { startQuarantine } from './quarantine.ts';
import { startRunner } from './runner.ts';
import { startSchedule } from './schedule.ts';
import { startSettlement } from './settlement-schedule.ts';
import { reportBillingState } from './state-metrics.ts';

export interface BillingDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
  /** How often runs that another process left are looked for. */
  readonly lookEveryMs?: number;
  readonly pointsPerBatch?: number;
  /** Ways to pay beside the balance and cash, which there always are. */
  readonly providers?: readonly PaymentProvider[] | undefined;
}

/**
 * Charges: queues the daily and monthly runs of every site, and executes whatever is queued. A run on a day charges
 * prepaid leases, one on a month postpaid ones, so no time is ever charged by both.
 */
export async function startBilling(deps: BillingDeps): Promise<{ close(): Promise<void> }> {
  const { clock = Date.now, lookEveryMs = 30_000, ...rest } = deps;
  const now = (): Date => new Date(clock());
  const runner = startRunner({ ...rest, now });
  const billWork = await startBillWork({ ...rest, now });
  const wake = (): void => {
    runner.wake();
    billWork.wake();
  };
  const listening = await listen({
    url: deps.databaseUrl,
    channels: [CHANNELS.billingRuns, CHANNELS.billRuns],
    onNotice: wake,
    onConnected: wake,
    log: deps.log,
  });
  reportBillingState({ db: deps.db, now });
  const schedule = await startSchedule({ ...rest, now });
  const quarantine = startQuarantine({ ...rest, now });
  const prepaid = await startPrepaid({ ...rest, now });
  const settlement = await startSettlement({ ...rest, now });
  const payments = await startPayments({ ...rest, now, lookEveryMs, providers: deps.providers ?? [] });
  const audits = await startAudits({ ...rest, now, lookEveryMs });
  const timer = setInterval(wake, lookEveryMs);
  return {
    async close() {
      clearInterval(timer);
      reportBillingState(null);
      await audits.close();
      await payments.close();
      await settlement.close();
      await prepaid.close();
      await schedule.close();
      await quarantine.close();
      await listening.close();
      await billWork.close();
      await runner.close();
    },
  };
}
