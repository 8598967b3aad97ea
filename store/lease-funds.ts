import type { Queryable } from './database.ts';
import { readBalance } from './ledger.ts';

/** What a lease has with the market: paid in advance, or left as security. */
export type Fund = 'prepaid' | 'deposit';

/**
 * What a lease can spend of a fund, minor units: what is booked, less what refunds under way will take. Its account is
 * locked until the transaction ends, so that it is spent once.
 */
export async function lockFunds(
  tx: Queryable,
  { siteId, leaseId }: { readonly siteId: string; readonly leaseId: number },
  kind: Fund,
): Promise<bigint> {
  await tx.query(
    'SELECT 1 FROM ledger_accounts WHERE site_id = $1 AND kind = $2 AND lease_id = $3 FOR UPDATE',
    [siteId, kind, leaseId],
  );
  const held = -(await readBalance(tx, siteId, { kind, leaseId }));
  return held - (await readPromised(tx, leaseId, kind));
}

/** A refund takes what a charge left on the fund before what it paid (domain/charges.ts, `refundParts`). */
async function readPromised(tx: Queryable, leaseId: number, kind: Fund): Promise<bigint> {
  const { rows } = await tx.query<{ promised: string }>(
    `SELECT coalesce(sum(least(c.refunded, c.paid - c.applied) - least(r.back, c.paid - c.applied)), 0) AS promised
     FROM charges c CROSS JOIN LATERAL (
       SELECT coalesce(sum(amount), 0) AS back FROM refunds WHERE charge_id = c.id AND status = 'succeeded') r
     WHERE c.lease_id = $1 AND c.refunded > 0 AND (CASE c.purpose WHEN 'deposit' THEN 'deposit' ELSE 'prepaid' END) = $2`,
    [leaseId, kind],
  );
  return BigInt(rows[0]?.promised ?? 0);
}
