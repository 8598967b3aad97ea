import type { Logger } from 'pino';
import { dayNumber, dayText } from '../domain/local-days.ts';
import type { BilledSite } from '../store/billing-schedule.ts';
import { withRunLock } from '../store/billing-session.ts';
import { isDayDone, recordDayDone } from '../store/daily-work.ts';
import type { Database } from '../store/database.ts';
import { raiseDunning } from '../store/dunning.ts';
import { readSettings } from '../store/settings.ts';
import { chargeLateFees } from './late-fees.ts';

const BILLS_PER_STATEMENT = 2_000;
const WORK = 'overdue';

/**
 * What a site's overdue bills need once a local day: late fees up to yesterday, then the messages that come up. The
 * lock and the day that is recorded keep two processes, or a tick after a start, from doing it twice; after days
 * without any process one time makes up for all of them. Returns false where it was done, or another process is at it.
 */
export async function workOnOverdue(
  deps: { readonly db: Database; readonly log: Logger },
  site: BilledSite,
  at: Date,
  signal: AbortSignal,
): Promise<boolean> {
  const { db, log } = deps;
  const today = dayNumber(at.getTime(), site.timeZone);
  let isNew = false;
  await withRunLock(db, { site: site.id, period: WORK }, async ({ client }) => {
    if (await isDayDone(client, site.id, WORK, dayText(today))) return;
    const fees = await chargeLateFees(db, site, at, signal);
    const { dunning: schedule } = await readSettings(db, site.id);
    const about = { siteId: site.id, timeZone: site.timeZone, today, schedule, at };
    let notices = 0;
    for (let afterId: number | undefined = 0; afterId !== undefined && !signal.aborted; ) {
      const page = await raiseDunning(client, { ...about, afterId, limit: BILLS_PER_STATEMENT });
      notices += page.raised;
      afterId = page.lastId;
    }
    if (signal.aborted) return;
    await recordDayDone(client, site.id, WORK, dayText(today));
    isNew = true;
    if (fees + notices > 0) log.info({ site: site.id, fees, notices }, 'bills: overdue ones were worked on');
  });
  return isNew;
}
