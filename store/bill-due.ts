import { type BillStatus, mayStep } from '../domain/bills.ts';
import type { Entry } from '../domain/ledger.ts';
import type { Queryable } from './database.ts';
import { bookTransaction } from './ledger.ts';

/** A bill with what booking on it needs. */
export interface LockedBill {
  readonly id: number;
  readonly siteId: string;
  readonly leaseId: number;
  readonly period: string;
  readonly status: BillStatus;
  readonly number: string | null;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
}

/** Locks a bill until the transaction ends: whoever books on a bill does it first, so that dues are read one by one. */
export async function lockBill(tx: Queryable, billId: number): Promise<LockedBill | undefined> {
  const { rows } = await tx.query<{
    site_id: string;
    lease_id: string;
    period: string;
    status: BillStatus;
    number: string | null;
    amount: string;
    currency: string;
  }>(
    'SELECT site_id, lease_id, period, status, number, amount, currency FROM bills WHERE id = $1 FOR UPDATE',
    [billId],
  );
  const row = rows[0];
  return (
    row && {
      id: billId,
      siteId: row.site_id,
      leaseId: Number(row.lease_id),
      period: row.period,
      status: row.status,
      number: row.number,
      amount: BigInt(row.amount),
      currency: row.currency,
    }
  );
}

/** What is due on a bill, minor units: all that was booked on its lease's receivable for it. Below zero it is overpaid. */
export async function readDue(tx: Queryable, billId: number): Promise<bigint> {
  const { rows } = await tx.query<{ due: string }>(
    `SELECT coalesce(sum(e.amount), 0) AS due FROM ledger_transactions t
     JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
     WHERE t.refs ? 'bill' AND t.refs->>'bill' = $1 AND a.kind = 'receivable'`,
    [String(billId)],
  );
  return BigInt(rows[0]?.due ?? 0);
}

/**
 * After anything was booked on an issued bill: marks it paid when nothing is due, and issued again when money went
 * back. What was paid above the due goes to the lease's balance. Returns whether the bill is paid.
 */
export async function settleIfPaid(tx: Queryable, billId: number, at: Date): Promise<boolean> {
  const bill = await lockBill(tx, billId);
  if (!bill || !(mayStep('settle', bill.status) || mayStep('reopen', bill.status))) return false;
  const due = await readDue(tx, billId);
  if (due < 0n) await moveToBalance(tx, bill, -due, at);
  const paid = due <= 0n;
  if (paid !== (bill.status === 'paid')) {
    await tx.query('UPDATE bills SET status = $2, paid_at = $3 WHERE id = $1', [
      billId,
      paid ? 'paid' : 'issued',
      paid ? at : null,
    ]);
  }
  return paid;
}

/**
 * Pays a bill from its lease's balance, as far as there is one; returns the amount moved. Done when a bill is issued,
 * and after money that had become balance was refunded.
 */
export async function applyBalance(tx: Queryable, billId: number, at: Date, actor: string): Promise<bigint> {
  const bill = await lockBill(tx, billId);
  if (bill?.status !== 'issued' && bill?.status !== 'paid') return 0n;
  const [due, balance] = [await readDue(tx, billId), await lockBalance(tx, bill)];
  const amount = due < balance ? due : balance;
  if (amount <= 0n) return 0n;
  await bookOnBalance(tx, bill, { kind: 'balance.applied', amount: -amount, at, actor });
  await settleIfPaid(tx, billId, at);
  return amount;
}

const moveToBalance = (tx: Queryable, bill: LockedBill, amount: bigint, at: Date): Promise<void> =>
  bookOnBalance(tx, bill, { kind: 'balance.credited', amount, at, actor: 'platform' });

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

export interface BillBooking {
  readonly kind: string;
  readonly at: Date;
  readonly actor: string;
  readonly refs?: Readonly<Record<string, string | number>>;
  readonly entries: readonly Entry[];
}

/**
 * Books on a locked bill. Under its lock the bill's transactions are counted one by one, so the count names this one:
 * whoever calls has made sure, under the same lock, that it is to be booked.
 */
export async function bookOnBill(tx: Queryable, bill: LockedBill, booking: BillBooking): Promise<void> {
  const { rows } = await tx.query<{ n: string }>(
    `SELECT count(*) AS n FROM ledger_transactions WHERE refs ? 'bill' AND refs->>'bill' = $1`,
    [String(bill.id)],
  );
  await bookTransaction(tx, {
    ...booking,
    siteId: bill.siteId,
    currency: bill.currency,
    key: `${booking.kind} bill ${bill.id} #${rows[0]?.n}`,
    refs: { ...booking.refs, bill: bill.id, lease: bill.leaseId },
  });
}

/** What the lease has paid in advance, minor units; its account is locked, so that it is spent once. */
async function lockBalance(tx: Queryable, bill: LockedBill): Promise<bigint> {
  const account = [bill.siteId, bill.leaseId, bill.currency];
  await tx.query(
    `SELECT 1 FROM ledger_accounts WHERE site_id = $1 AND kind = 'prepaid' AND lease_id = $2 AND currency = $3 FOR UPDATE`,
    account,
  );
  const { rows } = await tx.query<{ balance: string }>(
    `SELECT coalesce(-sum(e.amount), 0) AS balance FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
     WHERE a.site_id = $1 AND a.kind = 'prepaid' AND a.lease_id = $2 AND a.currency = $3`,
    account,
  );
  return BigInt(rows[0]?.balance ?? 0);
}
