import { CHANNELS } from '../contracts/notify.ts';
import { nextLook } from '../store/charge-views.ts';
import { type Charge, claimCharge, lockCharge } from '../store/charges.ts';
import { listen } from '../store/listen.ts';
import { claimRefund } from '../store/refunds.ts';
import { transaction } from '../store/transaction.ts';
import { takeCallback } from './callbacks.ts';
import { CLAIM_MS, type StepDeps, stepCharge, stepRefund } from './charge-steps.ts';
import { interruptionsTotal } from './metrics.ts';
import { startPaymentSchedule } from './payment-schedule.ts';
import { createBalance, createCash } from './providers/local.ts';
import { measured } from './providers/measured.ts';
import type { PaymentProvider } from './providers/port.ts';

export interface PaymentsDeps extends Omit<StepDeps, 'providers'> {
  /** Beside the balance and cash. */
  readonly providers: readonly PaymentProvider[];
  readonly databaseUrl: string;
  /** How often what another process left is looked for. */
  readonly lookEveryMs?: number | undefined;
  /** False: nothing is charged by itself and no statement is fetched. */
  readonly isScheduled?: boolean | undefined;
}

/** Providers that answer slowly hold up no more than their own share. */
const WORKERS = 4;
const RETRY_MS = 1_000;

/**
 * Talks to the providers: takes callbacks in, submits charges and refunds, and asks after those that are not decided.
 * Everything it does is claimed in the database first, so several processes share the work.
 */
export async function startPayments(
  options: PaymentsDeps,
): Promise<{ wake(): void; close(): Promise<void> }> {
  const { db, log, now, lookEveryMs = 30_000 } = options;
  const all = [createBalance(), createCash(), ...options.providers.map(measured)];
  const deps: StepDeps = { db, log, now, providers: new Map(all.map((one) => [one.name, one])) };
  let closing = false;
  let isDue = false;
  let working: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function one(): Promise<boolean> {
    const charge = await claimCharge(db.$client, now(), CLAIM_MS);
    if (charge) {
      await stepCharge(deps, charge);
      return true;
    }
    const refund = await claimRefund(db.$client, now(), CLAIM_MS);
    if (!refund) return false;
    const of = await transaction(db, (tx) => lockCharge(tx, refund.chargeId));
    await stepRefund(deps, refund, of as Charge);
    return true;
  }

  async function work(): Promise<void> {
    while (isDue && !closing) {
      isDue = false;
      while (!closing && (await takeCallback(deps)));
      const workers = Array.from({ length: WORKERS }, async () => {
        while (!closing && (await one()));
      });
      const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    }
  }

  function wake(): void {
    isDue = true;
    if (closing) return;
    clearTimeout(timer);
    working ??= work()
      .then(sleepUntilDue)
      .catch((err) => {
        interruptionsTotal.inc({ work: 'payments' });
        log.warn({ err }, 'billing: payments interrupted, will go on');
        return RETRY_MS;
      })
      .then((ms) => {
        working = undefined;
        if (closing) return;
        if (isDue) wake();
        else timer = setTimeout(wake, ms);
      });
  }

  async function sleepUntilDue(): Promise<number> {
    const next = await nextLook(db.$client);
    return next === null
      ? lookEveryMs
      : Math.min(lookEveryMs, Math.max(10, next.getTime() - now().getTime()));
  }

  const listening = await listen({
    url: options.databaseUrl,
    channels: [CHANNELS.charges],
    onNotice: wake,
    onConnected: wake,
    log,
  });
  wake();
  const schedule = options.isScheduled === false ? undefined : startPaymentSchedule(deps);
  return {
    wake,
    async close() {
      closing = true;
      await schedule?.close();
      clearTimeout(timer);
      await listening.close();
      await working;
    },
  };
}
