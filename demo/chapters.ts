import { isDayDone, recordDayDone } from '../store/daily-work.ts';
import type { Database } from '../store/database.ts';
import { type Transaction, transaction } from '../store/transaction.ts';
import { SITE } from './site.ts';

/**
 * Tells a part of the market's story once, however often the demonstration is started: what it did and that it was
 * done are one transaction. False when it was done before.
 */
export function once(
  db: Database,
  chapter: string,
  tell: (tx: Transaction) => Promise<void>,
): Promise<boolean> {
  return transaction(db, async (tx) => {
    if (await isDayDone(tx, SITE.id, `demo ${chapter}`, ALWAYS)) return false;
    await tell(tx);
    await recordDayDone(tx, SITE.id, `demo ${chapter}`, ALWAYS);
    return true;
  });
}

/** Any day will do: what counts is that it is there. */
const ALWAYS = '2000-01-01';
