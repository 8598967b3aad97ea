import { type ScheduledTask, schedule } from 'node-cron';
import type { Logger } from 'pino';
import type { PeriodKind } from '../domain/period-kinds.ts';
import { periodRange, periodsBefore } from '../domain/periods.ts';
import {
  type BilledSite,
  type DuePeriod,
  queueDueCloses,
  queueDueRuns,
  readBilledSites,
} from '../store/billing-schedule.ts';
import type { Database } from '../store/database.ts';
import { keepLeaseEnds } from '../store/lease-ends.ts';
import { readSettings } from '../store/settings.ts';
import { transaction } from '../store/transaction.ts';

export interface ScheduleDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly now: () => Date;
  readonly reloadEveryMs?: number;
}

/** In the site's zone: half an hour and an hour after midnight, when devices have reported past it. */
const PATTERNS = { day: '30 0 * * *', month: '0 1 1 * *' } as const;
/** Once an hour it is looked whether a period can be closed, and whether leases ended without a reading. */
const CLOSE_PATTERN = '45 * * * *';
/** How far back a period that was never run, or that awaits readings, is looked for. */
const LOOK_BACK = { day: 35, month: 2 } as const;
/** The newest periods are settled again at every tick, for readings that came late. */
const AGAIN = { day: 3, month: 2 } as const;
const HOUR_MS = 3_600_000;

/**
 * Queues what is due: for each site the day before for prepaid leases, the month before for all, what was missed while
 * no process ran, and closes. Sites are looked up again now and then.
 */
export async function startSchedule(deps: ScheduleDeps): Promise<{ close(): Promise<void> }> {
  const { db, log, reloadEveryMs = 60_000 } = deps;
  const sites = new Map<string, { readonly site: BilledSite; readonly tasks: readonly ScheduledTask[] }>();

  async function queue(site: BilledSite, kind: 'day' | 'month', isTick: boolean): Promise<void> {
    try {
      const runs = await queueDueRuns(db, site, duePeriods(site, kind, deps.now(), isTick), deps.now());
      if (runs > 0) log.info({ site: site.id, kind, runs }, 'billing: queued what was due');
    } catch (err) {
      log.error({ err, site: site.id, kind }, 'billing: could not queue what was due');
    }
  }

  async function close(site: BilledSite): Promise<void> {
    try {
      const { billing } = await readSettings(db, site.id);
      const now = deps.now();
      const graceOf = (kind: PeriodKind): number =>
        kind === 'month' ? billing.monthGraceHours : billing.dayGraceHours;
      const over = (['month', 'day'] as const).flatMap((kind) =>
        duePeriods(site, kind, now, false).map(({ period, endsAt }) => ({
          ...{ period, endsAt },
          isGraceOver: now.getTime() >= endsAt.getTime() + graceOf(kind) * HOUR_MS,
        })),
      );
      const runs = await queueDueCloses(db, site, over, now);
      if (runs > 0) log.info({ site: site.id, runs }, 'billing: queued closes');
      const ends = await transaction(db, (tx) => keepLeaseEnds(tx, site.id, now));
      if (ends > 0) log.info({ site: site.id, ends }, 'billing: leases have ended without a reading');
    } catch (err) {
      log.error({ err, site: site.id }, 'billing: could not look for what has ended');
    }
  }

  async function reload(): Promise<void> {
    for (const site of await readBilledSites(db)) {
      const known = sites.get(site.id);
      if (known?.site.timeZone === site.timeZone) continue;
      for (const task of known?.tasks ?? []) await task.destroy();
      const at = (pattern: string, name: string, work: () => Promise<void>): ScheduledTask =>
        schedule(pattern, work, {
          ...{ timezone: site.timeZone, name: `billing ${name} ${site.id}`, noOverlap: true },
        });
      const tasks = [
        at(PATTERNS.day, 'day', () => queue(site, 'day', true)),
        at(PATTERNS.month, 'month', () => queue(site, 'month', true)),
        at(CLOSE_PATTERN, 'close', () => close(site)),
      ];
      sites.set(site.id, { site, tasks });
      for (const kind of ['day', 'month'] as const) await queue(site, kind, false);
      await close(site);
    }
  }

  const reloadSafely = (): Promise<void> =>
    reload().catch((err) => log.warn({ err }, 'billing: could not read the sites, will try again'));
  await reloadSafely();
  const timer = setInterval(() => void reloadSafely(), reloadEveryMs);
  return {
    async close() {
      clearInterval(timer);
      for (const { tasks } of sites.values()) for (const task of tasks) await task.destroy();
    },
  };
}

/** The periods that a site's tick, or a start, has to think of. */
export function duePeriods(
  { timeZone }: Pick<BilledSite, 'timeZone'>,
  kind: 'day' | 'month',
  now: Date,
  isTick: boolean,
): readonly DuePeriod[] {
  return periodsBefore(kind, timeZone, now.getTime(), LOOK_BACK[kind]).flatMap((period, i) => {
    const range = periodRange(period, timeZone);
    if (!range) return [];
    const again = !isTick ? 'never' : i < AGAIN[kind] ? 'always' : 'if_awaiting';
    return [{ period, endsAt: new Date(range.to), charging: kind === 'day' ? 'prepaid' : null, again }];
  });
}
