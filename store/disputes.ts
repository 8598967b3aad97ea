import type { Dispute } from '../contracts/bills.ts';
import type { SiteSettings } from '../contracts/settings.ts';
import type { DisputeStatus } from '../domain/bills.ts';
import { recordAction } from './actions.ts';
import { type LockedBill, lockBill } from './bill-due.ts';
import { closeCase, openCase } from './cases.ts';
import { issueCreditNote, readCreditable } from './credit-notes.ts';
import type { Queryable } from './database.ts';
import { numbersParam } from './pg-arrays.ts';
import type { Transaction } from './transaction.ts';

const caseKey = (billId: number, disputeId: number): string => `bill ${billId} dispute ${disputeId}`;

export interface NewDispute {
  readonly lines: readonly number[];
  readonly reason: string;
  readonly actor: string;
  readonly at: Date;
}
export type DisputeRefusal = 'not_issued' | 'not_its_line' | 'disputed_already' | 'nothing_charged';

/**
 * Disputes lines of a locked, issued bill: a case is opened, and what they add up to is held, so that it is neither
 * dunned nor charged late fees. Answers the dispute's id, or why it cannot be.
 */
export async function openDispute(
  tx: Transaction,
  bill: LockedBill,
  { lines, reason, actor, at }: NewDispute,
): Promise<number | DisputeRefusal> {
  if (bill.status !== 'issued') return 'not_issued';
  const ids = numbersParam(lines, (id) => id);
  const { rows: own } = await tx.query<{ count: string; amount: string; disputed: boolean }>(
    `SELECT count(*), coalesce(sum(l.amount), 0) AS amount, coalesce(bool_or(EXISTS (
       SELECT 1 FROM dispute_lines x JOIN disputes d ON d.id = x.dispute_id
       WHERE x.fee_line_id = l.id AND d.bill_id = $1 AND d.status = 'open')), false) AS disputed
     FROM bill_lines i JOIN fee_lines l ON l.id = i.fee_line_id WHERE i.bill_id = $1 AND l.id = ANY($2::bigint[])`,
    [bill.id, ids],
  );
  const found = own[0];
  if (Number(found?.count) !== new Set(lines).size) return 'not_its_line';
  if (found?.disputed) return 'disputed_already';
  const amount = BigInt(found?.amount ?? 0);
  if (amount <= 0n) return 'nothing_charged';
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO disputes (site_id, bill_id, reason, amount, opened_by, opened_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
    [bill.siteId, bill.id, reason, amount, actor, at],
  );
  const id = Number(rows[0]?.id);
  await tx.query(
    'INSERT INTO dispute_lines (dispute_id, fee_line_id) SELECT DISTINCT $1::bigint, unnest($2::bigint[])',
    [id, ids],
  );
  await openCase(tx, {
    siteId: bill.siteId,
    kind: 'bill_dispute',
    key: caseKey(bill.id, id),
    subject: { dispute: id, billId: bill.id, bill: bill.number, amount: `${amount}`, reason },
    at,
  });
  await recordAction(tx.orm, {
    siteId: bill.siteId,
    at,
    actor,
    action: 'dispute.open',
    subject: `bill ${bill.id}`,
    detail: { dispute: id, amount: `${amount}`, reason },
  });
  return id;
}

export interface DisputeDecision {
  readonly outcome: 'rejected' | 'upheld';
  readonly note: string;
  /** Credited where it is upheld; all that was disputed where it is not said. */
  readonly amount?: bigint | undefined;
  readonly actor: string;
  readonly at: Date;
}

/** Decides an open dispute and closes its case. Undefined when done; else why not. */
export async function decideDispute(
  tx: Transaction,
  disputeId: number,
  site: { readonly timeZone: string; readonly settings: SiteSettings },
  decision: DisputeDecision,
): Promise<undefined | 'decided_already' | { readonly creditable: bigint }> {
  const { outcome, note, actor, at } = decision;
  const { rows } = await tx.query<{ bill_id: string }>('SELECT bill_id FROM disputes WHERE id = $1', [
    disputeId,
  ]);
  // The bill is locked first, by whoever books on it: so nobody waits for each other in a circle.
  const bill = await lockBill(tx, Number(rows[0]?.bill_id));
  if (!bill) throw new Error(`dispute ${disputeId} has no bill`);
  const { rows: open } = await tx.query<{ amount: string }>(
    `SELECT amount FROM disputes WHERE id = $1 AND status = 'open'`,
    [disputeId],
  );
  if (!open[0]) return 'decided_already';
  const disputed = BigInt(open[0].amount);
  const amount = decision.amount ?? disputed;
  if (outcome === 'upheld') {
    const left = await readCreditable(tx, bill);
    const creditable = left < disputed ? left : disputed;
    if (amount > creditable) return { creditable };
  }
  // Decided first: the late fees that the credit takes back depend on it.
  await tx.query(
    'UPDATE disputes SET status = $2, decided_by = $3, decided_at = $4, note = $5 WHERE id = $1',
    [disputeId, outcome, actor, at, note],
  );
  if (outcome === 'upheld') {
    const lines = await linesOf(tx, disputeId);
    await issueCreditNote(tx, bill, site, { amount, reason: note, disputeId, lines, actor, at });
  }
  await closeCase(tx, {
    siteId: bill.siteId,
    kind: 'bill_dispute',
    key: caseKey(bill.id, disputeId),
    at,
    by: actor,
    resolution: outcome,
    note,
  });
  await recordAction(tx.orm, {
    siteId: bill.siteId,
    at,
    actor,
    action: `dispute.${outcome}`,
    subject: `bill ${bill.id}`,
    detail: { dispute: disputeId, note, ...(outcome === 'upheld' ? { amount: `${amount}` } : {}) },
  });
  return undefined;
}

async function linesOf(tx: Queryable, disputeId: number): Promise<readonly number[]> {
  const { rows } = await tx.query<{ id: string }>(
    'SELECT fee_line_id AS id FROM dispute_lines WHERE dispute_id = $1 ORDER BY 1',
    [disputeId],
  );
  return rows.map(({ id }) => Number(id));
}

export interface DisputeFilter {
  readonly id?: number | undefined;
  readonly site?: string | undefined;
  readonly bill?: number | undefined;
  readonly status?: DisputeStatus | undefined;
  /** Only those about this party's bills. */
  readonly partyId?: number | undefined;
  readonly beforeId?: number | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function listDisputes(tx: Queryable, filter: DisputeFilter): Promise<readonly Dispute[]> {
  const { rows } = await tx.query<{
    id: string;
    site_id: string;
    bill_id: string;
    number: string | null;
    period: string;
    lease_id: string;
    party: string;
    stall: string | null;
    status: DisputeStatus;
    reason: string;
    amount: string;
    currency: string;
    lines: readonly number[];
    opened_by: string;
    opened_at: Date;
    decided_by: string | null;
    decided_at: Date | null;
    note: string | null;
  }>(
    `SELECT d.*, b.number, b.period, b.currency, b.lease_id, p.name AS party, o.code AS stall,
       (SELECT jsonb_agg(x.fee_line_id ORDER BY 1) FROM dispute_lines x WHERE x.dispute_id = d.id) AS lines
     FROM disputes d JOIN bills b ON b.id = d.bill_id JOIN leases l ON l.id = b.lease_id
     JOIN parties p ON p.id = l.party_id LEFT JOIN places o ON o.id = l.place_id
     WHERE ($1::bigint IS NULL OR d.id = $1) AND ($2::text IS NULL OR d.site_id = $2)
       AND ($3::bigint IS NULL OR d.bill_id = $3) AND ($4::text IS NULL OR d.status = $4)
       AND ($5::bigint IS NULL OR l.party_id = $5) AND ($6::bigint IS NULL OR d.id < $6)
     ORDER BY d.id DESC LIMIT $7`,
    [
      filter.id ?? null,
      filter.site ?? null,
      filter.bill ?? null,
      filter.status ?? null,
      filter.partyId ?? null,
      filter.beforeId ?? null,
      filter.limit,
    ],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    site: row.site_id,
    bill: { id: Number(row.bill_id), number: row.number, period: row.period },
    lease: { id: Number(row.lease_id), party: row.party, stall: row.stall },
    status: row.status,
    reason: row.reason,
    amount: row.amount,
    currency: row.currency,
    lines: [...row.lines],
    openedBy: row.opened_by,
    openedAt: row.opened_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
    note: row.note,
  }));
}
