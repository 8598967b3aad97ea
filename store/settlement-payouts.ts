import type { Queryable } from './database.ts';
import { bookTransaction } from './ledger.ts';
import { IS_PAYABLE } from './settlement-statements.ts';
import { lockSettlement } from './split-rules.ts';

export interface NewPayout {
  readonly siteId: string;
  readonly partyId: number;
  readonly currency: string;
  /** What is payable, as it was seen. */
  readonly amount: bigint;
  readonly bankRef: string;
  readonly paidOn: string;
  /** The site's date. */
  readonly today: string;
  readonly actor: string;
  readonly at: Date;
}

/**
 * Marks all that is payable to a party as paid out, and books payable(party) to bank. Answers what is payable where
 * that is not the amount. @throws a unique violation when the transfer was entered before.
 */
export async function payOut(
  tx: Queryable,
  payout: NewPayout,
): Promise<{ readonly id: number } | { readonly payable: bigint }> {
  const { siteId, partyId, amount } = payout;
  await lockSettlement(tx, siteId);
  const { rows } = await tx.query<{ sum: string }>(
    `SELECT coalesce(sum(s.amount), 0) AS sum FROM settlement_shares s
     WHERE s.site_id = $1 AND s.party_id = $3 AND ${IS_PAYABLE}`,
    [siteId, payout.today, partyId],
  );
  const payable = BigInt(rows[0]?.sum ?? 0);
  if (payable !== amount) return { payable };
  const made = await tx.query<{ id: string }>(
    `INSERT INTO settlement_payouts (site_id, party_id, amount, currency, bank_ref, paid_on, created_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
    [...[siteId, partyId, amount, payout.currency, payout.bankRef, payout.paidOn, payout.at, payout.actor]],
  );
  const id = Number(made.rows[0]?.id);
  await tx.query(
    `UPDATE settlement_shares s SET payout_id = $4 WHERE s.site_id = $1 AND s.party_id = $3 AND ${IS_PAYABLE}`,
    [siteId, payout.today, partyId, id],
  );
  await bookTransaction(tx, {
    ...{ siteId, currency: payout.currency, key: `payout ${id}`, kind: 'settlement.paid_out' },
    ...{ at: payout.at, actor: payout.actor, refs: { payout: id, party: partyId } },
    entries: [
      { account: { kind: 'payable', partyId }, amount },
      { account: { kind: 'bank' }, amount: -amount },
    ],
  });
  return { id };
}

export interface PayoutView {
  readonly id: number;
  readonly party: { readonly id: number; readonly name: string };
  readonly amount: bigint;
  readonly currency: string;
  readonly bankRef: string;
  readonly paidOn: string;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** The newest first. */
export async function listPayouts(
  db: Queryable,
  query: {
    readonly siteId: string;
    readonly partyId?: number | undefined;
    readonly id?: number | undefined;
    /** Paid on one of the dates in [from, to). */
    readonly from?: string | undefined;
    readonly to?: string | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly PayoutView[]> {
  const { rows } = await db.query<{
    id: string;
    party_id: string;
    name: string;
    amount: string;
    currency: string;
    bank_ref: string;
    paid_on: string;
    created_at: Date;
    created_by: string;
  }>(
    `SELECT o.id, o.party_id, p.name, o.amount, o.currency, o.bank_ref, o.paid_on::text, o.created_at, o.created_by
     FROM settlement_payouts o JOIN parties p ON p.id = o.party_id
     WHERE o.site_id = $1 AND ($2::bigint IS NULL OR o.party_id = $2) AND ($3::bigint IS NULL OR o.id = $3)
       AND ($4::bigint IS NULL OR o.id < $4) AND ($6::date IS NULL OR o.paid_on >= $6) AND ($7::date IS NULL OR o.paid_on < $7)
     ORDER BY o.id DESC LIMIT $5`,
    [
      ...[query.siteId, query.partyId ?? null, query.id ?? null, query.beforeId ?? null, query.limit],
      ...[query.from ?? null, query.to ?? null],
    ],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    party: { id: Number(row.party_id), name: row.name },
    amount: BigInt(row.amount),
    currency: row.currency,
    bankRef: row.bank_ref,
    paidOn: row.paid_on,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }));
}
