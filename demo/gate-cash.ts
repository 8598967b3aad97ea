import { recordAction } from '../store/actions.ts';
import type { Database } from '../store/database.ts';
import { listPasses } from '../store/pass-list.ts';
import { collectAtGate, findWalkIn } from '../store/walk-in.ts';
import { once } from './chapters.ts';
import { OPERATOR } from './people.ts';
import { SITE } from './site.ts';

const PASSES_MAX = 5_000;

/** What drivers paid at the gate up to the instant, each pass at the time when it went out. */
export async function collectGateCash(db: Database, to: Date): Promise<boolean> {
  return once(db, 'gate cash is collected', async (tx) => {
    const leaseId = await findWalkIn(tx, SITE.id);
    if (leaseId === undefined) return;
    const passes = await listPasses(tx, { site: SITE.id, direction: 'out', to, limit: PASSES_MAX });
    for (const { id, at, payer, amount } of passes) {
      if (payer || amount === null || BigInt(amount) <= 0n) continue;
      const by = { siteId: SITE.id, actor: OPERATOR, at };
      const taken = { currency: SITE.currency, leaseId, passId: id, amount: BigInt(amount) };
      await collectAtGate(tx, { ...by, ...taken });
      await recordAction(tx.orm, {
        ...{ ...by, action: 'pass.collect', subject: `pass ${id}` },
        detail: { amount },
      });
    }
  });
}
