import { type ChargeStatus, type Provider, splitPaid } from '../domain/charges.ts';
import type { AccountKey } from '../domain/ledger.ts';
import { readDue } from './bill-due.ts';
import { settleIfPaid } from './bill-settling.ts';
import { closeCase, openCase } from './cases.ts';
import { type Charge, lockCharge, recordEvent } from './charges.ts';
import type { Queryable } from './database.ts';
import { isFailedByHand, overtakeHandOutcome } from './hand-outcomes.ts';
import { type Fund, lockFunds } from './lease-funds.ts';
import { bookTransaction } from './ledger.ts';

/** What a provider, a bank statement or a person said of a charge. */
export type Outcome =
  | {
      readonly status: 'submitted';
      readonly providerRef?: string | undefined;
      readonly payWith?: Readonly<Record<string, string>> | undefined;
      readonly nextLookAt: Date | null;
    }
  | { readonly status: 'unknown'; readonly reason: string; readonly nextLookAt: Date | null }
  | { readonly status: 'failed'; readonly reason: string; readonly providerRef?: string | undefined }
  | {
      readonly status: 'succeeded';
      readonly providerRef?: string | undefined;
      /** What came in, minor units. */
      readonly paid: bigint;
      readonly currency: string;
    };

export const REASON_LENGTH_MAX = 300;

/** Which account money of a provider comes in on. */
export function moneyIn(provider: Provider, leaseId: number): AccountKey {
  if (provider === 'balance') return { kind: 'prepaid', leaseId };
  return provider === 'bank_transfer' ? { kind: 'bank' } : { kind: 'clearing', code: provider };
}

export const caseOf = (charge: Pick<Charge, 'siteId' | 'id'>, at: Date) =>
  ({ siteId: charge.siteId, kind: 'payment_mismatch', key: `charge ${charge.id}`, at }) as const;

/**
 * Takes down what became of a charge. Money is booked once, whoever says so and how often: the key is the charge.
 * What is due on the bill is paid by it and the rest stays the lease's own; whatever is not as it was asked for opens
 * a case. Returns the status that the charge has now.
 */
export async function applyOutcome(
  tx: Queryable,
  id: number,
  outcome: Outcome,
  by: { readonly actor: string; readonly at: Date },
): Promise<ChargeStatus | undefined> {
  const charge = await lockCharge(tx, id);
  if (!charge) return undefined;
  switch (outcome.status) {
    case 'submitted':
    case 'unknown':
      return applyWaiting(tx, charge, outcome, by.at);
    case 'failed':
      return applyFailed(tx, charge, outcome, by);
    case 'succeeded':
      return applySucceeded(tx, charge, outcome, by);
  }
}

async function applyWaiting(
  tx: Queryable,
  charge: Charge,
  outcome: Extract<Outcome, { status: 'submitted' | 'unknown' }>,
  at: Date,
): Promise<ChargeStatus> {
  // An answer that was under way while another one decided it.
  if (charge.status === 'succeeded' || charge.status === 'failed') return charge.status;
  const { status, nextLookAt } = outcome;
  const { providerRef = null, payWith } = outcome.status === 'submitted' ? outcome : {};
  const failure = outcome.status === 'unknown' ? outcome.reason.slice(0, REASON_LENGTH_MAX) : null;
  await tx.query(
    `UPDATE charges SET status = $2, provider_ref = coalesce($3, provider_ref), pay_with = coalesce($4, pay_with),
       failure = $5, next_look_at = $6 WHERE id = $1`,
    [
      charge.id,
      status,
      providerRef,
      payWith === undefined ? null : JSON.stringify(payWith),
      failure,
      nextLookAt,
    ],
  );
  if (status !== charge.status)
    await recordEvent(tx, { chargeId: charge.id, status, failure: failure ?? undefined, at });
  return status;
}

async function applyFailed(
  tx: Queryable,
  charge: Charge,
  outcome: Extract<Outcome, { status: 'failed' }>,
  by: { readonly actor: string; readonly at: Date },
): Promise<ChargeStatus> {
  const { at } = by;
  if (charge.status === 'failed') return 'failed';
  const failure = outcome.reason.slice(0, REASON_LENGTH_MAX);
  if (charge.status === 'succeeded') {
    // Money that was said to have come and is said not to have: the ledger stays until a person knows.
    await openCase(tx, {
      ...caseOf(charge, at),
      subject: { charge: charge.id, order: charge.orderNo, reason: 'failed_after_success', detail: failure },
    });
    return 'succeeded';
  }
  await tx.query(
    `UPDATE charges SET status = 'failed', failure = $2, provider_ref = coalesce($3, provider_ref),
       next_look_at = NULL, ended_at = $4 WHERE id = $1`,
    [charge.id, failure, outcome.providerRef ?? null, at],
  );
  await recordEvent(tx, { chargeId: charge.id, status: 'failed', failure, at });
  await closeUnknown(tx, charge, by, 'failed');
  return 'failed';
}

async function applySucceeded(
  tx: Queryable,
  charge: Charge,
  outcome: Extract<Outcome, { status: 'succeeded' }>,
  { actor, at }: { readonly actor: string; readonly at: Date },
): Promise<ChargeStatus> {
  const about = { charge: charge.id, order: charge.orderNo };
  if (charge.status === 'succeeded') {
    if (outcome.paid === charge.paid && outcome.currency === charge.currency) return 'succeeded';
    // What is booked stays until a person has looked.
    const detail = `booked were ${charge.paid} ${charge.currency}, and now the provider says ${outcome.paid} ${outcome.currency}`;
    await openCase(tx, { ...caseOf(charge, at), subject: { ...about, reason: 'success_differs', detail } });
    return 'succeeded';
  }
  if (outcome.currency !== charge.currency || outcome.paid <= 0n) {
    // Not money as we know it: nothing is booked, and nobody is asked again, until a person has looked.
    const reason = `the provider says that ${outcome.paid} ${outcome.currency} came in, not ${charge.amount} ${charge.currency}`;
    await openCase(tx, {
      ...caseOf(charge, at),
      subject: { ...about, reason: 'currency_differs', detail: reason },
    });
    if (charge.status === 'failed') return 'failed';
    return applyWaiting(tx, charge, { status: 'unknown', reason, nextLookAt: null }, at);
  }
  const due = charge.billId === null ? 0n : await readDue(tx, charge.billId);
  const { applied, credit } = splitPaid(outcome.paid, due);
  await tx.query(
    `UPDATE charges SET status = 'succeeded', failure = NULL, provider_ref = coalesce($2, provider_ref), paid = $3,
       applied = $4, next_look_at = NULL, ended_at = $5 WHERE id = $1`,
    [charge.id, outcome.providerRef ?? null, outcome.paid, applied, at],
  );
  await recordEvent(tx, { chargeId: charge.id, status: 'succeeded', at });
  const { leaseId, billId } = charge;
  await bookTransaction(tx, {
    siteId: charge.siteId,
    currency: charge.currency,
    key: `charge ${charge.id}`,
    kind: 'charge.succeeded',
    at,
    actor,
    refs: { charge: charge.id, lease: leaseId, ...(billId === null ? {} : { bill: billId }) },
    entries: [
      { account: moneyIn(charge.provider, leaseId), amount: outcome.paid },
      { account: { kind: 'receivable', leaseId }, amount: -applied },
      { account: { kind: creditOf(charge), leaseId }, amount: -credit },
    ],
  });
  await closeUnknown(tx, charge, { actor, at }, 'succeeded');
  if (billId !== null) await settleIfPaid(tx, billId, at);
  const isContradiction =
    charge.status === 'failed' && (await isFailedByHand(tx, { chargeId: charge.id, refundId: null }));
  const mismatch =
    outcome.paid !== charge.amount
      ? 'amount_differs'
      : billId !== null && credit > 0n
        ? 'paid_twice'
        : isContradiction
          ? 'paid_after_all'
          : null;
  if (mismatch !== null) {
    await openCase(tx, {
      ...caseOf(charge, at),
      subject: {
        ...about,
        reason: mismatch,
        lease: leaseId,
        ...(billId === null ? {} : { bill: billId }),
        expected: String(charge.amount),
        paid: String(outcome.paid),
        credit: String(credit),
        currency: charge.currency,
      },
    });
  }
  return 'succeeded';
}

async function closeUnknown(
  tx: Queryable,
  charge: Charge,
  { actor, at }: { readonly actor: string; readonly at: Date },
  resolution: string,
): Promise<void> {
  if (charge.status !== 'unknown') return;
  await closeCase(tx, { ...caseOf(charge, at), by: actor, resolution });
  await overtakeHandOutcome(tx, { chargeId: charge.id, refundId: null }, { actor, at });
}

/** Pays a charge from the lease's balance, or fails it where that is too low or nobody asks for it any more. */
export async function payFromBalance(tx: Queryable, id: number, at: Date): Promise<ChargeStatus | undefined> {
  const charge = await lockCharge(tx, id);
  if (!charge) return undefined;
  const by = { actor: 'billing', at };
  if (charge.cancelledBy !== null) return applyOutcome(tx, id, { status: 'failed', reason: 'cancelled' }, by);
  if ((await lockFunds(tx, charge, 'prepaid')) < charge.amount)
    return applyOutcome(tx, id, { status: 'failed', reason: 'balance_too_low' }, by);
  return applyOutcome(tx, id, { status: 'succeeded', paid: charge.amount, currency: charge.currency }, by);
}

/** Where money goes that pays no bill. */
export const creditOf = ({ purpose }: Pick<Charge, 'purpose'>): Fund =>
  purpose === 'deposit' ? 'deposit' : 'prepaid';
