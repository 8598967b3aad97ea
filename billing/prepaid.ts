import type { Logger } from 'pino';
import { CHANNELS, zBalancesNotice } from '../contracts/notify.ts';
import { noteLowBalances } from '../store/balance-notices.ts';
import { readBilledSites } from '../store/billing-schedule.ts';
import type { Database } from '../store/database.ts';
import { readSettings } from '../store/settings.ts';
import { type SupplySite, watchSupplies } from './supply.ts';
import { keepAwake, startWorker } from './worker.ts';

export interface PrepaidDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly now: () => Date;
  /** How often every site is looked at: hours begin and notices run out without anybody saying so. */
  readonly lookEveryMs?: number;
  /** How soon again while a meter's acknowledgement is awaited. */
  readonly awaitEveryMs?: number;
}

/**
 * Watches prepaid balances: after every change, and now and then, notes those that fell below a threshold and takes
 * the steps of cut-off and reconnection. Any number of processes may do it.
 */
export async function startPrepaid(deps: PrepaidDeps): Promise<{ close(): Promise<void> }> {
  const { db, databaseUrl, log, lookEveryMs: everyMs = 60_000, awaitEveryMs = 1_000 } = deps;
  const due = new Set<string>();
  /** Sites where a meter is to answer. */
  const awaited = new Set<string>();
  let isAllDue = false;
  let soon: NodeJS.Timeout | undefined;

  const onWake = (notice?: unknown): void => {
    const site = zBalancesNotice.safeParse(notice).data?.site;
    if (site === undefined) isAllDue = true;
    else due.add(site);
  };
  async function look(signal: AbortSignal): Promise<void> {
    const chosen = isAllDue ? undefined : new Set(due);
    due.clear();
    isAllDue = false;
    try {
      for (const site of await readBilledSites(db)) {
        if (signal.aborted) return;
        if (chosen && !chosen.has(site.id)) continue;
        const { awaiting } = await watchBalances(deps, site);
        if (awaiting > 0) awaited.add(site.id);
      }
    } finally {
      if (awaited.size > 0 && !signal.aborted) soon ??= setTimeout(lookAgain, awaitEveryMs);
    }
  }
  function lookAgain(): void {
    soon = undefined;
    for (const site of awaited) due.add(site);
    awaited.clear();
    worker.wake();
  }

  const worker = startWorker({ name: 'prepaid', log }, look);
  const awake = await keepAwake(worker, { databaseUrl, log, everyMs, channel: CHANNELS.balances, onWake });
  return {
    async close() {
      await awake.close();
      clearTimeout(soon);
    },
  };
}

/** Notices and steps of one site, now. */
export async function watchBalances(
  { db, log, now }: Pick<PrepaidDeps, 'db' | 'log' | 'now'>,
  site: SupplySite,
): Promise<{ readonly noted: number; readonly steps: number; readonly awaiting: number }> {
  const settings = await readSettings(db, site.id);
  const [low, veryLow] = settings.prepaid.lowBalance;
  const at = now();
  const noted = await noteLowBalances(db.$client, {
    siteId: site.id,
    thresholds: [
      { level: 'low', threshold: BigInt(low) },
      { level: 'very_low', threshold: BigInt(veryLow) },
    ],
    at,
  });
  const { steps, awaiting } = await watchSupplies(db, site, settings, at);
  if (noted + steps > 0) log.info({ site: site.id, noted, steps }, 'prepaid: balances watched');
  return { noted, steps, awaiting };
}
