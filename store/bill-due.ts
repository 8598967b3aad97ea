import type { BillStatus } from '../domain/bills.ts';
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
