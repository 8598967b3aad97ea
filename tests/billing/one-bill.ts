import { zSiteSettings } from '../../contracts/settings.ts';
import { readBillDetail } from '../../store/bill-details.ts';
import { lockBill } from '../../store/bill-due.ts';
import { settleIfPaid } from '../../store/bill-settling.ts';
import type { Database } from '../../store/database.ts';
import { bookTransaction } from '../../store/ledger.ts';
import { type Transaction, transaction } from '../../store/transaction.ts';
import { at, type BillMarket } from './bill-market.ts';

export const FEES = zSiteSettings.parse({ lateFees: { percentPerDay: '1', capPercent: '20' } });

/** A bill of one line, issued on 11-07, due on 11-22. */
export async function oneBill(m: BillMarket, amount: bigint) {
  const { lease } = await m.lease();
  const [line = 0] = await m.lines([{ lease, amount }]);
  await m.close('2026-10');
  const bill = (await m.drawUp()).get(lease) ?? 0;
  await m.step('review', [bill]);
  await m.step('issue', [bill], { settings: FEES });
  return { lease, bill, line };
}

export async function detailOf(db: Database, bill: number) {
  const found = await readBillDetail(db.$client, bill, undefined, at('2026-11-10'));
  if (!found) throw new Error('no such bill');
  return found;
}

/** Works on a bill under its lock, in a transaction. */
export const onBill = <T>(
  db: Database,
  bill: number,
  work: (tx: Transaction, locked: NonNullable<Awaited<ReturnType<typeof lockBill>>>) => Promise<T>,
): Promise<T> =>
  transaction(db, async (tx) => {
    const locked = await lockBill(tx, bill);
    if (!locked) throw new Error('no such bill');
    return work(tx, locked);
  });

let payments = 0;
/** Cash for a bill; below zero it goes back. */
export const payBill = (
  db: Database,
  m: BillMarket,
  one: { readonly lease: number; readonly bill: number; readonly amount: bigint; readonly at: Date },
): Promise<void> =>
  transaction(db, async (tx) => {
    await lockBill(tx, one.bill);
    await bookTransaction(tx, {
      ...{
        siteId: m.site.id,
        currency: 'CNY',
        key: `pay ${++payments}`,
        kind: 'cash',
        at: one.at,
        actor: 'x',
      },
      refs: { bill: one.bill },
      entries: [
        { account: { kind: 'clearing', code: 'cash' }, amount: one.amount },
        { account: { kind: 'receivable', leaseId: one.lease }, amount: -one.amount },
      ],
    });
    await settleIfPaid(tx, one.bill, one.at);
  });
