import type { SiteSettings } from '../contracts/settings.ts';
import { type BillStatus, type BillStep, type StepRefusal, stepRefusal } from '../domain/bills.ts';
import { dayNumber, dayText, startOfDayNumber } from '../domain/local-days.ts';
import { takeNumbers } from './bill-numbers.ts';
import { applyBalance, settleIfPaid } from './bill-settling.ts';
import type { Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';
import type { Transaction } from './transaction.ts';

/** The steps that people take; the others follow from money. */
export const TAKEN_STEPS = ['review', 'return', 'issue', 'void'] as const satisfies readonly BillStep[];
export type TakenStep = (typeof TAKEN_STEPS)[number];

export interface StepRequest {
  readonly site: { readonly id: string; readonly timeZone: string; readonly currency: string };
  readonly settings: SiteSettings;
  readonly step: TakenStep;
  readonly billIds: readonly number[];
  readonly actor: string;
  readonly at: Date;
  readonly reason?: string | undefined;
}

export interface StepResult {
  readonly billId: number;
  /** Undefined where the step was taken. */
  readonly refusal?: StepRefusal | 'no_such_bill' | 'period_open' | 'wrong_currency' | 'not_the_sum';
}

interface StepRow {
  readonly id: string;
  readonly status: BillStatus;
  readonly created_by: string;
  readonly reviewed_by: string | null;
  readonly amount: string;
  readonly currency: string;
  readonly lease_id: string;
  readonly closed: boolean;
  readonly lines: string;
}

/** Takes a step on many bills of a site: each that may take it does, the others say why not. */
export async function takeStep(tx: Transaction, request: StepRequest): Promise<readonly StepResult[]> {
  const { site, step, actor, at, billIds } = request;
  const { rows } = await tx.query<StepRow>(
    `SELECT b.id, b.status, b.created_by, b.reviewed_by, b.amount, b.currency, b.lease_id,
       EXISTS (SELECT 1 FROM billing_periods p WHERE p.site_id = b.site_id AND p.period = b.period) AS closed,
       (SELECT coalesce(sum(l.amount), 0) FROM bill_lines i JOIN fee_lines l ON l.id = i.fee_line_id WHERE i.bill_id = b.id) AS lines
     FROM bills b WHERE b.site_id = $1 AND b.id = ANY($2::bigint[]) ORDER BY b.id FOR UPDATE OF b`,
    [site.id, numbersParam(billIds, (id) => id)],
  );
  const byId = new Map(rows.map((row) => [Number(row.id), row]));
  const results = [...new Set(billIds)].map((billId): StepResult => {
    const row = byId.get(billId);
    const refusal = row === undefined ? 'no_such_bill' : refusalOf(row, request);
    return { billId, ...(refusal && { refusal }) };
  });
  const taken = results
    .filter(({ refusal }) => !refusal)
    .map(({ billId }) => billId)
    .sort((a, b) => a - b);
  if (taken.length === 0) return results;
  const ids = numbersParam(taken, (id) => id);
  switch (step) {
    case 'review':
      await tx.query(
        `UPDATE bills SET status = 'reviewed', reviewed_at = $2, reviewed_by = $3 WHERE id = ANY($1::bigint[])`,
        [ids, at, actor],
      );
      break;
    case 'return':
      await tx.query(
        `UPDATE bills SET status = 'draft', reviewed_at = NULL, reviewed_by = NULL WHERE id = ANY($1::bigint[])`,
        [ids],
      );
      break;
    case 'void':
      await tx.query(`DELETE FROM bill_lines WHERE bill_id = ANY($1::bigint[])`, [ids]);
      await tx.query(`UPDATE bills SET status = 'void' WHERE id = ANY($1::bigint[])`, [ids]);
      break;
    case 'issue':
      await issue(tx, request, taken);
      break;
  }
  await tx.query(
    `INSERT INTO actions (site_id, at, actor, action, subject, detail)
     SELECT $1, $2, $3, $4, 'bill ' || id, $5 FROM unnest($6::bigint[]) WITH ORDINALITY t(id, n) ORDER BY n`,
    [site.id, at, actor, `bill.${step}`, JSON.stringify({ reason: request.reason }), ids],
  );
  return results;
}

function refusalOf(row: StepRow, { step, actor, settings, site }: StepRequest): StepResult['refusal'] {
  const bill = { status: row.status, createdBy: row.created_by, reviewedBy: row.reviewed_by };
  const refusal = stepRefusal(step, bill, actor, settings.billing.fourEyes);
  if (refusal || step !== 'issue') return refusal;
  if (!row.closed) return 'period_open';
  if (row.currency !== site.currency) return 'wrong_currency';
  return row.amount === row.lines ? undefined : 'not_the_sum';
}

/** Gives numbers in the order of the ids, books receivables against revenue, and pays from balances where there are any. */
async function issue(
  tx: Transaction,
  { site, settings, actor, at }: StepRequest,
  ids: readonly number[],
): Promise<void> {
  const { billing, lateFees } = settings;
  // All by key, foreign keys and triggers too, whose plans a session keeps: what Postgres knows of a month's first
  // bills and of a young ledger is stale, and by that it reads all lines or entries for each.
  await tx.query(
    'SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off',
  );
  const today = dayNumber(at.getTime(), site.timeZone);
  const year = Number(dayText(today).slice(0, 4));
  const numbering = { siteId: site.id, kind: 'bill', prefix: billing.numberPrefix, year } as const;
  const numbers = await takeNumbers(tx, numbering, ids.length);
  const idsParam = numbersParam(ids, (id) => id);
  await tx.query(
    `UPDATE bills b SET status = 'issued', number = n.number, issued_at = $3, issued_by = $4, due_at = $5, late_fee_terms = $6
     FROM unnest($1::bigint[], $2::text[]) n(id, number) WHERE b.id = n.id`,
    [
      idsParam,
      textsParam(numbers, (number) => number),
      at,
      actor,
      new Date(startOfDayNumber(today + billing.dueDays, site.timeZone)),
      JSON.stringify(lateFees),
    ],
  );
  await bookIssued(tx, site, idsParam, actor, at);
  const { rows } = await tx.query<{ id: string; is_credit: boolean }>(
    `SELECT b.id, b.amount <= 0 AS is_credit FROM bills b WHERE b.id = ANY($1::bigint[]) AND (b.amount <= 0 OR EXISTS (
       SELECT 1 FROM ledger_accounts a WHERE a.site_id = $2 AND a.kind = 'prepaid' AND a.lease_id = b.lease_id
         AND (SELECT sum(e.amount) FROM ledger_entries e WHERE e.account_id = a.id) < 0)) ORDER BY b.id`,
    [idsParam, site.id],
  );
  for (const { id, is_credit } of rows) {
    if (is_credit) await settleIfPaid(tx, Number(id), at);
    else await applyBalance(tx, Number(id), at, actor);
  }
}

/**
 * Set by set: thousands of bills are issued at once. Accounts are looked up one by one, by their whole key: while
 * Postgres knows nothing of a ledger that grows this fast, it would join them by reading all of a site's receivables.
 */
async function bookIssued(
  tx: Queryable,
  site: StepRequest['site'],
  ids: string,
  actor: string,
  at: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO ledger_accounts (site_id, currency, kind, lease_id, code)
     SELECT $2, $3, 'receivable', lease_id, NULL FROM bills WHERE id = ANY($1::bigint[])
     UNION SELECT $2, $3, 'revenue', NULL, l.component
       FROM bill_lines i JOIN fee_lines l ON l.id = i.fee_line_id WHERE i.bill_id = ANY($1::bigint[])
     ON CONFLICT DO NOTHING`,
    [ids, site.id, site.currency],
  );
  await tx.query(
    `WITH booked AS (
       INSERT INTO ledger_transactions (site_id, key, kind, at, actor, refs)
       SELECT site_id, 'bill ' || id || ' issued', 'bill.issued', $4, $5, jsonb_build_object('bill', id, 'lease', lease_id)
       FROM bills WHERE id = ANY($1::bigint[]) ORDER BY id
       RETURNING id, (refs->>'bill')::bigint AS bill, (refs->>'lease')::bigint AS lease),
     owed AS (SELECT t.id AS tx, t.lease, b.amount FROM booked t JOIN bills b ON b.id = t.bill),
     earned AS (
       SELECT t.id AS tx, l.component, sum(l.amount)::bigint AS amount FROM booked t
       JOIN bill_lines i ON i.bill_id = t.bill JOIN fee_lines l ON l.id = i.fee_line_id GROUP BY 1, 2)
     INSERT INTO ledger_entries (transaction_id, account_id, amount)
     SELECT tx, (SELECT a.id FROM ledger_accounts a WHERE a.site_id = $2 AND a.kind = 'receivable'
       AND a.lease_id = owed.lease AND a.party_id IS NULL AND a.code IS NULL AND a.currency = $3), amount
     FROM owed WHERE amount <> 0
     UNION ALL
     SELECT tx, (SELECT a.id FROM ledger_accounts a WHERE a.site_id = $2 AND a.kind = 'revenue'
       AND a.lease_id IS NULL AND a.party_id IS NULL AND a.code = earned.component AND a.currency = $3), -amount
     FROM earned WHERE amount <> 0`,
    [ids, site.id, site.currency, at, actor],
  );
}
