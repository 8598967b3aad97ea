import type { SiteSettings } from '../contracts/settings.ts';
import { allocate } from '../domain/allocation.ts';
import { dayNumber, dayText } from '../domain/local-days.ts';
import { recordAction } from './actions.ts';
import { bookOnBill, type LockedBill } from './bill-due.ts';
import { takeNumbers } from './bill-numbers.ts';
import { settleIfPaid } from './bill-settling.ts';
import type { Queryable } from './database.ts';
import { bookLateFee } from './late-fees.ts';
import { numbersParam } from './pg-arrays.ts';
import type { Transaction } from './transaction.ts';

export interface NewCreditNote {
  readonly amount: bigint;
  readonly reason: string;
  readonly disputeId?: number | undefined;
  /** The lines it is for; all of the bill's where it is not said. */
  readonly lines?: readonly number[] | undefined;
  readonly actor: string;
  readonly at: Date;
}

/** What can still be credited on a bill: its amount less earlier credits. */
export async function readCreditable(tx: Queryable, bill: LockedBill): Promise<bigint> {
  const { rows } = await tx.query<{ sum: string }>(
    'SELECT coalesce(sum(amount), 0) AS sum FROM credit_notes WHERE bill_id = $1',
    [bill.id],
  );
  const left = bill.amount - BigInt(rows[0]?.sum ?? 0);
  return left > 0n ? left : 0n;
}

/**
 * Credits a part of an issued bill: gives the note its number, books revenue back in proportion to what the lines'
 * components earned, takes back late fees that were charged on it, and puts what was overpaid on the lease's balance.
 * Answers the note's number, or what can be credited at most where that is less.
 */
export async function issueCreditNote(
  tx: Transaction,
  bill: LockedBill,
  site: { readonly timeZone: string; readonly settings: SiteSettings },
  note: NewCreditNote,
): Promise<{ readonly number: string } | { readonly creditable: bigint }> {
  const creditable = await readCreditable(tx, bill);
  if (note.amount > creditable) return { creditable };
  const today = dayNumber(note.at.getTime(), site.timeZone);
  const [number = ''] = await takeNumbers(
    tx,
    {
      siteId: bill.siteId,
      kind: 'credit_note',
      prefix: site.settings.billing.numberPrefix,
      year: Number(dayText(today).slice(0, 4)),
    },
    1,
  );
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO credit_notes (site_id, bill_id, number, amount, reason, dispute_id, issued_by, issued_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
    [bill.siteId, bill.id, number, note.amount, note.reason, note.disputeId ?? null, note.actor, note.at],
  );
  const { actor, at } = note;
  await bookOnBill(tx, bill, {
    kind: 'credit_note',
    at,
    actor,
    refs: { creditNote: Number(rows[0]?.id) },
    entries: [
      { account: { kind: 'receivable', leaseId: bill.leaseId }, amount: -note.amount },
      ...(await revenueBack(tx, bill, note)),
    ],
  });
  await recordAction(tx.orm, {
    siteId: bill.siteId,
    at,
    actor,
    action: 'bill.credit',
    subject: `bill ${bill.id}`,
    detail: { number, amount: `${note.amount}`, reason: note.reason },
  });
  await bookLateFee(tx, bill, { timeZone: site.timeZone, lastDay: today - 1, at, actor });
  await settleIfPaid(tx, bill.id, at);
  return { number };
}

async function revenueBack(tx: Queryable, bill: LockedBill, { amount, lines }: NewCreditNote) {
  const { rows } = await tx.query<{ component: string; amount: string }>(
    `SELECT l.component, sum(l.amount) AS amount FROM bill_lines i JOIN fee_lines l ON l.id = i.fee_line_id
     WHERE i.bill_id = $1 AND ($2::bigint[] IS NULL OR l.id = ANY($2::bigint[])) GROUP BY 1 ORDER BY 1`,
    [bill.id, lines === undefined ? null : numbersParam(lines, (id) => id)],
  );
  const shares = allocate(
    amount,
    rows.map((row) => BigInt(row.amount)),
  );
  if (shares === null)
    throw new RangeError('a bill that can be credited has a component that earned something');
  return rows.map(({ component }, i) => ({
    account: { kind: 'revenue' as const, code: component },
    amount: shares[i] ?? 0n,
  }));
}
