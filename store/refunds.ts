import { CHARGE_OPEN, type ChargeStatus, type Provider, refundParts } from '../domain/charges.ts';
import { applyBalance, settleIfPaid } from './bill-settling.ts';
import { closeCase, openCase } from './cases.ts';
import { creditOf, moneyIn, type Outcome, REASON_LENGTH_MAX } from './charge-outcomes.ts';
import { type Charge, lockCharge, newOrderNo, recordEvent, wakeBilling } from './charges.ts';
import type { Queryable } from './database.ts';
import { overtakeHandOutcome } from './hand-outcomes.ts';
import { lockFunds } from './lease-funds.ts';
import { bookTransaction } from './ledger.ts';

export interface Refund {
  readonly id: number;
  readonly chargeId: number;
  readonly orderNo: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly status: ChargeStatus;
  readonly reason: string;
  readonly attempts: number;
}

export type RefundCreated =
  | { readonly ok: true; readonly id: number }
  | { readonly ok: false; readonly reason: 'no_such_charge' }
  | { readonly ok: false; readonly reason: 'not_succeeded' }
  /** `left`: what can still be given back. */
  | { readonly ok: false; readonly reason: 'above_paid'; readonly left: bigint }
  | { readonly ok: false; readonly reason: 'balance_spent'; readonly left: bigint };

/** Writes a refund down, reserves its amount on the charge, and wakes billing, which asks the provider. */
export async function createRefund(
  tx: Queryable,
  one: {
    readonly chargeId: number;
    readonly amount: bigint;
    readonly reason: string;
    readonly requestedBy: string;
    readonly at: Date;
  },
): Promise<RefundCreated> {
  const charge = await lockCharge(tx, one.chargeId);
  if (!charge) return { ok: false, reason: 'no_such_charge' };
  if (charge.status !== 'succeeded' || charge.paid === null) return { ok: false, reason: 'not_succeeded' };
  const left = charge.paid - charge.refunded;
  if (one.amount > left) return { ok: false, reason: 'above_paid', left };
  // What became balance or deposit can be given back only while it is there.
  const { credit } = refundParts(partsPaid(charge), charge.refunded, one.amount);
  if (credit > 0n) {
    const held = await lockFunds(tx, charge, creditOf(charge));
    if (held < credit) return { ok: false, reason: 'balance_spent', left: held < 0n ? 0n : held };
  }
  await tx.query('UPDATE charges SET refunded = refunded + $2 WHERE id = $1', [charge.id, one.amount]);
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO refunds (site_id, charge_id, order_no, amount, status, reason, requested_by, created_at, next_look_at)
     VALUES ($1, $2, $3, $4, 'created', $5, $6, $7, $7) RETURNING id`,
    [charge.siteId, charge.id, newOrderNo('RF'), one.amount, one.reason, one.requestedBy, one.at],
  );
  const id = Number(rows[0]?.id);
  await recordEvent(tx, { chargeId: charge.id, refundId: id, status: 'created', at: one.at });
  await wakeBilling(tx);
  return { ok: true, id };
}

export async function claimRefund(tx: Queryable, now: Date, leaseMs: number): Promise<Refund | undefined> {
  const { rows } = await tx.query<RefundRow>(
    `UPDATE refunds SET attempts = attempts + 1, next_look_at = $2
     WHERE id = (SELECT id FROM refunds WHERE status = ANY($3) AND next_look_at <= $1
       ORDER BY next_look_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING *`,
    [now, new Date(now.getTime() + leaseMs), CHARGE_OPEN],
  );
  return rows[0] && toRefund(rows[0]);
}

export async function findRefundByOrder(
  tx: Queryable,
  provider: Provider,
  orderNo: string,
): Promise<Refund | undefined> {
  const { rows } = await tx.query<RefundRow>(
    'SELECT r.* FROM refunds r JOIN charges c ON c.id = r.charge_id WHERE r.order_no = $1 AND c.provider = $2',
    [orderNo, provider],
  );
  return rows[0] && toRefund(rows[0]);
}

export async function lockRefund(tx: Queryable, id: number): Promise<Refund | undefined> {
  const { rows } = await tx.query<RefundRow>('SELECT * FROM refunds WHERE id = $1 FOR UPDATE', [id]);
  return rows[0] && toRefund(rows[0]);
}

const caseOfRefund = (charge: Charge, refund: Refund, at: Date) =>
  ({ siteId: charge.siteId, kind: 'payment_mismatch', key: `refund ${refund.id}`, at }) as const;

/**
 * Takes down what became of a refund, as `applyOutcome` does of a charge. When the money has gone back, the entries
 * that brought it in are booked the other way, once: the key is the refund. A provider that contradicts what is known
 * opens a case and changes nothing; only a person (`byHand`) may say that a refund which failed has gone back.
 */
export async function applyRefundOutcome(
  tx: Queryable,
  { id, chargeId }: Pick<Refund, 'id' | 'chargeId'>,
  outcome: Outcome,
  by: { readonly actor: string; readonly at: Date; readonly byHand?: boolean },
): Promise<ChargeStatus | undefined> {
  const charge = await lockCharge(tx, chargeId);
  const refund = await lockRefund(tx, id);
  if (!charge || !refund) return undefined;
  const { at, byHand = false } = by;
  const isOver = refund.status === 'succeeded' || refund.status === 'failed';
  const about = { charge: charge.id, refund: refund.id, order: refund.orderNo };
  if (outcome.status === 'succeeded') {
    const isAsAsked = outcome.paid === refund.amount && outcome.currency === charge.currency;
    if (refund.status === 'succeeded' && isAsAsked) return 'succeeded';
    if (!isAsAsked || (refund.status === 'failed' && !byHand)) {
      // Not what was asked for: a person decides, and nothing is booked until then.
      const detail = `the provider says that ${outcome.paid} ${outcome.currency} went back`;
      await openCase(tx, {
        ...caseOfRefund(charge, refund, at),
        subject: { ...about, reason: 'refund_differs', expected: String(refund.amount), detail },
      });
      if (isOver) return refund.status;
      return wait(tx, refund, { status: 'unknown', reason: detail, nextLookAt: null }, at);
    }
    // What had failed is reserved no longer.
    if (refund.status === 'failed')
      await tx.query('UPDATE charges SET refunded = refunded + $2 WHERE id = $1', [charge.id, refund.amount]);
    await end(tx, refund, { status: 'succeeded', failure: null }, by);
    await bookRefund(tx, charge, refund, by);
    await closeCase(tx, { ...caseOfRefund(charge, refund, at), by: by.actor, resolution: 'succeeded' });
    return 'succeeded';
  }
  if (outcome.status !== 'failed') return isOver ? refund.status : wait(tx, refund, outcome, at);
  if (refund.status === 'failed') return 'failed';
  const detail = outcome.reason.slice(0, REASON_LENGTH_MAX);
  const opened = (reason: 'refund_failed' | 'refund_failed_after_success') =>
    openCase(tx, { ...caseOfRefund(charge, refund, at), subject: { ...about, reason, detail } });
  if (refund.status === 'succeeded') {
    // Money that was said to have gone back and is said not to have: the ledger stays until a person knows.
    await opened('refund_failed_after_success');
    return 'succeeded';
  }
  await end(tx, refund, { status: 'failed', failure: detail }, by);
  await tx.query('UPDATE charges SET refunded = refunded - $2 WHERE id = $1', [charge.id, refund.amount]);
  // Whoever says it by hand knows it already.
  if (byHand)
    await closeCase(tx, { ...caseOfRefund(charge, refund, at), by: by.actor, resolution: 'failed' });
  else await opened('refund_failed');
  return 'failed';
}

async function wait(
  tx: Queryable,
  refund: Refund,
  outcome: Extract<Outcome, { status: 'submitted' | 'unknown' }>,
  at: Date,
): Promise<ChargeStatus> {
  const failure = outcome.status === 'unknown' ? outcome.reason.slice(0, REASON_LENGTH_MAX) : null;
  await tx.query('UPDATE refunds SET status = $2, failure = $3, next_look_at = $4 WHERE id = $1', [
    ...[refund.id, outcome.status, failure, outcome.nextLookAt],
  ]);
  if (outcome.status !== refund.status)
    await recordEvent(tx, { ...ids(refund), status: outcome.status, failure: failure ?? undefined, at });
  return outcome.status;
}

async function end(
  tx: Queryable,
  refund: Refund,
  { status, failure }: { readonly status: 'succeeded' | 'failed'; readonly failure: string | null },
  by: { readonly actor: string; readonly at: Date },
): Promise<void> {
  await tx.query(
    'UPDATE refunds SET status = $2, failure = $3, next_look_at = NULL, ended_at = $4 WHERE id = $1',
    [refund.id, status, failure, by.at],
  );
  await recordEvent(tx, { ...ids(refund), status, failure: failure ?? undefined, at: by.at });
  await overtakeHandOutcome(tx, ids(refund), by);
}

const partsPaid = ({ paid, applied }: Charge) => ({
  applied: applied ?? 0n,
  credit: (paid ?? 0n) - (applied ?? 0n),
});

const ids = ({ id, chargeId }: Refund) => ({ chargeId, refundId: id });

async function bookRefund(
  tx: Queryable,
  charge: Charge,
  refund: Refund,
  { actor, at }: { readonly actor: string; readonly at: Date },
): Promise<void> {
  const { rows } = await tx.query<{ sum: string }>(
    `SELECT coalesce(sum(amount), 0) AS sum FROM refunds WHERE charge_id = $1 AND status = 'succeeded' AND id <> $2`,
    [charge.id, refund.id],
  );
  const { credit, applied } = refundParts(partsPaid(charge), BigInt(rows[0]?.sum ?? 0), refund.amount);
  const { leaseId, billId } = charge;
  await bookTransaction(tx, {
    siteId: charge.siteId,
    currency: charge.currency,
    key: `refund ${refund.id}`,
    kind: 'charge.refunded',
    at,
    actor,
    refs: {
      ...{ charge: charge.id, refund: refund.id, lease: leaseId },
      ...(billId === null ? {} : { bill: billId }),
    },
    entries: [
      { account: moneyIn(charge.provider, leaseId), amount: -refund.amount },
      { account: { kind: 'receivable', leaseId }, amount: applied },
      { account: { kind: creditOf(charge), leaseId }, amount: credit },
    ],
  });
  if (billId === null) return;
  await settleIfPaid(tx, billId, at);
  await applyBalance(tx, billId, at, actor);
}

interface RefundRow {
  id: string;
  charge_id: string;
  order_no: string;
  amount: string;
  status: ChargeStatus;
  reason: string;
  attempts: number;
}

const toRefund = (row: RefundRow): Refund => ({
  id: Number(row.id),
  chargeId: Number(row.charge_id),
  orderNo: row.order_no,
  amount: BigInt(row.amount),
  status: row.status,
  reason: row.reason,
  attempts: row.attempts,
});
