import { type ScheduledTask, schedule } from 'node-cron';
import type { Logger } from 'pino';
import { type BilledSite, readBilledSites } from '../store/billing-schedule.ts';
import type { Database } from '../store/database.ts';
import { drawUpOpenRuns } from './draw-up-bills.ts';
import { workOnOverdue } from './dunning.ts';
import { interruptionsTotal } from './metrics.ts';

export interface BillWorkDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly now: () => Date;
  readonly reloadEveryMs?: number;
}

/** In the site's zone, before offices open. */
const PATTERN = '0 6 * * *';

/**
 * Keeps bills going: draws up what `wake` finds, and every morning, and at a start for the day so far, works on what
 * is overdue. One thing after the other: a wake while it works is answered when that is done.
 */
export async function startBillWork(deps: BillWorkDeps): Promise<{ wake(): void; close(): Promise<void> }> {
  const { db, log, now, reloadEveryMs = 60_000 } = deps;
  const closing = new AbortController();
  const sites = new Map<string, { readonly timeZone: string; readonly task: ScheduledTask }>();
  let queue: Promise<void> = Promise.resolve();
  let waiting = false;

  function enqueue(what: string, work: () => Promise<unknown>): Promise<void> {
    queue = queue.then(async () => {
      if (closing.signal.aborted) return;
      await work().catch((err) => {
        interruptionsTotal.inc({ work: 'bills' });
        log.warn({ err }, `bills: ${what} was interrupted, will go on`);
      });
    });
    return queue;
  }
  function wake(): void {
    if (waiting) return;
    waiting = true;
    void enqueue('drawing up', () => {
      waiting = false;
      return drawUpOpenRuns(deps, closing.signal);
    });
  }
  const overdue = (site: BilledSite): Promise<void> =>
    enqueue('work on overdue bills', () => workOnOverdue(deps, site, now(), closing.signal));

  async function reload(): Promise<void> {
    for (const site of await readBilledSites(db)) {
      const known = sites.get(site.id);
      if (known?.timeZone === site.timeZone) continue;
      await known?.task.destroy();
      const task = schedule(PATTERN, () => overdue(site), {
        timezone: site.timeZone,
        name: `bills ${site.id}`,
        noOverlap: true,
      });
      sites.set(site.id, { timeZone: site.timeZone, task });
      void overdue(site);
    }
  }
  const reloadSafely = (): Promise<void> =>
    reload().catch((err) => log.warn({ err }, 'bills: could not read the sites, will try again'));
  await reloadSafely();
  wake();
  const timer = setInterval(() => void reloadSafely(), reloadEveryMs);
  return {
    wake,
    async close() {
      closing.abort();
      clearInterval(timer);
      for (const { task } of sites.values()) await task.destroy();
      await queue;
    },
  };
}
