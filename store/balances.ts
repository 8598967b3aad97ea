import type { Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';

export interface BalanceLine {
  readonly leaseId: number;
  readonly component: string;
  /** Minor units; negative where it gives back (an adjustment, a reversal). */
  readonly amount: bigint;
}

/**
 * Draws fee lines of prepaid leases from their balances: debit prepaid(lease), credit revenue(component), one ledger
 * transaction a lease whose key is `of.key` and the lease. Part of the transaction that posts the lines. A lease
 * whose lines add up to nothing in every component gets none.
 * @throws (unique violation) where such a transaction exists: a batch that has a key of its own is booked once.
 */
export async function chargeBalances(
  tx: Queryable,
  of: {
    readonly siteId: string;
    readonly currency: string;
    readonly runId: number;
    readonly key: string;
    readonly at: Date;
  },
  lines: readonly BalanceLine[],
): Promise<void> {
  const sums = sumUp(lines);
  if (sums.length === 0) return;
  const leases = numbersParam(sums, ({ leaseId }) => leaseId);
  const components = textsParam(sums, ({ component }) => component);
  await tx.query(
    // In one order, so that two batches that need the same new accounts wait for one another instead of dead-locking.
    `INSERT INTO ledger_accounts (site_id, currency, kind, lease_id, code)
     SELECT $1, $2, kind, lease, code FROM (
       SELECT 'prepaid' AS kind, unnest($3::bigint[]) AS lease, NULL AS code
       UNION SELECT 'revenue', NULL, unnest($4::text[])) a
     ORDER BY kind, lease, code
     ON CONFLICT DO NOTHING`,
    [of.siteId, of.currency, leases, components],
  );
  await tx.query(
    `WITH drawn AS (
       SELECT lease, component, amount FROM unnest($7::bigint[], $8::text[], $9::bigint[]) t(lease, component, amount)
     ), booked AS (
       INSERT INTO ledger_transactions (site_id, key, kind, at, actor, refs)
       SELECT DISTINCT $1, $3::text || ' ' || lease, 'prepaid.charged', $4::timestamptz, $5::text,
         jsonb_build_object('run', $6::bigint, 'lease', lease) FROM drawn
       RETURNING id, (refs->>'lease')::bigint AS lease
     ), entries AS (
       SELECT lease, 'prepaid' AS kind, lease AS owner, NULL AS code, sum(amount)::bigint AS amount FROM drawn GROUP BY lease
       UNION ALL SELECT lease, 'revenue', NULL, component, -amount FROM drawn
     )
     INSERT INTO ledger_entries (transaction_id, account_id, amount)
     SELECT b.id, a.id, e.amount FROM entries e JOIN booked b ON b.lease = e.lease
     JOIN ledger_accounts a ON a.site_id = $1 AND a.currency = $2 AND a.kind = e.kind AND a.party_id IS NULL
       AND a.lease_id IS NOT DISTINCT FROM e.owner AND a.code IS NOT DISTINCT FROM e.code
     WHERE e.amount <> 0`,
    [
      ...[of.siteId, of.currency, of.key, of.at, 'billing', of.runId, leases, components],
      numbersParam(sums, ({ amount }) => amount),
    ],
  );
}

/** By lease and component, without those of nothing. */
function sumUp(lines: readonly BalanceLine[]): readonly BalanceLine[] {
  const sums = new Map<string, BalanceLine>();
  for (const { leaseId, component, amount } of lines) {
    const key = `${leaseId} ${component}`;
    sums.set(key, { leaseId, component, amount: (sums.get(key)?.amount ?? 0n) + amount });
  }
  return [...sums.values()].filter(({ amount }) => amount !== 0n);
}
