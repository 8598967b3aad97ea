import type { Logger } from 'pino';
import { CHANNELS, zBalancesNotice } from '../contracts/notify.ts';
import { noteLowBalances } from '../store/balance-notices.ts';
import { readBilledSites } from '../store/billing-schedule.ts';
import type { Database } from '../store/database.ts';
import { listen } from '../store/listen.ts';
import { readSettings } from '../store/settings.ts';
import { type SupplySite, watchSupplies } from './supply.ts';

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
  const { db, log, lookEveryMs = 60_000, awaitEveryMs = 1_000 } = deps;
  const due = new Set<string>();
  /** Sites where a meter is to answer. */
  const awaited = new Set<string>();
  let isAllDue = false;
  let working: Promise<void> | undefined;
  let soon: NodeJS.Timeout | undefined;
  let isClosed = false;
  const isDue = (): boolean => !isClosed && (isAllDue || due.size > 0);

  async function work(): Promise<void> {
    while (isDue()) {
      const chosen = isAllDue ? undefined : new Set(due);
      due.clear();
      isAllDue = false;
      try {
        for (const site of await readBilledSites(db)) {
          if (isClosed) return;
          if (chosen && !chosen.has(site.id)) continue;
          const { awaiting } = await watchBalances(deps, site);
          if (awaiting > 0) awaited.add(site.id);
        }
      } catch (err) {
        log.warn({ err }, 'prepaid: interrupted, will go on at the next look');
      }
    }
    if (awaited.size > 0 && !isClosed) soon ??= setTimeout(lookAgain, awaitEveryMs);
  }

  function lookAgain(): void {
    soon = undefined;
    for (const site of awaited) due.add(site);
    awaited.clear();
    begin();
  }

  function begin(): void {
    working ??= work().finally(() => {
      working = undefined;
      if (isDue()) begin();
    });
  }

  function wake(site?: string): void {
    if (site === undefined) isAllDue = true;
    else due.add(site);
    begin();
  }

  const listening = await listen({
    url: deps.databaseUrl,
    channels: [CHANNELS.balances],
    onNotice: (_channel, payload) => wake(zBalancesNotice.safeParse(payload).data?.site),
    onConnected: () => wake(),
    log,
  });
  const timer = setInterval(() => wake(), lookEveryMs);
  return {
    async close() {
      isClosed = true;
      clearInterval(timer);
      clearTimeout(soon);
      await listening.close();
      await working;
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
