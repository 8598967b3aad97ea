import { recordAction } from './actions.ts';
import { bookOnBill, type LockedBill, readDue } from './bill-due.ts';
import { settleIfPaid } from './bill-settling.ts';
import { lockFunds } from './lease-funds.ts';
import { bookTransaction } from './ledger.ts';
import type { Transaction } from './transaction.ts';

interface By {
  readonly actor: string;
  readonly at: Date;
}

/** Pays a locked, issued bill from its lease's deposit. Undefined when done; else what is the most that could be. */
export async function applyDeposit(
  tx: Transaction,
  bill: LockedBill,
  { amount, actor, at }: By & { readonly amount: bigint },
): Promise<undefined | { readonly most: bigint }> {
  const [due, deposit] = [await readDue(tx, bill.id), await lockFunds(tx, bill, 'deposit')];
  const most = bill.status === 'issued' ? (due < deposit ? due : deposit) : 0n;
  if (amount > most) return { most };
  await bookOnBill(tx, bill, {
    kind: 'deposit.applied',
    at,
    actor,
    entries: [
      { account: { kind: 'deposit', leaseId: bill.leaseId }, amount },
      { account: { kind: 'receivable', leaseId: bill.leaseId }, amount: -amount },
    ],
  });
  await recordAction(tx.orm, {
    siteId: bill.siteId,
    at,
    actor,
    action: 'deposit.apply',
    subject: `bill ${bill.id}`,
    detail: { amount: `${amount}` },
  });
  await settleIfPaid(tx, bill.id, at);
  return undefined;
}

/** Books a deposit that was paid back from the bank account. Undefined when done; else what is the most that could be. */
export async function returnDeposit(
  tx: Transaction,
  one: By & {
    readonly siteId: string;
    readonly leaseId: number;
    readonly currency: string;
    readonly amount: bigint;
    readonly reason: string;
  },
): Promise<undefined | { readonly most: bigint }> {
  const { siteId, leaseId, currency, amount, reason, actor, at } = one;
  const most = await lockFunds(tx, one, 'deposit');
  if (amount > most) return { most };
  const { rows } = await tx.query<{ n: string }>(
    `SELECT count(*) AS n FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
     WHERE a.site_id = $1 AND a.kind = 'deposit' AND a.lease_id = $2`,
    [siteId, leaseId],
  );
  await bookTransaction(tx, {
    siteId,
    currency,
    key: `deposit.returned lease ${leaseId} #${rows[0]?.n}`,
    kind: 'deposit.returned',
    at,
    actor,
    refs: { lease: leaseId, reason },
    entries: [
      { account: { kind: 'deposit', leaseId }, amount },
      { account: { kind: 'bank' }, amount: -amount },
    ],
  });
  const subject = `lease ${leaseId}`;
  await recordAction(tx.orm, {
    siteId,
    at,
    actor,
    action: 'deposit.return',
    subject,
    detail: { amount: `${amount}`, reason },
  });
  return undefined;
}
