import { type AccountKey, balanced, type Entry } from '../domain/ledger.ts';
import type { Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';

export interface NewTransaction {
  readonly siteId: string;
  readonly currency: string;
  /** Names the cause: the same cause is booked once. */
  readonly key: string;
  /** E.g. `bill.issued`. */
  readonly kind: string;
  readonly at: Date;
  readonly actor: string;
  readonly refs?: Readonly<Record<string, string | number>> | undefined;
  readonly entries: readonly Entry[];
}

/**
 * Books a transaction; makes the accounts that do not exist yet. Returns its id, or undefined where its key was
 * booked before: then nothing is booked. @throws a RangeError when the entries do not add up to zero.
 */
export async function bookTransaction(tx: Queryable, one: NewTransaction): Promise<number | undefined> {
  const entries = balanced(one.entries);
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO ledger_transactions (site_id, key, kind, at, actor, refs) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (site_id, key) DO NOTHING RETURNING id`,
    [one.siteId, one.key, one.kind, one.at, one.actor, JSON.stringify(one.refs ?? {})],
  );
  const id = rows[0]?.id;
  if (id === undefined) return undefined;
  const accounts = [
    ...textsAndNumbers(entries.map(({ account }) => account)),
    numbersParam(entries, ({ amount }) => amount),
  ];
  await tx.query(
    `INSERT INTO ledger_accounts (site_id, currency, kind, lease_id, party_id, code)
     SELECT DISTINCT $1, $2, k, l, p, c FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::text[]) t(k, l, p, c)
     ON CONFLICT DO NOTHING`,
    [one.siteId, one.currency, ...accounts.slice(0, 4)],
  );
  await tx.query(
    `INSERT INTO ledger_entries (transaction_id, account_id, amount)
     SELECT $3, a.id, t.amount
     FROM unnest($4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[]) WITH ORDINALITY
       t(kind, lease, party, code, amount, n)
     JOIN ledger_accounts a ON a.site_id = $1 AND a.currency = $2 AND a.kind = t.kind
       AND a.lease_id IS NOT DISTINCT FROM t.lease AND a.party_id IS NOT DISTINCT FROM t.party
       AND a.code IS NOT DISTINCT FROM t.code
     ORDER BY t.n`,
    [one.siteId, one.currency, id, ...accounts],
  );
  return Number(id);
}

const textsAndNumbers = (keys: readonly AccountKey[]): unknown[] => [
  textsParam(keys, ({ kind }) => kind),
  numbersParam(keys, ({ leaseId }) => leaseId ?? null),
  numbersParam(keys, ({ partyId }) => partyId ?? null),
  textsParam(keys, ({ code }) => code ?? null),
];

/** Minor units, debits positive; zero for an account that has never been booked. */
export async function readBalance(
  tx: Queryable,
  siteId: string,
  { kind, leaseId, partyId, code }: AccountKey,
): Promise<bigint> {
  const { rows } = await tx.query<{ balance: string }>(
    `SELECT coalesce(sum(e.amount), 0) AS balance FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
     WHERE a.site_id = $1 AND a.kind = $2 AND a.lease_id IS NOT DISTINCT FROM $3
       AND a.party_id IS NOT DISTINCT FROM $4 AND a.code IS NOT DISTINCT FROM $5`,
    [siteId, kind, leaseId ?? null, partyId ?? null, code ?? null],
  );
  return BigInt(rows[0]?.balance ?? 0);
}
