import { randomBytes } from 'node:crypto';
import { CHANNELS } from '../contracts/notify.ts';
import {
  CHARGE_OPEN,
  type ChargePurpose,
  type ChargeStatus,
  PAY_WITHIN_MS,
  type Provider,
} from '../domain/charges.ts';
import { lockBill, readDue } from './bill-due.ts';
import type { Queryable } from './database.ts';

/** As billing needs it to talk to a provider. */
export interface Charge {
  readonly id: number;
  readonly siteId: string;
  readonly leaseId: number;
  readonly purpose: ChargePurpose;
  readonly billId: number | null;
  readonly provider: Provider;
  readonly orderNo: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
  readonly status: ChargeStatus;
  readonly providerRef: string | null;
  readonly payWith: Readonly<Record<string, string>> | null;
  /** How often the provider was called, this time included. */
  readonly attempts: number;
  readonly automatic: boolean;
  readonly cancelledBy: string | null;
  readonly expiresAt: Date | null;
  readonly paid: bigint | null;
  readonly applied: bigint | null;
  readonly refunded: bigint;
}

export interface NewCharge {
  readonly leaseId: number;
  readonly purpose: ChargePurpose;
  readonly billId?: number | undefined;
  readonly provider: Provider;
  /** Minor units. */
  readonly amount: bigint;
  readonly requestedBy: string;
  readonly at: Date;
  readonly automatic?: boolean | undefined;
  readonly payWith?: Readonly<Record<string, string>> | undefined;
}

export type Created =
  | { readonly ok: true; readonly id: number; readonly siteId: string; readonly orderNo: string }
  | { readonly ok: false; readonly reason: 'no_such_lease' | 'no_such_bill' | 'not_issued' }
  | { readonly ok: false; readonly reason: 'above_due'; readonly due: bigint }
  | { readonly ok: false; readonly reason: 'open_charge'; readonly chargeId: number };

/** Crockford's base 32: a payer may have to type it, so no I, L, O or U. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `SG` and 50 random bits: taken by every provider as an order number, and short enough to write into a transfer. */
export const newOrderNo = (prefix: 'SG' | 'RF'): string =>
  prefix + Array.from(randomBytes(10), (byte) => DIGITS[byte & 31]).join('');

/**
 * Writes a charge down and wakes billing, which asks the provider. A bill has one open charge at most, for no more
 * than is due on it.
 */
export async function createCharge(tx: Queryable, one: NewCharge): Promise<Created> {
  const { rows } = await tx.query<{ site_id: string; currency: string }>(
    'SELECT l.site_id, s.currency FROM leases l JOIN sites s ON s.id = l.site_id WHERE l.id = $1',
    [one.leaseId],
  );
  const lease = rows[0];
  if (!lease) return { ok: false, reason: 'no_such_lease' };
  let { currency } = lease;
  if (one.billId !== undefined) {
    const bill = await lockBill(tx, one.billId);
    if (!bill || bill.leaseId !== one.leaseId) return { ok: false, reason: 'no_such_bill' };
    if (bill.status !== 'issued' && bill.status !== 'paid') return { ok: false, reason: 'not_issued' };
    const open = await openChargeOf(tx, one.billId);
    if (open !== undefined) return { ok: false, reason: 'open_charge', chargeId: open };
    const due = await readDue(tx, one.billId);
    if (one.amount > due) return { ok: false, reason: 'above_due', due: due < 0n ? 0n : due };
    currency = bill.currency;
  }
  const orderNo = newOrderNo('SG');
  const created = await tx.query<{ id: string }>(
    `INSERT INTO charges (site_id, lease_id, purpose, bill_id, provider, order_no, amount, currency, status,
       requested_by, automatic, pay_with, created_at, next_look_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'created', $9, $10, $11, $12, $12, $13) RETURNING id`,
    [
      ...[lease.site_id, one.leaseId, one.purpose, one.billId ?? null, one.provider, orderNo],
      ...[one.amount, currency, one.requestedBy, one.automatic ?? false],
      ...[one.payWith === undefined ? null : JSON.stringify(one.payWith), one.at],
      new Date(one.at.getTime() + PAY_WITHIN_MS[one.provider]),
    ],
  );
  const id = Number(created.rows[0]?.id);
  await recordEvent(tx, { chargeId: id, status: 'created', at: one.at });
  await wakeBilling(tx);
  return { ok: true, id, siteId: lease.site_id, orderNo };
}

export async function openChargeOf(tx: Queryable, billId: number): Promise<number | undefined> {
  const { rows } = await tx.query<{ id: string }>(
    'SELECT id FROM charges WHERE bill_id = $1 AND status = ANY($2)',
    [billId, CHARGE_OPEN],
  );
  return rows[0] && Number(rows[0].id);
}

/** Payments of a lease that are for no bill and not decided. */
export async function countOpenTopUps(tx: Queryable, leaseId: number): Promise<number> {
  const { rows } = await tx.query<{ count: string }>(
    'SELECT count(*) AS count FROM charges WHERE lease_id = $1 AND bill_id IS NULL AND status = ANY($2)',
    [leaseId, CHARGE_OPEN],
  );
  return Number(rows[0]?.count ?? 0);
}

/**
 * Takes the charge that is longest due for its provider: the call is counted before it is made, so that whoever
 * takes it up after a crash knows that the provider may have been called. Others leave it alone for `leaseMs`.
 */
export async function claimCharge(tx: Queryable, now: Date, leaseMs: number): Promise<Charge | undefined> {
  const { rows } = await tx.query<ChargeRow>(
    `UPDATE charges SET attempts = attempts + 1, next_look_at = $2
     WHERE id = (SELECT id FROM charges WHERE status = ANY($3) AND next_look_at <= $1
       ORDER BY next_look_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING *`,
    [now, new Date(now.getTime() + leaseMs), CHARGE_OPEN],
  );
  return rows[0] && toCharge(rows[0]);
}

/** Locks its bill first, as everybody does who books on one, and then the charge. */
export async function lockCharge(tx: Queryable, id: number): Promise<Charge | undefined> {
  const { rows } = await tx.query<{ bill_id: string | null }>('SELECT bill_id FROM charges WHERE id = $1', [
    id,
  ]);
  if (!rows[0]) return undefined;
  if (rows[0].bill_id !== null) await lockBill(tx, Number(rows[0].bill_id));
  const locked = await tx.query<ChargeRow>('SELECT * FROM charges WHERE id = $1 FOR UPDATE', [id]);
  return locked.rows[0] && toCharge(locked.rows[0]);
}

export async function findChargeByOrder(
  tx: Queryable,
  provider: Provider,
  orderNo: string,
): Promise<Charge | undefined> {
  const { rows } = await tx.query<ChargeRow>('SELECT * FROM charges WHERE order_no = $1 AND provider = $2', [
    orderNo,
    provider,
  ]);
  return rows[0] && toCharge(rows[0]);
}

/** Has the provider asked at once about the charge and its refunds; false when all of them are decided. */
export async function lookNow(tx: Queryable, id: number, at: Date): Promise<boolean> {
  const values = [id, at, CHARGE_OPEN];
  const charge = await tx.query(
    'UPDATE charges SET next_look_at = $2 WHERE id = $1 AND status = ANY($3)',
    values,
  );
  const refunds = await tx.query(
    'UPDATE refunds SET next_look_at = $2 WHERE charge_id = $1 AND status = ANY($3)',
    values,
  );
  await wakeBilling(tx);
  return charge.rowCount === 1 || (refunds.rowCount ?? 0) > 0;
}

/** Ends the payer's time: the provider is asked once more, told to close it, and only then has it failed. */
export async function cancelCharge(tx: Queryable, id: number, by: string, at: Date): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE charges SET expires_at = $2, next_look_at = $2, cancelled_by = $3 WHERE id = $1 AND status = ANY($4)`,
    [id, at, by, CHARGE_OPEN],
  );
  await wakeBilling(tx);
  return rowCount === 1;
}

export async function recordEvent(
  tx: Queryable,
  event: {
    readonly chargeId: number;
    readonly refundId?: number | undefined;
    readonly status: ChargeStatus;
    readonly failure?: string | undefined;
    readonly at: Date;
  },
): Promise<void> {
  await tx.query(
    'INSERT INTO charge_events (charge_id, refund_id, status, failure, at) VALUES ($1, $2, $3, $4, $5)',
    [event.chargeId, event.refundId ?? null, event.status, event.failure ?? null, event.at],
  );
}

/** When the transaction commits, billing looks for what is to be asked of providers. */
export async function wakeBilling(tx: Queryable): Promise<void> {
  await tx.query('SELECT pg_notify($1, $2)', [CHANNELS.charges, '{}']);
}

interface ChargeRow {
  id: string;
  site_id: string;
  lease_id: string;
  purpose: ChargePurpose;
  bill_id: string | null;
  provider: Provider;
  order_no: string;
  amount: string;
  currency: string;
  status: ChargeStatus;
  provider_ref: string | null;
  pay_with: Record<string, string> | null;
  attempts: number;
  automatic: boolean;
  cancelled_by: string | null;
  expires_at: Date | null;
  paid: string | null;
  applied: string | null;
  refunded: string;
}

const toCharge = (row: ChargeRow): Charge => ({
  id: Number(row.id),
  siteId: row.site_id,
  leaseId: Number(row.lease_id),
  purpose: row.purpose,
  billId: row.bill_id === null ? null : Number(row.bill_id),
  provider: row.provider,
  orderNo: row.order_no,
  amount: BigInt(row.amount),
  currency: row.currency,
  status: row.status,
  providerRef: row.provider_ref,
  payWith: row.pay_with,
  attempts: row.attempts,
  automatic: row.automatic,
  cancelledBy: row.cancelled_by,
  expiresAt: row.expires_at,
  paid: row.paid === null ? null : BigInt(row.paid),
  applied: row.applied === null ? null : BigInt(row.applied),
  refunded: BigInt(row.refunded),
});
