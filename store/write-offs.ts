import { recordAction } from './actions.ts';
import { bookOnBill, type LockedBill, lockBill, readDue } from './bill-due.ts';
import { settleIfPaid } from './bill-settling.ts';
import type { Queryable } from './database.ts';
import type { Transaction } from './transaction.ts';

export type WriteOffRefusal =
  | 'not_issued'
  | 'above_due'
  | 'proposed_already'
  | 'decided_already'
  | 'proposed_it';

interface By {
  readonly actor: string;
  readonly at: Date;
}

/** Proposes to write off a part of what is due on a locked bill; without four eyes it is written off at once. */
export async function proposeWriteOff(
  tx: Transaction,
  bill: LockedBill,
  one: By & { readonly amount: bigint; readonly reason: string; readonly fourEyes: boolean },
): Promise<number | WriteOffRefusal> {
  if (bill.status !== 'issued') return 'not_issued';
  if (one.amount > (await readDue(tx, bill.id))) return 'above_due';
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO write_offs (site_id, bill_id, amount, reason, proposed_by, proposed_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (bill_id) WHERE status = 'proposed' DO NOTHING RETURNING id`,
    [bill.siteId, bill.id, one.amount, one.reason, one.actor, one.at],
  );
  if (!rows[0]) return 'proposed_already';
  const id = Number(rows[0].id);
  await record(tx, bill, one, 'write_off.propose', {
    writeOff: id,
    amount: `${one.amount}`,
    reason: one.reason,
  });
  if (!one.fourEyes) await decideWriteOff(tx, id, { ...one, approve: true, fourEyes: false });
  return id;
}

/** Writes a proposal off, or drops it. With four eyes who proposed it cannot approve it. Undefined when done. */
export async function decideWriteOff(
  tx: Transaction,
  id: number,
  one: By & { readonly approve: boolean; readonly fourEyes: boolean },
): Promise<undefined | WriteOffRefusal> {
  const billId = await findWriteOffBill(tx, id);
  const bill = billId === undefined ? undefined : await lockBill(tx, billId);
  if (!bill) throw new Error(`write-off ${id} has no bill`);
  const { rows } = await tx.query<{ amount: string; proposed_by: string }>(
    `SELECT amount, proposed_by FROM write_offs WHERE id = $1 AND status = 'proposed'`,
    [id],
  );
  const proposal = rows[0];
  if (!proposal) return 'decided_already';
  const amount = BigInt(proposal.amount);
  if (one.approve) {
    if (one.fourEyes && proposal.proposed_by === one.actor) return 'proposed_it';
    // Part of it may have been paid since.
    if (bill.status !== 'issued' || amount > (await readDue(tx, bill.id))) return 'above_due';
  }
  await tx.query('UPDATE write_offs SET status = $2, decided_by = $3, decided_at = $4 WHERE id = $1', [
    id,
    one.approve ? 'approved' : 'rejected',
    one.actor,
    one.at,
  ]);
  await record(tx, bill, one, one.approve ? 'write_off.approve' : 'write_off.reject', {
    writeOff: id,
    amount: proposal.amount,
  });
  if (!one.approve) return undefined;
  await bookOnBill(tx, bill, {
    kind: 'write_off',
    at: one.at,
    actor: one.actor,
    refs: { writeOff: id },
    entries: [
      { account: { kind: 'bad_debt' }, amount },
      { account: { kind: 'receivable', leaseId: bill.leaseId }, amount: -amount },
    ],
  });
  await settleIfPaid(tx, bill.id, one.at);
  return undefined;
}

const record = (
  tx: Transaction,
  bill: LockedBill,
  { actor, at }: By,
  action: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> =>
  recordAction(tx.orm, { siteId: bill.siteId, at, actor, action, subject: `bill ${bill.id}`, detail });

export async function findWriteOffBill(tx: Queryable, id: number): Promise<number | undefined> {
  const { rows } = await tx.query<{ bill_id: string }>('SELECT bill_id FROM write_offs WHERE id = $1', [id]);
  return rows[0] && Number(rows[0].bill_id);
}
