import { recordAction } from '../store/actions.ts';
import { listBills } from '../store/bills.ts';
import type { Database } from '../store/database.ts';
import { listFeeLines } from '../store/fee-lines.ts';
import { createHold } from '../store/settlement-holds.ts';
import { queueSettlement } from '../store/settlement-runs.ts';
import { once } from './chapters.ts';
import { BILLER } from './people.ts';
import { SITE } from './site.ts';

/** Shares out what was paid, and holds one service fee back. */
export async function shareFees(db: Database, now: Date): Promise<boolean> {
  return once(db, 'fees are shared', async (tx) => {
    const paid = await listBills(tx, { site: SITE.id, status: 'paid', limit: 2_000 }, now);
    for (const { id, lease } of paid.filter(({ number }) => number !== null)) {
      const lines = await listFeeLines(tx.orm, { bill: id, limit: 200 });
      const service = lines.find(({ component }) => component === 'service');
      if (!service) continue;
      const reason = `${lease.stall ?? ''} 电表待复核，暂不结算`;
      const about = { siteId: SITE.id, partyId: null, feeLineId: service.id, reason, actor: BILLER, at: now };
      const hold = await createHold(tx, about);
      await recordAction(tx.orm, {
        ...{ siteId: SITE.id, at: now, actor: BILLER, action: 'settlement.hold', subject: `hold ${hold}` },
        detail: { line: service.id, reason },
      });
      break;
    }
    await queueSettlement(tx, { siteId: SITE.id, requestedBy: BILLER, at: now });
  });
}
