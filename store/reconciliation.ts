import type { z } from 'zod';
import type { zReconciliation } from '../contracts/reconciliation.ts';
import type { CallingProvider } from '../domain/charges.ts';
import {
  compareStatement,
  type Difference,
  type OwnRow,
  type StatementRow,
} from '../domain/reconciliation.ts';
import { openCase } from './cases.ts';
import type { Queryable } from './database.ts';
import { bookTransaction } from './ledger.ts';
import { textsParam } from './pg-arrays.ts';

export interface DueReconciliation {
  readonly id: number;
  readonly siteId: string;
  readonly currency: string;
  readonly provider: CallingProvider;
  readonly day: string;
  readonly attempts: number;
}

/** A statement that has not come after so many tries is for a person. */
export const STATEMENT_TRIES_MAX = 72;
const RETRY_MS = 3_600_000;

/** Notes down that a provider's day is to be reconciled, for every site that has asked it for money. */
export async function noteDay(
  tx: Queryable,
  provider: CallingProvider,
  day: string,
  now: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO reconciliations (site_id, provider, day, status, next_try_at)
     SELECT s.id, $1, $2, 'waiting', $3 FROM sites s
     WHERE EXISTS (SELECT 1 FROM charges c WHERE c.site_id = s.id AND c.provider = $1)
     ON CONFLICT (site_id, provider, day) DO NOTHING`,
    [provider, day, now],
  );
}

/** Takes the next day that waits for its statement; others leave it alone for an hour. */
export async function claimReconciliation(tx: Queryable, now: Date): Promise<DueReconciliation | undefined> {
  const { rows } = await tx.query<{
    id: string;
    site_id: string;
    currency: string;
    provider: CallingProvider;
    day: string;
    attempts: number;
  }>(
    `UPDATE reconciliations r SET attempts = r.attempts + 1, next_try_at = $2 FROM sites s
     WHERE s.id = r.site_id AND r.id = (SELECT id FROM reconciliations WHERE status = 'waiting' AND next_try_at <= $1
       ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING r.id, r.site_id, s.currency, r.provider, to_char(r.day, 'YYYY-MM-DD') AS day, r.attempts`,
    [now, new Date(now.getTime() + RETRY_MS)],
  );
  const row = rows[0];
  return (
    row && {
      id: Number(row.id),
      siteId: row.site_id,
      currency: row.currency,
      provider: row.provider,
      day: row.day,
      attempts: row.attempts,
    }
  );
}

/** The statement is not there yet; after too many tries a case is opened. */
export async function postponeReconciliation(
  tx: Queryable,
  one: DueReconciliation,
  reason: string,
  at: Date,
): Promise<void> {
  const failed = one.attempts >= STATEMENT_TRIES_MAX;
  await tx.query('UPDATE reconciliations SET status = $2, error = $3, ended_at = $4 WHERE id = $1', [
    ...[one.id, failed ? 'failed' : 'waiting', reason.slice(0, 300), failed ? at : null],
  ]);
  if (!failed) return;
  const { siteId, provider, day } = one;
  await openCase(tx, {
    ...{ siteId, kind: 'payment_mismatch', key: `statement ${provider} ${day}`, at },
    subject: { reason: 'no_statement', provider, day, detail: reason.slice(0, 300) },
  });
}

/**
 * Compares a statement with the site's charges and refunds, keeps and opens a case for every difference, and books
 * what the provider settled: bank and fees against its clearing account, money that we know nothing of as suspense.
 * @param day the statement's, as instants
 */
export async function applyStatement(
  tx: Queryable,
  one: DueReconciliation,
  all: readonly StatementRow[],
  day: { readonly from: Date; readonly to: Date },
  at: Date,
): Promise<void> {
  const { siteId, provider, currency } = one;
  const { rows: owners } = await tx.query<{ order_no: string; site_id: string }>(
    `SELECT order_no, site_id FROM charges WHERE order_no = ANY($1::text[])
     UNION ALL SELECT order_no, site_id FROM refunds WHERE order_no = ANY($1::text[])`,
    [textsParam(all, ({ orderNo }) => orderNo.slice(0, 64))],
  );
  const siteOf = new Map(owners.map((row) => [row.order_no, row.site_id]));
  // What no site knows is shown to one: the oldest that uses the provider.
  const { rows: home } = await tx.query<{ id: string }>(
    `SELECT s.id FROM sites s JOIN reconciliations r ON r.site_id = s.id AND r.provider = $1 AND r.day = $2
     ORDER BY s.created_at, s.id LIMIT 1`,
    [provider, one.day],
  );
  const theirs = all.filter(({ orderNo }) => (siteOf.get(orderNo) ?? home[0]?.id) === siteId);
  const { rows: ours } = await tx.query<OwnRow & { amount: string; expected: boolean }>(
    `SELECT 'payment' AS kind, order_no AS "orderNo", status, coalesce(paid, amount) AS amount,
       ended_at >= $4 AND ended_at < $5 AS expected FROM charges
     WHERE site_id = $1 AND provider = $2 AND (order_no = ANY($3::text[]) OR (status = 'succeeded' AND ended_at >= $4 AND ended_at < $5))
     UNION ALL
     SELECT 'refund', r.order_no, r.status, r.amount, r.ended_at >= $4 AND r.ended_at < $5 FROM refunds r
     JOIN charges c ON c.id = r.charge_id
     WHERE r.site_id = $1 AND c.provider = $2 AND (r.order_no = ANY($3::text[]) OR (r.status = 'succeeded' AND r.ended_at >= $4 AND r.ended_at < $5))`,
    [
      siteId,
      provider,
      textsParam(theirs, ({ orderNo }) => orderNo.slice(0, 64)),
      inner(day).from,
      inner(day).to,
    ],
  );
  const { differences, gross, fees, stranger } = compareStatement(
    theirs,
    ours.map(({ amount, kind, orderNo, status }) => ({ kind, orderNo, status, amount: BigInt(amount) })),
    new Set(ours.filter(({ expected }) => expected).map(({ orderNo }) => orderNo)),
  );
  await tx.query(
    `UPDATE reconciliations SET status = 'done', error = NULL, rows = $2, gross = $3, fees = $4, differences = $5,
       ended_at = $6, next_try_at = NULL WHERE id = $1`,
    [one.id, theirs.length, gross, fees, JSON.stringify(differences.map(toStored)), at],
  );
  for (const difference of differences) {
    await openCase(tx, {
      ...{
        siteId,
        kind: 'payment_mismatch',
        key: `statement ${provider} ${difference.of} ${difference.orderNo}`,
        at,
      },
      subject: { reason: difference.kind, provider, day: one.day, ...toStored(difference) },
    });
  }
  if (gross === 0n && fees === 0n && stranger === 0n) return;
  await bookTransaction(tx, {
    ...{
      siteId,
      currency,
      key: `settlement ${provider} ${one.day}`,
      kind: 'provider.settled',
      at,
      actor: 'billing',
    },
    refs: { reconciliation: one.id },
    entries: [
      { account: { kind: 'bank' }, amount: gross - fees },
      { account: { kind: 'provider_fees', code: provider }, amount: fees },
      { account: { kind: 'clearing', code: provider }, amount: stranger - gross },
      { account: { kind: 'suspense' }, amount: -stranger },
    ],
  });
}

/** Ours may be a moment later than theirs: what came that near to midnight may be on the other day's statement. */
const MIDNIGHT_MS = 10 * 60_000;
const inner = ({ from, to }: { readonly from: Date; readonly to: Date }) => ({
  from: new Date(from.getTime() + MIDNIGHT_MS),
  to: new Date(to.getTime() - MIDNIGHT_MS),
});

const toStored = ({ ours, theirs, ...difference }: Difference) => ({
  ...difference,
  ours: ours && { ...ours, amount: String(ours.amount) },
  theirs: theirs && { ...theirs, amount: String(theirs.amount) },
});

export type ReconciliationView = z.input<typeof zReconciliation>;

/** By day, newest first. */
export async function listReconciliations(
  tx: Queryable,
  query: { readonly site: string; readonly beforeId?: number | undefined; readonly limit: number },
): Promise<readonly ReconciliationView[]> {
  const { rows } = await tx.query<{
    id: string;
    site_id: string;
    provider: CallingProvider;
    day: string;
    status: ReconciliationView['status'];
    error: string | null;
    rows: number;
    gross: string;
    fees: string;
    differences: ReconciliationView['differences'];
    ended_at: Date | null;
  }>(
    `SELECT id, site_id, provider, to_char(day, 'YYYY-MM-DD') AS day, status, error, rows, gross, fees, differences, ended_at
     FROM reconciliations WHERE site_id = $1
       AND ($2::bigint IS NULL OR (day, id) < (SELECT r.day, r.id FROM reconciliations r WHERE r.id = $2))
     ORDER BY reconciliations.day DESC, id DESC LIMIT $3`,
    [query.site, query.beforeId ?? null, query.limit],
  );
  return rows.map(({ site_id, ended_at, ...row }) => ({
    ...row,
    id: Number(row.id),
    site: site_id,
    endedAt: ended_at?.toISOString() ?? null,
  }));
}
