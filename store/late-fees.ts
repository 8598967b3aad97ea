import { type LateFeeTerms, lateFee, owedSteps } from '../domain/late-fees.ts';
import { bookOnBill, type LockedBill, lockBill } from './bill-due.ts';
import { settleIfPaid } from './bill-settling.ts';
import type { Queryable } from './database.ts';

interface LateFeeRow {
  readonly terms: LateFeeTerms | null;
  readonly due_day: number;
  readonly issued_day: number;
  /** Below zero. */
  readonly credited: string;
  readonly fees: string;
  readonly booked: readonly { readonly day: number; readonly amount: string }[];
  /** Less what was credited for it, which counts as never owed. */
  readonly held: readonly { readonly from: number; readonly to: number | null; readonly amount: string }[];
}

const dayOf = (instant: string): string => `((${instant} AT TIME ZONE $2)::date - DATE '1970-01-01')`;

/**
 * Books what the late fee of a locked, issued or paid bill up to `lastDay` (a local day that is over) differs from what was
 * booked; twice books nothing. Credits count from the beginning: nothing was ever owed on what was wrong. Returns the
 * difference.
 */
export async function bookLateFee(
  tx: Queryable,
  bill: LockedBill,
  how: { readonly timeZone: string; readonly lastDay: number; readonly at: Date; readonly actor: string },
): Promise<bigint> {
  if (bill.status !== 'issued' && bill.status !== 'paid') return 0n;
  const { rows } = await tx.query<LateFeeRow>(
    `WITH moved AS (
       SELECT t.kind, ${dayOf('t.at')} AS day, sum(e.amount) AS amount FROM ledger_transactions t
       JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
       WHERE t.refs ? 'bill' AND t.refs->>'bill' = $3 AND a.kind = 'receivable' GROUP BY 1, 2)
     SELECT b.late_fee_terms AS terms, ${dayOf('b.due_at')} AS due_day, ${dayOf('b.issued_at')} AS issued_day,
       (SELECT coalesce(sum(amount), 0) FROM moved WHERE kind = 'credit_note') AS credited,
       (SELECT coalesce(sum(amount), 0) FROM moved WHERE kind = 'late_fee') AS fees,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('day', day, 'amount', amount::text)), '[]')
        FROM moved WHERE kind NOT IN ('late_fee', 'credit_note')) AS booked,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('from', ${dayOf('d.opened_at')}, 'to', ${dayOf('d.decided_at')},
         'amount', (d.amount - (SELECT coalesce(sum(c.amount), 0) FROM credit_notes c WHERE c.dispute_id = d.id))::text)), '[]') FROM disputes d WHERE d.bill_id = b.id) AS held
     FROM bills b WHERE b.id = $1`,
    [bill.id, how.timeZone, String(bill.id)],
  );
  const row = rows[0];
  if (!row?.terms) return 0n;
  const credited = BigInt(row.credited);
  const booked = row.booked.map(({ day, amount }) => ({ day, amount: BigInt(amount) }));
  const held = row.held.map((one) => ({ ...one, amount: BigInt(one.amount) }));
  const steps = owedSteps([...booked, { day: row.issued_day, amount: credited }], held);
  const fee = lateFee(row.terms, { dueDay: row.due_day, billed: bill.amount + credited, steps }, how.lastDay);
  const difference = fee - BigInt(row.fees);
  // What is paid is done with, but what was never owed goes back.
  if (difference === 0n || (bill.status === 'paid' && difference > 0n)) return 0n;
  await bookOnBill(tx, bill, {
    kind: 'late_fee',
    at: how.at,
    actor: how.actor,
    refs: { day: how.lastDay },
    entries: [
      { account: { kind: 'receivable', leaseId: bill.leaseId }, amount: difference },
      { account: { kind: 'late_fees' }, amount: -difference },
    ],
  });
  return difference;
}

/** Issued bills of a site that were late on `lastDay` and may bear late fees, after the id `afterId`. */
export async function lateBills(
  tx: Queryable,
  siteId: string,
  before: Date,
  afterId: number,
  limit: number,
): Promise<readonly number[]> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT id FROM bills WHERE site_id = $1 AND status = 'issued' AND due_at < $2 AND id > $3
       AND late_fee_terms->>'percentPerDay' !~ '^0+([.]0+)?$' ORDER BY id LIMIT $4`,
    [siteId, before, afterId, limit],
  );
  return rows.map(({ id }) => Number(id));
}

/** As `bookLateFee`, for one bill in a transaction of its own. */
export async function chargeLateFee(
  tx: Queryable,
  billId: number,
  how: { readonly timeZone: string; readonly lastDay: number; readonly at: Date; readonly actor: string },
): Promise<bigint> {
  const bill = await lockBill(tx, billId);
  if (!bill) return 0n;
  const difference = await bookLateFee(tx, bill, how);
  if (difference !== 0n) await settleIfPaid(tx, billId, how.at);
  return difference;
}
