import type { PaidLine, Share } from '../domain/settlement-split.ts';
import type { Queryable } from './database.ts';
import { bookTransaction } from './ledger.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';

/** A fee line that a rule divides, and when it was paid. */
export interface SharedLine extends PaidLine {
  readonly ruleId: number;
  readonly shares: readonly Share[];
  readonly paidAt: Date;
}

interface LineRow {
  id: string;
  component: string;
  amount: string;
  rule: string | null;
  shares: Share[] | null;
  paid_at: Date;
}
const toLine = (row: LineRow): PaidLine => ({
  id: Number(row.id),
  component: row.component,
  amount: BigInt(row.amount),
});
const ruled = (row: LineRow): readonly SharedLine[] =>
  row.rule === null || row.shares === null
    ? []
    : [{ ...toLine(row), ruleId: Number(row.rule), shares: row.shares, paidAt: row.paid_at }];

const rulesOf = (rule: string): string => `LEFT JOIN LATERAL (${rule}) r ON true`;

/** Lines that were drawn from balances and not shared, in the order of their ids. */
export async function readDrawnLines(
  tx: Queryable,
  of: { readonly siteId: string; readonly afterLine: number; readonly limit: number; readonly rule: string },
): Promise<readonly SharedLine[]> {
  const { rows } = await tx.query<LineRow>(
    `SELECT f.id, f.component, f.amount, r.id AS rule, r.shares, f.posted_at AS paid_at
     FROM fee_lines f JOIN leases l ON l.id = f.lease_id AND l.charging = 'prepaid'
     JOIN metering_points m ON m.id = f.metering_point_id JOIN LATERAL (${of.rule}) r ON true
     WHERE f.site_id = $1 AND f.id > $2 AND f.amount <> 0
       AND NOT EXISTS (SELECT 1 FROM settlement_shares s WHERE s.fee_line_id = f.id)
       AND NOT EXISTS (SELECT 1 FROM bill_lines b WHERE b.fee_line_id = f.id)
     ORDER BY f.id LIMIT $3`,
    [of.siteId, of.afterLine, of.limit],
  );
  return rows.flatMap(ruled);
}

/** A bill whose ledger changed since it was last looked at. */
export interface ChangedBill {
  readonly id: number;
  readonly transactions: number;
}

export async function readChangedBills(
  tx: Queryable,
  of: { readonly siteId: string; readonly afterBill: number; readonly limit: number },
): Promise<readonly ChangedBill[]> {
  const { rows } = await tx.query<{ id: string; n: number }>(
    `SELECT b.id, t.n FROM (
       SELECT refs->>'bill' AS bill, count(*)::int AS n FROM ledger_transactions
       WHERE site_id = $1 AND refs ? 'bill' GROUP BY 1) t
     JOIN bills b ON b.id = t.bill::bigint LEFT JOIN settlement_bills s ON s.bill_id = b.id
     WHERE b.id > $2 AND s.transactions IS DISTINCT FROM t.n
       AND (b.status = 'paid' OR s.bill_id IS NOT NULL) ORDER BY b.id LIMIT $3`,
    [of.siteId, of.afterBill, of.limit],
  );
  return rows.map(({ id, n }) => ({ id: Number(id), transactions: n }));
}

export interface BillLines {
  /** Nothing is due on it; a bill to which money went back is not paid. */
  readonly isPaid: boolean;
  /** All of them: what is credited is taken from all, whether or not a rule divides them. */
  readonly lines: readonly PaidLine[];
  readonly shared: readonly SharedLine[];
  /** Minor units credited, by component, and written off (`null`). */
  readonly reductions: ReadonlyMap<string | null, bigint>;
}

export async function readBillLines(tx: Queryable, billId: number, rule: string): Promise<BillLines> {
  const { rows } = await tx.query<LineRow & { is_paid: boolean }>(
    `SELECT f.id, f.component, f.amount, r.id AS rule, r.shares, coalesce(b.paid_at, b.issued_at) AS paid_at,
       b.status = 'paid' AS is_paid
     FROM bills b JOIN bill_lines i ON i.bill_id = b.id JOIN fee_lines f ON f.id = i.fee_line_id
     JOIN metering_points m ON m.id = f.metering_point_id ${rulesOf(rule)}
     WHERE b.id = $1 ORDER BY f.id`,
    [billId],
  );
  const reduced = await tx.query<{ component: string | null; amount: string }>(
    `SELECT CASE a.kind WHEN 'revenue' THEN a.code END AS component, sum(e.amount) AS amount
     FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
     JOIN ledger_accounts a ON a.id = e.account_id
     WHERE t.refs ? 'bill' AND t.refs->>'bill' = $1
       AND (a.kind = 'bad_debt' OR (a.kind = 'revenue' AND t.kind = 'credit_note'))
     GROUP BY 1 HAVING sum(e.amount) > 0 ORDER BY 1`,
    [String(billId)],
  );
  return {
    isPaid: rows[0]?.is_paid ?? false,
    lines: rows.map(toLine),
    shared: rows.flatMap(ruled),
    reductions: new Map(reduced.rows.map(({ component, amount }) => [component, BigInt(amount)])),
  };
}

export async function markBill(tx: Queryable, siteId: string, bill: ChangedBill): Promise<void> {
  await tx.query(
    `INSERT INTO settlement_bills (bill_id, site_id, transactions) VALUES ($1, $2, $3)
     ON CONFLICT (bill_id) DO UPDATE SET transactions = excluded.transactions`,
    [bill.id, siteId, bill.transactions],
  );
}

/** What each party has of a line, by `line party`, and how many shares there are of it. */
export type HeldShares = ReadonlyMap<string, { readonly amount: bigint; readonly count: number }>;

export async function readShares(tx: Queryable, lines: readonly PaidLine[]): Promise<HeldShares> {
  const { rows } = await tx.query<{ line: string; party: string; amount: string; n: number }>(
    `SELECT fee_line_id AS line, party_id AS party, sum(amount) AS amount, count(*)::int AS n
     FROM settlement_shares WHERE fee_line_id = ANY($1::bigint[]) GROUP BY 1, 2`,
    [numbersParam(lines, ({ id }) => id)],
  );
  return new Map(
    rows.map((row) => [`${row.line} ${row.party}`, { amount: BigInt(row.amount), count: row.n }]),
  );
}

export interface NewShare {
  readonly feeLineId: number;
  readonly component: string;
  readonly ruleId: number;
  readonly partyId: number;
  readonly sequence: number;
  /** Minor units; negative takes back. */
  readonly amount: bigint;
  readonly sharedOn: string;
  readonly payableOn: string;
}

/**
 * Writes shares down and books them: revenue(component) to payable(party). What stays with the operator stays in
 * revenue, for nobody owes it to themselves. A share that exists already breaks the transaction.
 */
export async function postShares(
  tx: Queryable,
  of: {
    readonly siteId: string;
    readonly currency: string;
    readonly runId: number;
    readonly key: string;
    readonly at: Date;
  },
  shares: readonly NewShare[],
): Promise<void> {
  if (shares.length === 0) return;
  const { rows } = await tx.query<{ id: string }>(
    `SELECT id FROM parties WHERE kind = 'operator' AND id = ANY($1::bigint[])`,
    [numbersParam(shares, ({ partyId }) => partyId)],
  );
  const operators = new Set(rows.map(({ id }) => Number(id)));
  const owed = shares.filter(({ partyId }) => !operators.has(partyId));
  const transactionId =
    owed.length === 0
      ? null
      : await bookTransaction(tx, {
          ...{ siteId: of.siteId, currency: of.currency, key: of.key, kind: 'settlement.shared' },
          ...{ at: of.at, actor: 'platform', refs: { settlement: of.runId } },
          entries: [
            ...sumBy(owed, ({ component }) => component).map(([code, amount]) => ({
              account: { kind: 'revenue' as const, code },
              amount,
            })),
            ...sumBy(owed, ({ partyId }) => partyId).map(([partyId, amount]) => ({
              account: { kind: 'payable' as const, partyId },
              amount: -amount,
            })),
          ],
        });
  if (transactionId === undefined) throw new Error(`${of.key} was booked before`);
  await tx.query(
    `INSERT INTO settlement_shares (site_id, run_id, transaction_id, fee_line_id, rule_id, party_id, sequence, amount,
       shared_on, payable_on)
     SELECT $1, $2, $3, line, rule, party, sequence, amount, shared_on, payable_on
     FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::int[], $8::bigint[], $9::date[], $10::date[])
       t(line, rule, party, sequence, amount, shared_on, payable_on)`,
    [
      ...[of.siteId, of.runId, transactionId],
      numbersParam(shares, (one) => one.feeLineId),
      numbersParam(shares, (one) => one.ruleId),
      numbersParam(shares, (one) => one.partyId),
      numbersParam(shares, (one) => one.sequence),
      numbersParam(shares, (one) => one.amount),
      textsParam(shares, (one) => one.sharedOn),
      textsParam(shares, (one) => one.payableOn),
    ],
  );
}

function sumBy<K>(
  shares: readonly NewShare[],
  keyOf: (share: NewShare) => K,
): readonly (readonly [K, bigint])[] {
  const sums = new Map<K, bigint>();
  for (const share of shares) sums.set(keyOf(share), (sums.get(keyOf(share)) ?? 0n) + share.amount);
  return [...sums];
}
