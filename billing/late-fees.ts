import { PLATFORM } from '../domain/bills.ts';
import { dayNumber, startOfDayNumber } from '../domain/local-days.ts';
import type { Database } from '../store/database.ts';
import { chargeLateFee, lateBills } from '../store/late-fees.ts';
import { transaction } from '../store/transaction.ts';

const BILLS_PER_LOOK = 500;

/**
 * Books the late fees of a site's overdue bills up to yesterday, each bill in a transaction of its own: what an
 * interruption leaves is booked the next time, and what was booked is not booked again. Returns how many bills it changed.
 */
export async function chargeLateFees(
  db: Database,
  site: { readonly id: string; readonly timeZone: string },
  at: Date,
  signal: AbortSignal,
): Promise<number> {
  const today = dayNumber(at.getTime(), site.timeZone);
  // Due before yesterday began: yesterday was a day late, at least.
  const before = new Date(startOfDayNumber(today - 1, site.timeZone));
  const how = { timeZone: site.timeZone, lastDay: today - 1, at, actor: PLATFORM };
  let changed = 0;
  for (let last = 0; !signal.aborted; ) {
    const ids = await lateBills(db.$client, site.id, before, last, BILLS_PER_LOOK);
    if (ids.length === 0) break;
    for (const id of ids) {
      if (signal.aborted) break;
      if ((await transaction(db, (tx) => chargeLateFee(tx, id, how))) !== 0n) changed++;
    }
    last = ids.at(-1) ?? last;
  }
  return changed;
}
