import type { z } from 'zod';
import type { zBankRow } from '../contracts/bank-statements.ts';
import { codesIn, namesBill, sameName } from '../domain/bank-matching.ts';
import type { BankMatch, BankResolution, BankRowStatus } from '../domain/bank-rows.ts';
import { CHARGE_OPEN, splitPaid } from '../domain/charges.ts';
import type { AccountKey } from '../domain/ledger.ts';
import { lockBill, readDue } from './bill-due.ts';
import { settleIfPaid } from './bill-settling.ts';
import { openCase } from './cases.ts';
import { applyOutcome } from './charge-outcomes.ts';
import type { Queryable } from './database.ts';
import { bookTransaction } from './ledger.ts';

export interface StatementLine {
  /** In the file. */
  readonly row: number;
  readonly bankRef: string;
  /** `2026-11-20`. */
  readonly date: string;
  /** Minor units, above zero. */
  readonly amount: bigint;
  readonly payer: string;
  readonly remark: string;
}

export interface ImportedLine {
  readonly line: StatementLine;
  readonly result: 'known' | 'matched' | 'unmatched';
  readonly matchedBy: BankMatch | null;
  readonly party: string | null;
}

interface Found {
  readonly by: BankMatch;
  readonly leaseId: number;
  readonly party: string;
  readonly billId: number | null;
  readonly chargeId: number | null;
}

interface By {
  readonly actor: string;
  readonly at: Date;
}

/**
 * Imports the rows of a statement and books each: what is recognised pays, the rest waits on the suspense account.
 * A row whose bank reference is known is left alone. Part of one transaction, so a statement is imported whole.
 */
export async function importStatement(
  tx: Queryable,
  of: { readonly siteId: string; readonly currency: string; readonly fileName: string },
  lines: readonly StatementLine[],
  by: By,
): Promise<{ readonly id: number; readonly lines: readonly ImportedLine[] }> {
  // Two people with the same file take turns.
  await tx.query(`SELECT pg_advisory_xact_lock(7214004, hashtext($1))`, [of.siteId]);
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO bank_imports (site_id, file_name, rows, imported_by, imported_at) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
    [of.siteId, of.fileName, lines.length, by.actor, by.at],
  );
  const id = Number(rows[0]?.id);
  const imported: ImportedLine[] = [];
  for (const line of lines) imported.push(await importLine(tx, { ...of, importId: id }, line, by));
  return { id, lines: imported };
}

async function importLine(
  tx: Queryable,
  of: { readonly siteId: string; readonly currency: string; readonly importId: number },
  line: StatementLine,
  by: By,
): Promise<ImportedLine> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO bank_rows (site_id, import_id, bank_ref, booked_on, amount, payer_name, remark, status)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'unmatched') ON CONFLICT (site_id, bank_ref) DO NOTHING RETURNING id`,
    [of.siteId, of.importId, line.bankRef, line.date, line.amount, line.payer, line.remark],
  );
  if (!rows[0]) return { line, result: 'known', matchedBy: null, party: null };
  const row = { id: Number(rows[0].id), siteId: of.siteId, currency: of.currency, amount: line.amount };
  const found = await findOwner(tx, of.siteId, line);
  if (!found) {
    await bookRow(tx, row, [{ account: { kind: 'suspense' }, amount: -line.amount }], by);
    return { line, result: 'unmatched', matchedBy: null, party: null };
  }
  const chargeId = await payWith(tx, row, found, by);
  await endRow(tx, row.id, { status: 'matched', ...found, chargeId }, by);
  return { line, result: 'matched', matchedBy: found.by, party: found.party };
}

/** Whose money a row is: by the code that we gave, else the number of a bill, else a due and a name that fit. */
async function findOwner(tx: Queryable, siteId: string, line: StatementLine): Promise<Found | undefined> {
  const codes = codesIn(line.remark);
  if (codes.length > 0) {
    const { rows } = await tx.query<{ id: string; lease_id: string; bill_id: string | null; party: string }>(
      `SELECT c.id, c.lease_id, c.bill_id, y.name AS party FROM charges c JOIN leases l ON l.id = c.lease_id
       JOIN parties y ON y.id = l.party_id
       WHERE c.site_id = $1 AND c.provider = 'bank_transfer' AND c.order_no = ANY($2) ORDER BY c.id LIMIT 1`,
      [siteId, codes],
    );
    const [row] = rows;
    if (row) {
      const billId = row.bill_id === null ? null : Number(row.bill_id);
      return {
        by: 'remark_code',
        leaseId: Number(row.lease_id),
        party: row.party,
        billId,
        chargeId: Number(row.id),
      };
    }
  }
  const { rows } = await tx.query<{
    id: string;
    lease_id: string;
    number: string;
    party: string;
    due: string;
  }>(
    `SELECT b.id, b.lease_id, b.number, y.name AS party, d.due FROM bills b JOIN leases l ON l.id = b.lease_id
     JOIN parties y ON y.id = l.party_id
     CROSS JOIN LATERAL (SELECT coalesce(sum(e.amount), 0) AS due FROM ledger_transactions t
       JOIN ledger_entries e ON e.transaction_id = t.id
       JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'receivable'
       WHERE t.refs ? 'bill' AND t.refs->>'bill' = b.id::text) d
     WHERE b.site_id = $1 AND b.status IN ('issued', 'paid')
       AND (strpos(upper($2), upper(b.number)) > 0 OR (b.status = 'issued' AND d.due = $3)) ORDER BY b.id LIMIT 500`,
    [siteId, line.remark.normalize('NFKC'), line.amount],
  );
  const named = rows.filter(({ number }) => namesBill(line.remark, number));
  // The longest number, when one is in another; two of the same length are nobody's.
  const longest = Math.max(0, ...named.map(({ number }) => number.length));
  const exact = named.filter(({ number }) => number.length === longest);
  const fitting = rows.filter(({ due, party }) => BigInt(due) === line.amount && sameName(party, line.payer));
  const [one, by] =
    exact.length > 0 ? ([exact, 'bill_number'] as const) : ([fitting, 'amount_and_payer'] as const);
  const [bill] = one;
  // Two that fit equally are for a person.
  if (!bill || one.length > 1) return undefined;
  return { by, leaseId: Number(bill.lease_id), party: bill.party, billId: Number(bill.id), chargeId: null };
}

interface Row {
  readonly id: number;
  readonly siteId: string;
  readonly currency: string;
  readonly amount: bigint;
}

/** Lets a row's money pay: through the charge that asked for it, else straight onto the bill and the balance. */
async function payWith(tx: Queryable, row: Row, found: Found, by: By): Promise<number | null> {
  const chargeId = found.chargeId ?? (found.billId === null ? null : await openTransferOf(tx, found.billId));
  if (chargeId !== null) {
    const { rows } = await tx.query<{ status: string }>('SELECT status FROM charges WHERE id = $1', [
      chargeId,
    ]);
    if (rows[0]?.status !== 'succeeded') {
      const paid = {
        status: 'succeeded',
        paid: row.amount,
        currency: row.currency,
        providerRef: `bank ${row.id}`,
      } as const;
      await applyOutcome(tx, chargeId, paid, by);
      return chargeId;
    }
  }
  await bookOnLease(tx, row, found, { kind: 'bank' }, by);
  return chargeId;
}

async function openTransferOf(tx: Queryable, billId: number): Promise<number | null> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT id FROM charges WHERE bill_id = $1 AND provider = 'bank_transfer' AND status = ANY($2)`,
    [billId, CHARGE_OPEN],
  );
  return rows[0] ? Number(rows[0].id) : null;
}

async function bookOnLease(
  tx: Queryable,
  row: Row,
  { leaseId, billId }: Pick<Found, 'leaseId' | 'billId'>,
  from: AccountKey,
  by: By,
): Promise<void> {
  if (billId !== null) await lockBill(tx, billId);
  const due = billId === null ? 0n : await readDue(tx, billId);
  const { applied, credit } = splitPaid(row.amount, due);
  const entries = [
    { account: { kind: 'receivable', leaseId } as const, amount: -applied },
    { account: { kind: 'prepaid', leaseId } as const, amount: -credit },
  ];
  const refs = { lease: leaseId, ...(billId === null ? {} : { bill: billId }) };
  await bookRow(tx, row, entries, by, from, refs);
  if (billId === null) return;
  await settleIfPaid(tx, billId, by.at);
  if (credit > 0n) {
    await openCase(tx, {
      ...{ siteId: row.siteId, kind: 'payment_mismatch', key: `bank row ${row.id}`, at: by.at },
      subject: {
        reason: 'paid_twice',
        bill: billId,
        lease: leaseId,
        paid: String(row.amount),
        credit: String(credit),
      },
    });
  }
}

/** Books a row's money: from the bank when it is imported, from suspense when a person has said whose it is. */
async function bookRow(
  tx: Queryable,
  row: Row,
  to: readonly { readonly account: AccountKey; readonly amount: bigint }[],
  by: By,
  from: AccountKey = { kind: 'bank' },
  refs: Readonly<Record<string, number>> = {},
): Promise<void> {
  const settled = from.kind === 'suspense';
  await bookTransaction(tx, {
    siteId: row.siteId,
    currency: row.currency,
    key: `bank row ${row.id}${settled ? ' settled' : ''}`,
    kind:
      to[0]?.account.kind === 'suspense'
        ? 'bank.received'
        : refs['bill']
          ? 'charge.succeeded'
          : 'bank.assigned',
    at: by.at,
    actor: by.actor,
    refs: { ...refs, bankRow: row.id },
    entries: [{ account: from, amount: row.amount }, ...to],
  });
}

async function endRow(
  tx: Queryable,
  id: number,
  end: {
    readonly status: BankRowStatus;
    readonly by: BankMatch;
    readonly leaseId?: number | null;
    readonly billId?: number | null;
    readonly chargeId?: number | null;
  },
  by: By,
): Promise<void> {
  await tx.query(
    `UPDATE bank_rows SET status = $2, matched_by = $3, lease_id = $4, bill_id = $5, charge_id = $6, ended_at = $7, ended_by = $8
     WHERE id = $1`,
    [id, end.status, end.by, end.leaseId ?? null, end.billId ?? null, end.chargeId ?? null, by.at, by.actor],
  );
}

export type Settled =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'no_such_row' | 'settled' | 'no_such_bill' | 'no_such_lease' };

/** Settles a row that nobody recognised as a person says. */
export async function settleRow(
  tx: Queryable,
  id: number,
  how: {
    readonly as: BankResolution;
    readonly billNumber?: string | undefined;
    readonly lease?: number | undefined;
  },
  by: By,
): Promise<Settled> {
  const { rows } = await tx.query<{
    site_id: string;
    amount: string;
    status: BankRowStatus;
    currency: string;
  }>(
    `SELECT r.site_id, r.amount, r.status, s.currency FROM bank_rows r JOIN sites s ON s.id = r.site_id
     WHERE r.id = $1 FOR UPDATE OF r`,
    [id],
  );
  const found = rows[0];
  if (!found) return { ok: false, reason: 'no_such_row' };
  if (found.status !== 'unmatched') return { ok: false, reason: 'settled' };
  const row: Row = { id, siteId: found.site_id, currency: found.currency, amount: BigInt(found.amount) };
  const end = { status: 'settled', by: 'person' } as const;
  const suspense: AccountKey = { kind: 'suspense' };
  if (how.as === 'bill' || how.as === 'balance') {
    const owner =
      how.as === 'bill'
        ? await billOf(tx, row.siteId, how.billNumber)
        : await leaseOf(tx, row.siteId, how.lease);
    if (!owner) return { ok: false, reason: how.as === 'bill' ? 'no_such_bill' : 'no_such_lease' };
    await bookOnLease(tx, row, owner, suspense, by);
    await endRow(tx, id, { ...end, ...owner }, by);
  } else {
    // A payout was booked on the bank's account when its provider was reconciled; cash was on its clearing account.
    const account: AccountKey = how.as === 'payout' ? { kind: 'bank' } : { kind: 'clearing', code: 'cash' };
    await bookRow(tx, row, [{ account, amount: -row.amount }], by, suspense);
    await endRow(tx, id, end, by);
  }
  return { ok: true };
}

async function billOf(tx: Queryable, siteId: string, number: string | undefined) {
  const { rows } = await tx.query<{ id: string; lease_id: string }>(
    `SELECT id, lease_id FROM bills WHERE site_id = $1 AND number = $2 AND status IN ('issued', 'paid')`,
    [siteId, number ?? ''],
  );
  return rows[0] && { billId: Number(rows[0].id), leaseId: Number(rows[0].lease_id) };
}

async function leaseOf(tx: Queryable, siteId: string, lease: number | undefined) {
  const { rows } = await tx.query<{ id: string }>('SELECT id FROM leases WHERE site_id = $1 AND id = $2', [
    siteId,
    lease ?? 0,
  ]);
  return rows[0] && { billId: null, leaseId: Number(rows[0].id) };
}

export type BankRowView = z.input<typeof zBankRow>;

/** Rows, newest first. */
export async function listBankRows(
  tx: Queryable,
  query: {
    readonly id?: number | undefined;
    readonly site?: string | undefined;
    readonly status?: BankRowStatus | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly BankRowView[]> {
  const { rows } = await tx.query<{
    id: string;
    site_id: string;
    bank_ref: string;
    date: string;
    amount: string;
    currency: string;
    payer_name: string;
    remark: string;
    status: BankRowStatus;
    matched_by: BankMatch | null;
    charge_id: string | null;
    lease_id: string | null;
    party: string | null;
    stall: string | null;
    bill_id: string | null;
    number: string | null;
    imported_at: Date;
    imported_by: string;
    ended_by: string | null;
  }>(
    `SELECT r.*, to_char(r.booked_on, 'YYYY-MM-DD') AS date, s.currency, y.name AS party, p.code AS stall, b.number,
       i.imported_at, i.imported_by
     FROM bank_rows r JOIN sites s ON s.id = r.site_id JOIN bank_imports i ON i.id = r.import_id
     LEFT JOIN leases l ON l.id = r.lease_id LEFT JOIN parties y ON y.id = l.party_id
     LEFT JOIN places p ON p.id = l.place_id LEFT JOIN bills b ON b.id = r.bill_id
     WHERE ($1::bigint IS NULL OR r.id = $1) AND ($2::text IS NULL OR r.site_id = $2)
       AND ($3::text IS NULL OR r.status = $3) AND ($4::bigint IS NULL OR r.id < $4)
     ORDER BY r.id DESC LIMIT $5`,
    [query.id ?? null, query.site ?? null, query.status ?? null, query.beforeId ?? null, query.limit],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    site: row.site_id,
    bankRef: row.bank_ref,
    date: row.date,
    amount: row.amount,
    currency: row.currency,
    payer: row.payer_name,
    remark: row.remark,
    status: row.status,
    matchedBy: row.matched_by,
    charge: row.charge_id === null ? null : Number(row.charge_id),
    lease:
      row.lease_id === null ? null : { id: Number(row.lease_id), party: row.party ?? '', stall: row.stall },
    bill: row.bill_id === null ? null : { id: Number(row.bill_id), number: row.number },
    importedAt: row.imported_at.toISOString(),
    importedBy: row.imported_by,
    endedBy: row.ended_by,
  }));
}
