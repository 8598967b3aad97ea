import type { z } from 'zod';
import type { Bill, BillDetail, zBillBooking } from '../contracts/bills.ts';
import { readBill } from './bills.ts';
import type { Queryable } from './database.ts';
import { listDisputes } from './disputes.ts';

type Booking = z.infer<typeof zBillBooking>;

const BOOKINGS_MAX = 500;
const EVENTS_MAX = 500;
const DISPUTES_MAX = 100;
const GROUPS_MAX = 500;
/** Bookings that are no payment. */
const NOT_PAID = new Set(['bill.issued', 'credit_note', 'write_off', 'late_fee']);

/**
 * A bill with all that became of it. For a party (a merchant) without the names of the market's people, and without
 * what went on before it was issued.
 */
export async function readBillDetail(
  tx: Queryable,
  id: number,
  partyId: number | undefined,
  now: Date,
): Promise<BillDetail | undefined> {
  const bill = await readBill(tx, id, partyId, now);
  if (!bill) return undefined;
  const [groups, bookings, creditNotes, writeOffs, disputes, events, accounts] = [
    await readGroups(tx, id),
    await readBookings(tx, id),
    await readCreditNotes(tx, id),
    await readWriteOffs(tx, id),
    await listDisputes(tx, { bill: id, limit: DISPUTES_MAX }),
    await readEvents(tx, bill),
    await readAccounts(tx, bill),
  ];
  const sumOf = (wanted: (kind: string) => boolean): bigint =>
    bookings.reduce((sum, { kind, amount }) => (wanted(kind) ? sum + BigInt(amount) : sum), 0n);
  const detail: BillDetail = {
    ...bill,
    credits: `${-sumOf((kind) => kind === 'credit_note')}`,
    paid: `${-sumOf((kind) => !NOT_PAID.has(kind))}`,
    writtenOff: `${-sumOf((kind) => kind === 'write_off')}`,
    lateFees: `${sumOf((kind) => kind === 'late_fee')}`,
    balance: accounts.prepaid,
    deposit: accounts.deposit,
    lines: groups.reduce((sum, { lines }) => sum + lines, 0),
    groups,
    bookings,
    creditNotes,
    writeOffs,
    disputes: [...disputes],
    events,
  };
  return partyId === undefined ? detail : forMerchant(detail);
}

const TOLD = /^(bill\.(issue|credit|paid)|dispute\.)/;

function forMerchant(detail: BillDetail): BillDetail {
  return {
    ...detail,
    createdBy: '',
    reviewedAt: null,
    reviewedBy: null,
    issuedBy: null,
    writeOffs: [],
    creditNotes: detail.creditNotes.map((note) => ({ ...note, issuedBy: '' })),
    disputes: detail.disputes.map((dispute) => ({ ...dispute, decidedBy: null })),
    events: detail.events
      .filter(({ action }) => TOLD.test(action))
      .map((event) => (event.action === 'dispute.open' ? event : { ...event, actor: null })),
  };
}

async function readGroups(tx: Queryable, id: number): Promise<BillDetail['groups']> {
  const { rows } = await tx.query<BillDetail['groups'][number]>(
    `SELECT p.commodity, l.component, l.band, l.unit, sum(l.quantity)::text AS quantity, sum(l.amount)::text AS amount,
       count(*)::int AS lines
     FROM bill_lines i JOIN fee_lines l ON l.id = i.fee_line_id JOIN metering_points p ON p.id = l.metering_point_id
     WHERE i.bill_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT $2`,
    [id, GROUPS_MAX],
  );
  return rows;
}

async function readBookings(tx: Queryable, id: number): Promise<Booking[]> {
  const { rows } = await tx.query<{
    id: string;
    kind: string;
    at: Date;
    amount: string;
    charge: string | null;
  }>(
    `SELECT t.id, t.kind, t.at, sum(e.amount) AS amount, t.refs->>'charge' AS charge FROM ledger_transactions t
     JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
     WHERE t.refs ? 'bill' AND t.refs->>'bill' = $1 AND a.kind = 'receivable' GROUP BY t.id ORDER BY t.id LIMIT $2`,
    [String(id), BOOKINGS_MAX],
  );
  return rows.map((row) => ({
    transaction: Number(row.id),
    kind: row.kind,
    at: row.at.toISOString(),
    amount: row.amount,
    charge: row.charge === null ? null : Number(row.charge),
  }));
}

async function readCreditNotes(tx: Queryable, id: number): Promise<BillDetail['creditNotes']> {
  const { rows } = await tx.query<{
    id: string;
    number: string;
    amount: string;
    reason: string;
    dispute_id: string | null;
    issued_by: string;
    issued_at: Date;
  }>('SELECT * FROM credit_notes WHERE bill_id = $1 ORDER BY id', [id]);
  return rows.map((row) => ({
    id: Number(row.id),
    number: row.number,
    amount: row.amount,
    reason: row.reason,
    disputeId: row.dispute_id === null ? null : Number(row.dispute_id),
    issuedBy: row.issued_by,
    issuedAt: row.issued_at.toISOString(),
  }));
}

async function readWriteOffs(tx: Queryable, id: number): Promise<BillDetail['writeOffs']> {
  const { rows } = await tx.query<{
    id: string;
    status: BillDetail['writeOffs'][number]['status'];
    amount: string;
    reason: string;
    proposed_by: string;
    proposed_at: Date;
    decided_by: string | null;
    decided_at: Date | null;
  }>('SELECT * FROM write_offs WHERE bill_id = $1 ORDER BY id', [id]);
  return rows.map((row) => ({
    id: Number(row.id),
    status: row.status,
    amount: row.amount,
    reason: row.reason,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
  }));
}

async function readEvents(tx: Queryable, bill: Bill): Promise<BillDetail['events']> {
  const { rows } = await tx.query<{
    at: Date;
    actor: string;
    action: string;
    detail: Record<string, unknown>;
  }>(
    'SELECT at, actor, action, detail FROM actions WHERE site_id = $1 AND subject = $2 ORDER BY id LIMIT $3',
    [bill.site, `bill ${bill.id}`, EVENTS_MAX],
  );
  return [
    { at: bill.createdAt, actor: bill.createdBy, action: 'bill.draw_up', detail: {} },
    ...rows.map((row) => ({ ...row, at: row.at.toISOString() })),
    ...(bill.paidAt === null ? [] : [{ at: bill.paidAt, actor: null, action: 'bill.paid', detail: {} }]),
  ];
}

async function readAccounts(
  tx: Queryable,
  bill: Bill,
): Promise<{ readonly prepaid: string; readonly deposit: string }> {
  const { rows } = await tx.query<{ kind: 'prepaid' | 'deposit'; balance: string }>(
    `SELECT a.kind, -sum(e.amount) AS balance FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
     WHERE a.site_id = $1 AND a.lease_id = $2 AND a.kind IN ('prepaid', 'deposit') GROUP BY 1`,
    [bill.site, bill.lease.id],
  );
  const of = (kind: string): string => rows.find((row) => row.kind === kind)?.balance ?? '0';
  return { prepaid: of('prepaid'), deposit: of('deposit') };
}
