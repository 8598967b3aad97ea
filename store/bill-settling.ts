import { mayStep } from '../domain/bills.ts';
import { type BillBooking, bookOnBill, type LockedBill, lockBill, readDue } from './bill-due.ts';
import { cancelCharge, openChargeOf } from './charges.ts';
import type { Queryable } from './database.ts';
import { lockFunds } from './lease-funds.ts';

/**
 * After anything was booked on an issued bill: marks it paid when nothing is due, and withdraws what another charge
 * still asks for; marks it issued again when money went back. What is below nothing takes back what was written off,
 * which nobody paid; the rest goes to the lease's balance. Returns whether the bill is paid.
 */
export async function settleIfPaid(tx: Queryable, billId: number, at: Date): Promise<boolean> {
  const bill = await lockBill(tx, billId);
  if (!bill || !(mayStep('settle', bill.status) || mayStep('reopen', bill.status))) return false;
  const due = await readDue(tx, billId);
  if (due < 0n) await giveBack(tx, bill, -due, at);
  const paid = due <= 0n;
  if (paid !== (bill.status === 'paid')) {
    await tx.query('UPDATE bills SET status = $2, paid_at = $3 WHERE id = $1', [
      billId,
      paid ? 'paid' : 'issued',
      paid ? at : null,
    ]);
  }
  const open = paid ? await openChargeOf(tx, billId) : undefined;
  if (open !== undefined) await cancelCharge(tx, open, 'platform', at);
  return paid;
}

/**
 * Pays a bill from its lease's balance, as far as there is one; returns the amount moved. Done when a bill is issued,
 * and after money that had become balance was refunded.
 */
export async function applyBalance(tx: Queryable, billId: number, at: Date, actor: string): Promise<bigint> {
  const bill = await lockBill(tx, billId);
  if (bill?.status !== 'issued' && bill?.status !== 'paid') return 0n;
  const [due, balance] = [await readDue(tx, billId), await lockFunds(tx, bill, 'prepaid')];
  const amount = due < balance ? due : balance;
  if (amount <= 0n) return 0n;
  await bookOnBalance(tx, bill, { kind: 'balance.applied', amount: -amount, at, actor });
  await settleIfPaid(tx, billId, at);
  return amount;
}

async function giveBack(tx: Queryable, bill: LockedBill, amount: bigint, at: Date): Promise<void> {
  const by = { at, actor: 'platform' };
  const lost = await readLost(tx, bill.id);
  const back = lost < amount ? lost : amount;
  if (back > 0n) {
    const entries = [
      { account: { kind: 'receivable', leaseId: bill.leaseId }, amount: back },
      { account: { kind: 'bad_debt' }, amount: -back },
    ] as const;
    await bookOnBill(tx, bill, { ...by, kind: 'write_off', entries });
  }
  if (amount > back)
    await bookOnBalance(tx, bill, { ...by, kind: 'balance.credited', amount: amount - back });
}

/** What of a bill is written off, minor units. */
async function readLost(tx: Queryable, billId: number): Promise<bigint> {
  const { rows } = await tx.query<{ lost: string }>(
    `SELECT coalesce(sum(e.amount), 0) AS lost FROM ledger_transactions t
     JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
     WHERE t.refs ? 'bill' AND t.refs->>'bill' = $1 AND a.kind = 'bad_debt'`,
    [String(billId)],
  );
  return BigInt(rows[0]?.lost ?? 0);
}

/** `amount` above zero goes from the bill to the lease's balance, below zero the other way. */
async function bookOnBalance(
  tx: Queryable,
  bill: LockedBill,
  { amount, ...how }: Omit<BillBooking, 'entries'> & { readonly amount: bigint },
): Promise<void> {
  const entries = [
    { account: { kind: 'receivable', leaseId: bill.leaseId }, amount },
    { account: { kind: 'prepaid', leaseId: bill.leaseId }, amount: -amount },
  ] as const;
  await bookOnBill(tx, bill, { ...how, entries });
}
