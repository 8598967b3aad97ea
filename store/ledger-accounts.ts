import type { z } from 'zod';
import type { Account, zLedgerEntry, zLedgerTransaction, zTrialBalance } from '../contracts/ledger.ts';
import type { AccountKind } from '../domain/ledger.ts';
import type { Queryable } from './database.ts';
import { likeText } from './like-text.ts';

interface AccountRow {
  readonly id: string;
  readonly site_id: string;
  readonly kind: AccountKind;
  readonly lease_id: string | null;
  readonly lease_party: string | null;
  readonly stall: string | null;
  readonly party: string | null;
  readonly code: string | null;
  readonly currency: string;
}

const ACCOUNT = `a.id, a.site_id, a.kind, a.lease_id, lp.name AS lease_party, o.code AS stall, p.name AS party, a.code, a.currency`;
const NAMES = `LEFT JOIN leases l ON l.id = a.lease_id LEFT JOIN parties lp ON lp.id = l.party_id
  LEFT JOIN places o ON o.id = l.place_id LEFT JOIN parties p ON p.id = a.party_id`;

const toAccount = (row: AccountRow): Omit<Account, 'balance'> => ({
  id: Number(row.id),
  site: row.site_id,
  kind: row.kind,
  lease:
    row.lease_id === null
      ? null
      : { id: Number(row.lease_id), party: row.lease_party ?? '', stall: row.stall },
  party: row.party,
  code: row.code,
  currency: row.currency,
});

export interface AccountFilter {
  readonly id?: number | undefined;
  readonly site?: string | undefined;
  readonly kind?: AccountKind | undefined;
  readonly lease?: number | undefined;
  readonly q?: string | undefined;
  readonly afterId?: number | undefined;
  readonly limit: number;
}

/** In the order in which they were first used. */
export async function listAccounts(tx: Queryable, filter: AccountFilter): Promise<readonly Account[]> {
  const q = filter.q === undefined || filter.q === '' ? null : `%${likeText(filter.q)}%`;
  const { rows } = await tx.query<AccountRow & { balance: string }>(
    `SELECT ${ACCOUNT}, (SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e WHERE e.account_id = a.id) AS balance
     FROM ledger_accounts a ${NAMES}
     WHERE ($1::bigint IS NULL OR a.id = $1) AND ($2::text IS NULL OR a.site_id = $2) AND ($3::text IS NULL OR a.kind = $3)
       AND ($4::bigint IS NULL OR a.lease_id = $4) AND ($5::bigint IS NULL OR a.id > $5)
       AND ($6::text IS NULL OR a.code ILIKE $6 OR lp.name ILIKE $6 OR lp.initials ILIKE $6 OR o.code ILIKE $6 OR p.name ILIKE $6)
     ORDER BY a.id LIMIT $7`,
    [
      filter.id ?? null,
      filter.site ?? null,
      filter.kind ?? null,
      filter.lease ?? null,
      filter.afterId ?? null,
      q,
      filter.limit,
    ],
  );
  return rows.map((row) => ({ ...toAccount(row), balance: row.balance }));
}

/** The newest first, each with the account's balance after it. */
export async function listEntries(
  tx: Queryable,
  filter: {
    readonly account: number;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly z.infer<typeof zLedgerEntry>[]> {
  const { rows } = await tx.query<{
    id: string;
    transaction_id: string;
    kind: string;
    at: Date;
    amount: string;
    balance: string;
  }>(
    `WITH page AS (
       SELECT e.id, e.transaction_id, t.kind, t.at, e.amount FROM ledger_entries e
       JOIN ledger_transactions t ON t.id = e.transaction_id
       WHERE e.account_id = $1 AND ($2::timestamptz IS NULL OR t.at >= $2) AND ($3::timestamptz IS NULL OR t.at < $3)
         AND ($4::bigint IS NULL OR e.id < $4) ORDER BY e.id DESC LIMIT $5),
     since AS (
       SELECT id, sum(amount) OVER (ORDER BY id) + (SELECT coalesce(sum(amount), 0) FROM ledger_entries
         WHERE account_id = $1 AND id < (SELECT min(id) FROM page)) AS balance
       FROM ledger_entries WHERE account_id = $1 AND id >= (SELECT min(id) FROM page) AND id <= (SELECT max(id) FROM page))
     SELECT p.*, s.balance FROM page p JOIN since s ON s.id = p.id ORDER BY p.id DESC`,
    [filter.account, filter.from ?? null, filter.to ?? null, filter.beforeId ?? null, filter.limit],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    transaction: Number(row.transaction_id),
    kind: row.kind,
    at: row.at.toISOString(),
    amount: row.amount,
    balance: row.balance,
  }));
}

export async function readTransaction(
  tx: Queryable,
  id: number,
): Promise<z.infer<typeof zLedgerTransaction> | undefined> {
  const { rows: found } = await tx.query<{
    site_id: string;
    key: string;
    kind: string;
    at: Date;
    actor: string;
    refs: Record<string, string | number>;
  }>('SELECT site_id, key, kind, at, actor, refs FROM ledger_transactions WHERE id = $1', [id]);
  const one = found[0];
  if (!one) return undefined;
  const { rows } = await tx.query<AccountRow & { amount: string }>(
    `SELECT ${ACCOUNT}, e.amount FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id ${NAMES}
     WHERE e.transaction_id = $1 ORDER BY e.id`,
    [id],
  );
  return {
    id,
    site: one.site_id,
    key: one.key,
    kind: one.kind,
    at: one.at.toISOString(),
    actor: one.actor,
    refs: one.refs,
    entries: rows.map((row) => ({ account: toAccount(row), amount: row.amount })),
  };
}

/** Debits and credits by kind of account; their sum is zero. */
export async function readTrialBalance(
  tx: Queryable,
  filter: { readonly site: string; readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<z.infer<typeof zTrialBalance>> {
  const { rows } = await tx.query<z.infer<typeof zTrialBalance>['kinds'][number]>(
    `SELECT a.kind, a.currency, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)::text AS debit,
       coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)::text AS credit, sum(e.amount)::text AS balance,
       count(DISTINCT a.id)::int AS accounts
     FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
     WHERE t.site_id = $1 AND ($2::timestamptz IS NULL OR t.at >= $2) AND ($3::timestamptz IS NULL OR t.at < $3)
     GROUP BY 1, 2 ORDER BY 2, 1`,
    [filter.site, filter.from ?? null, filter.to ?? null],
  );
  const currencies = [...new Set(rows.map(({ currency }) => currency))];
  return {
    kinds: rows,
    sums: currencies.map((currency) => {
      const sum = (of: 'debit' | 'credit' | 'balance'): string =>
        `${rows.reduce((total, row) => (row.currency === currency ? total + BigInt(row[of]) : total), 0n)}`;
      return { currency, debit: sum('debit'), credit: sum('credit'), sum: sum('balance') };
    }),
  };
}
