import { AUTO_PROVIDERS, CHARGE_OPEN } from '../domain/charges.ts';
import { readDue } from './bill-due.ts';
import { findPaymentMethod } from './charge-views.ts';
import { createCharge } from './charges.ts';
import type { Queryable } from './database.ts';

/**
 * Issued bills whose due date has come in their market's zone, whose lease is charged by itself, and that have not
 * been so far, after the id `afterId`. A bill that is disputed or under payment waits.
 */
export async function listAutoCharged(
  tx: Queryable,
  siteId: string,
  now: Date,
  afterId: number,
  limit: number,
): Promise<readonly number[]> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT b.id FROM bills b JOIN sites s ON s.id = b.site_id JOIN lease_payment_methods m ON m.lease_id = b.lease_id
     WHERE b.site_id = $1 AND b.id > $5 AND b.status = 'issued' AND m.autopay AND m.provider = ANY($3)
       AND (b.due_at AT TIME ZONE s.time_zone)::date <= ($2::timestamptz AT TIME ZONE s.time_zone)::date
       AND NOT EXISTS (SELECT 1 FROM charges c WHERE c.bill_id = b.id AND (c.automatic OR c.status = ANY($4)))
       AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.bill_id = b.id AND d.status = 'open')
     ORDER BY b.id LIMIT $6`,
    [siteId, now, AUTO_PROVIDERS, CHARGE_OPEN, afterId, limit],
  );
  return rows.map(({ id }) => Number(id));
}

/** Charges what is due on a bill to its lease's method, once: a second one is refused by the database. */
export async function autoCharge(tx: Queryable, billId: number, at: Date): Promise<boolean> {
  const { rows } = await tx.query<{ lease_id: string }>(
    'SELECT lease_id FROM bills WHERE id = $1 FOR UPDATE',
    [billId],
  );
  const leaseId = Number(rows[0]?.lease_id);
  const method = await findPaymentMethod(tx, leaseId);
  const amount = await readDue(tx, billId);
  if (!method?.autopay || amount <= 0n) return false;
  const again = await tx.query('SELECT 1 FROM charges WHERE bill_id = $1 AND automatic', [billId]);
  if (again.rowCount !== 0) return false;
  const created = await createCharge(tx, {
    ...{ leaseId, billId, purpose: 'bill', provider: method.provider, amount, at },
    ...{ automatic: true, requestedBy: 'schedule' },
  });
  return created.ok;
}
