import { type ScheduledTask, schedule } from 'node-cron';
import type { CallingProvider } from '../domain/charges.ts';
import { periodRange, periodsBefore } from '../domain/periods.ts';
import { autoCharge, listAutoCharged } from '../store/auto-charges.ts';
import { readBilledSites } from '../store/billing-schedule.ts';
import { forgetCallbacks } from '../store/provider-callbacks.ts';
import {
  applyStatement,
  claimReconciliation,
  noteDay,
  postponeReconciliation,
} from '../store/reconciliation.ts';
import { readSettings } from '../store/settings.ts';
import { transaction } from '../store/transaction.ts';
import type { StepDeps } from './charge-steps.ts';
import { reasonOf } from './providers/http.ts';
import { callsUs } from './providers/port.ts';

/** Each quarter of an hour: due dates come at midnight of some zone, statements some time in the morning. */
const PATTERN = '*/15 * * * *';
/** By whose midnight a provider cuts its statements. */
const CLOCK: Readonly<Record<CallingProvider, string>> = {
  wechat_pay: 'Asia/Shanghai',
  alipay: 'Asia/Shanghai',
  stripe: 'UTC',
  sandbox: 'UTC',
};
/** Days that were missed while no process ran. */
const DAYS_BACK = 7;

/** Charges by itself what is due, and reconciles every provider's day before. */
export function startPaymentSchedule(deps: StepDeps): { close(): Promise<void> } {
  const look = (): Promise<void> =>
    chargeDue(deps)
      .then(() => reconcileDue(deps))
      .catch((err) => deps.log.warn({ err }, 'billing: payments of the day interrupted, will go on'));
  const task: ScheduledTask = schedule(PATTERN, look, { name: 'billing payments', noOverlap: true });
  const first = look();
  return {
    async close() {
      await task.destroy();
      await first;
    },
  };
}

const BILLS_PER_LOOK = 500;

/**
 * Charges every bill that is due, in parts of `billsPerLook`, each bill in a transaction of its own: one that cannot be
 * charged holds up none behind it. Returns how many were charged.
 */
export async function chargeDue(
  { db, now, log }: Pick<StepDeps, 'db' | 'now' | 'log'>,
  billsPerLook = BILLS_PER_LOOK,
): Promise<number> {
  let charged = 0;
  for (const site of await readBilledSites(db)) {
    const { billing } = await readSettings(db, site.id);
    if (!billing.autoCharge) continue;
    for (let last: number | undefined = 0; last !== undefined; ) {
      const due: readonly number[] = await listAutoCharged(db.$client, site.id, now(), last, billsPerLook);
      for (const bill of due) if (await transaction(db, (tx) => autoCharge(tx, bill, now()))) charged++;
      last = due.at(-1);
    }
  }
  if (charged > 0) log.info({ charged }, 'billing: charged bills on their due date');
  return charged;
}

/** Fetches and compares the statements that are due. */
export async function reconcileDue(deps: StepDeps): Promise<void> {
  const { db, now } = deps;
  await forgetCallbacks(db.$client, now());
  for (const provider of deps.providers.values()) {
    if (!callsUs(provider)) continue;
    for (const day of periodsBefore('day', CLOCK[provider.name], now().getTime(), DAYS_BACK).toReversed())
      await noteDay(db.$client, provider.name, day, now());
  }
  for (;;) {
    const one = await claimReconciliation(db.$client, now());
    if (!one) return;
    const provider = deps.providers.get(one.provider);
    const range = periodRange(one.day, CLOCK[one.provider]);
    if (!provider || !callsUs(provider) || !range) {
      await postponeReconciliation(db.$client, one, 'the provider is not configured', now());
      continue;
    }
    const statement = await provider
      .downloadStatement(one.day)
      .catch((error: unknown) => ({ status: 'not_ready', reason: reasonOf(error) }) as const);
    await transaction(db, (tx) =>
      statement.status === 'ready'
        ? applyStatement(
            tx,
            one,
            statement.rows,
            { from: new Date(range.from), to: new Date(range.to) },
            now(),
          )
        : postponeReconciliation(tx, one, statement.reason, now()),
    );
    deps.log.info(
      { provider: one.provider, day: one.day, status: statement.status },
      'billing: reconciliation',
    );
  }
}
