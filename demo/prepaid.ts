import { recordAction } from '../store/actions.ts';
import { listBalances } from '../store/balance-views.ts';
import type { Database } from '../store/database.ts';
import { readSettings, writeSettings } from '../store/settings.ts';
import { setProtected } from '../store/supply.ts';
import type { Transaction } from '../store/transaction.ts';
import { chanceOf } from './chance.ts';
import { once } from './chapters.ts';
import { topUp } from './opening.ts';
import { OPERATOR } from './people.ts';
import { SITE } from './site.ts';

const LEASES_MAX = 5_000;
/** How many balances are below the second threshold, the first, and nothing; the last of those is protected. */
const STORIES: readonly { readonly count: number; readonly balance: bigint }[] = [
  { count: 5, balance: 1_260n },
  { count: 9, balance: 6_430n },
];
const NEGATIVE = 3;

/**
 * Merchants pay in so that balances are as they are in a market: most high, some low, three below nothing, one of
 * them protected (保电). Then the platform may cut, with notice.
 */
export async function settleBalances(db: Database, now: Date): Promise<boolean> {
  return once(db, 'balances are in order', async (tx) => {
    const chance = chanceOf('balances');
    const balances = await listBalances(tx, { site: SITE.id, now, limit: LEASES_MAX });
    const merchants = balances.filter(({ stall }) => stall !== null);
    const negative = merchants.filter(({ balance }) => balance < 0n).slice(-NEGATIVE);
    const others = merchants.filter((one) => !negative.includes(one));
    const targets = STORIES.flatMap(({ count, balance }) => Array.from({ length: count }, () => balance));
    for (const { leaseId, balance } of others) {
      const usual = 20_000n + BigInt(Math.floor(chance() * 80_000));
      const target = balance < 0n ? (targets.shift() ?? usual) : usual;
      if (target > balance) await topUp(tx, leaseId, target - balance, now);
    }
    const last = negative.at(-1);
    if (last) await protect(tx, last.leaseId, now);
    await allowCutOff(tx, now);
  });
}

async function protect(tx: Transaction, leaseId: number, at: Date): Promise<void> {
  const reason = '冷藏鲜活货品，不得断电';
  await setProtected(tx, { siteId: SITE.id, leaseId, isProtected: true, reason, at });
  const about = {
    siteId: SITE.id,
    at,
    actor: OPERATOR,
    action: 'supply.protect',
    subject: `lease ${leaseId}`,
  };
  await recordAction(tx.orm, { ...about, detail: { reason } });
}

async function allowCutOff(tx: Transaction, at: Date): Promise<void> {
  const settings = await readSettings(tx.orm, SITE.id);
  const changed = { ...settings, prepaid: { ...settings.prepaid, cutOff: true } };
  await writeSettings(tx.orm, SITE.id, changed, { actor: OPERATOR, at });
  await recordAction(tx.orm, {
    ...{ siteId: SITE.id, at, actor: OPERATOR, action: 'settings.change', subject: `site ${SITE.id}` },
    detail: { before: settings, after: changed },
  });
}
