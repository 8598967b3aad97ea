import type { z } from 'zod';
import type { Bill, zBillSums } from '../contracts/bills.ts';
import type { BillStatus } from '../domain/bills.ts';
import type { Charging } from '../domain/parties.ts';
import type { Queryable } from './database.ts';
import { likeText } from './like-text.ts';

export interface BillFilter {
  readonly id?: number | undefined;
  readonly site?: string | undefined;
  readonly period?: string | undefined;
  readonly status?: BillStatus | undefined;
  readonly overdue?: boolean | undefined;
  readonly disputed?: boolean | undefined;
  readonly lease?: number | undefined;
  readonly q?: string | undefined;
  /** Only what this party may see: its own bills, once they are issued. */
  readonly partyId?: number | undefined;
}

/** What was booked on receivables for the bill `b`. */
export const BILL_DUE = `(SELECT coalesce(sum(e.amount), 0) FROM ledger_transactions t
  JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
  WHERE t.refs ? 'bill' AND t.refs->>'bill' = b.id::text AND a.kind = 'receivable')`;
/** What lines in open disputes of the bill `b` add up to. */
export const BILL_HELD = `(SELECT coalesce(sum(d.amount), 0) FROM disputes d WHERE d.bill_id = b.id AND d.status = 'open')`;
/** Whether the due date of the bill `b` of site `s` was over at `$1`. */
export const BILL_LATE = `(b.status = 'issued' AND
  (b.due_at AT TIME ZONE s.time_zone + interval '1 day') AT TIME ZONE s.time_zone <= $1)`;

const FROM = `FROM bills b JOIN sites s ON s.id = b.site_id JOIN leases l ON l.id = b.lease_id
  JOIN parties p ON p.id = l.party_id LEFT JOIN places o ON o.id = l.place_id`;
const WHERE = `WHERE ($2::bigint IS NULL OR b.id = $2) AND ($3::text IS NULL OR b.site_id = $3)
  AND ($4::text IS NULL OR b.period = $4) AND ($5::text IS NULL OR b.status = $5)
  AND ($6::boolean IS NULL OR ${BILL_LATE} = $6)
  AND ($7::boolean IS NULL OR EXISTS (SELECT 1 FROM disputes d WHERE d.bill_id = b.id AND d.status = 'open') = $7)
  AND ($8::bigint IS NULL OR b.lease_id = $8)
  AND ($9::text IS NULL OR b.number ILIKE $9 OR o.code ILIKE $9 OR p.name ILIKE $9 OR p.initials ILIKE $9)
  AND ($10::bigint IS NULL OR (l.party_id = $10 AND b.status IN ('issued', 'paid')))`;

const valuesOf = (filter: BillFilter, now: Date): unknown[] => [
  now,
  filter.id ?? null,
  filter.site ?? null,
  filter.period ?? null,
  filter.status ?? null,
  filter.overdue ?? null,
  filter.disputed ?? null,
  filter.lease ?? null,
  filter.q === undefined || filter.q === '' ? null : `%${likeText(filter.q)}%`,
  filter.partyId ?? null,
];

interface BillRow {
  readonly id: string;
  readonly site_id: string;
  readonly period: string;
  readonly status: BillStatus;
  readonly number: string | null;
  readonly lease_id: string;
  readonly party: string;
  readonly stall: string | null;
  readonly charging: Charging;
  readonly amount: string;
  readonly due: string;
  readonly held: string;
  readonly currency: string;
  readonly created_at: Date;
  readonly created_by: string;
  readonly reviewed_at: Date | null;
  readonly reviewed_by: string | null;
  readonly issued_at: Date | null;
  readonly issued_by: string | null;
  readonly due_at: Date | null;
  readonly overdue: boolean;
  readonly paid_at: Date | null;
}

/** The newest first. */
export async function listBills(
  tx: Queryable,
  filter: BillFilter & { readonly beforeId?: number | undefined; readonly limit: number },
  now: Date,
): Promise<readonly Bill[]> {
  const { rows } = await tx.query<BillRow>(
    `SELECT b.*, p.name AS party, o.code AS stall, l.charging, ${BILL_LATE} AS overdue,
       CASE WHEN b.status = 'issued' THEN ${BILL_DUE} ELSE 0 END AS due,
       CASE WHEN b.status = 'issued' THEN ${BILL_HELD} ELSE 0 END AS held
     ${FROM} ${WHERE} AND ($11::bigint IS NULL OR b.id < $11) ORDER BY b.id DESC LIMIT $12`,
    [...valuesOf(filter, now), filter.beforeId ?? null, filter.limit],
  );
  return rows.map(toBill);
}

/** A bill as it is listed; undefined where there is none, or not for this party. */
export async function readBill(
  tx: Queryable,
  id: number,
  partyId: number | undefined,
  now: Date,
): Promise<Bill | undefined> {
  const [bill] = await listBills(tx, { id, partyId, limit: 1 }, now);
  return bill;
}

function toBill(row: BillRow): Bill {
  const [due, held] = [BigInt(row.due), BigInt(row.held)];
  return {
    id: Number(row.id),
    site: row.site_id,
    period: row.period,
    status: row.status,
    number: row.number,
    lease: { id: Number(row.lease_id), party: row.party, stall: row.stall, charging: row.charging },
    amount: row.amount,
    due: `${due}`,
    disputed: `${held < due ? held : due > 0n ? due : 0n}`,
    currency: row.currency,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    reviewedAt: row.reviewed_at?.toISOString() ?? null,
    reviewedBy: row.reviewed_by,
    issuedAt: row.issued_at?.toISOString() ?? null,
    issuedBy: row.issued_by,
    dueAt: row.due_at?.toISOString() ?? null,
    overdue: row.overdue,
    paidAt: row.paid_at?.toISOString() ?? null,
  };
}

/** Of all bills that the filter lets through. */
export async function sumBills(
  tx: Queryable,
  filter: BillFilter,
  now: Date,
): Promise<z.infer<typeof zBillSums>> {
  const { rows } = await tx.query<{
    status: BillStatus;
    bills: number;
    amount: string;
    due: string;
    overdue: string;
    disputed: string;
  }>(
    `SELECT status, count(*)::int AS bills, sum(amount) AS amount, sum(due) AS due,
       sum(CASE WHEN late THEN due ELSE 0 END) AS overdue, sum(least(held, greatest(due, 0))) AS disputed
     FROM (SELECT b.status, b.amount, ${BILL_LATE} AS late,
       CASE WHEN b.status = 'issued' THEN ${BILL_DUE} ELSE 0 END AS due,
       CASE WHEN b.status = 'issued' THEN ${BILL_HELD} ELSE 0 END AS held ${FROM} ${WHERE}) x GROUP BY status`,
    valuesOf(filter, now),
  );
  const issued = rows.find(({ status }) => status === 'issued');
  return {
    statuses: rows.map(({ status, bills, amount }) => ({ status, bills, amount })),
    due: issued?.due ?? '0',
    overdue: issued?.overdue ?? '0',
    disputed: issued?.disputed ?? '0',
  };
}

export async function isPeriodClosed(tx: Queryable, siteId: string, period: string): Promise<boolean> {
  const { rows } = await tx.query('SELECT 1 FROM billing_periods WHERE site_id = $1 AND period = $2', [
    siteId,
    period,
  ]);
  return rows.length > 0;
}
