import type { Logger } from 'pino';
import { LOOKS_MAX, lookAfterMs } from '../domain/charges.ts';
import { openCase } from '../store/cases.ts';
import { applyOutcome, caseOf, type Outcome, payFromBalance } from '../store/charge-outcomes.ts';
import { findPayer, orderText } from '../store/charge-views.ts';
import type { Charge } from '../store/charges.ts';
import type { Database } from '../store/database.ts';
import { applyRefundOutcome, type Refund } from '../store/refunds.ts';
import { transaction } from '../store/transaction.ts';
import { chargeStepsTotal } from './metrics.ts';
import type { Order, PaymentProvider, Providers, QueryAnswer } from './providers/port.ts';

export interface StepDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly now: () => Date;
  readonly providers: Providers;
}

/** Longer than a provider may take, so that nobody takes a charge up while somebody is still asking. */
export const CLAIM_MS = 60_000;
/** A payer may take a while; the provider's callback usually comes first. */
const PENDING_LOOK_MS_MAX = 60_000;
/** After so many looks without an answer a person is told, while the provider is still asked. */
const CASE_AFTER_LOOKS = 10;

/**
 * One step of a charge: the first one submits it, every later one asks what became of it. Whether the process died
 * before, during or after the call makes no difference: the number is the same, and what the provider has under it
 * is found or, if it says that it has nothing, submitted under it again.
 */
export async function stepCharge(deps: StepDeps, charge: Charge): Promise<void> {
  const { db, now } = deps;
  if (charge.provider === 'balance') {
    await transaction(db, (tx) => payFromBalance(tx, charge.id, now()));
    return;
  }
  const provider = deps.providers.get(charge.provider);
  const answer: QueryAnswer = provider
    ? await askCharge(deps, provider, charge)
    : notConfigured(charge.status === 'created' && charge.attempts === 1);
  const at = now();
  const outcome = outcomeOf(answer, charge, at);
  await transaction(db, async (tx) => {
    const status = await applyOutcome(tx, charge.id, outcome, { actor: 'billing', at });
    if (status === 'unknown' && charge.attempts >= CASE_AFTER_LOOKS) {
      const reason = outcome.status === 'unknown' ? outcome.reason : '';
      const subject = { charge: charge.id, order: charge.orderNo, reason: 'no_answer', detail: reason };
      await openCase(tx, { ...caseOf(charge, at), subject });
    }
  });
  chargeStepsTotal.inc({ provider: charge.provider, of: 'charge', status: outcome.status });
  deps.log.info(
    { charge: charge.id, site: charge.siteId, provider: charge.provider, status: outcome.status },
    'billing: charge',
  );
}

async function askCharge(deps: StepDeps, provider: PaymentProvider, charge: Charge): Promise<QueryAnswer> {
  const over = charge.expiresAt !== null && charge.expiresAt <= deps.now();
  const ended = { status: 'failed', reason: charge.cancelledBy === null ? 'expired' : 'cancelled' } as const;
  const isFirst = charge.status === 'created' && charge.attempts === 1;
  // Nobody was asked yet.
  if (isFirst && over) return ended;
  const order = await orderOf(deps.db, charge);
  if (isFirst) return provider.submit(order);
  const answer = await provider.query(order);
  if (over) {
    if (answer.status !== 'none' && answer.status !== 'submitted') return answer;
    const closed = await provider.close(order);
    return closed.status === 'closed' ? ended : closed;
  }
  const awaitsPayer = answer.status === 'submitted' && charge.payWith === null && order.payer === null;
  return answer.status === 'none' || awaitsPayer ? provider.submit(order) : answer;
}

async function orderOf(db: Database, charge: Charge): Promise<Order> {
  const { orderNo, amount, currency, providerRef } = charge;
  const [{ description, createdAt }, payer] = await Promise.all([
    orderText(db.$client, charge.id),
    charge.automatic ? findPayer(db.$client, charge.leaseId) : null,
  ]);
  const expiresAt = charge.expiresAt ?? createdAt;
  return { orderNo, amount, currency, providerRef, description, createdAt, expiresAt, payer };
}

const notConfigured = (isFirst: boolean): QueryAnswer =>
  isFirst
    ? { status: 'failed', reason: 'not_offered' }
    : { status: 'unknown', reason: 'the provider is no longer configured' };

function outcomeOf(
  answer: QueryAnswer,
  charge: Pick<Charge, 'attempts' | 'expiresAt' | 'provider'>,
  at: Date,
): Outcome {
  const after = (ms: number): Date => new Date(at.getTime() + ms);
  switch (answer.status) {
    case 'submitted': {
      const end = charge.expiresAt ?? after(PENDING_LOOK_MS_MAX);
      if (charge.provider === 'bank_transfer') return { ...answer, nextLookAt: end };
      const next = after(Math.min(PENDING_LOOK_MS_MAX, lookAfterMs(charge.attempts)));
      return { ...answer, nextLookAt: next < end || end <= at ? next : end };
    }
    case 'none':
    case 'unknown': {
      const reason = answer.status === 'none' ? 'the provider knows no such order' : answer.reason;
      const isLast = charge.attempts >= LOOKS_MAX;
      return { status: 'unknown', reason, nextLookAt: isLast ? null : after(lookAfterMs(charge.attempts)) };
    }
    default:
      return answer;
  }
}

/** One step of a refund, in the same way. */
export async function stepRefund(deps: StepDeps, refund: Refund, charge: Charge): Promise<void> {
  const { db, now } = deps;
  const provider = deps.providers.get(charge.provider);
  const isFirst = refund.status === 'created' && refund.attempts === 1;
  let answer: QueryAnswer = notConfigured(isFirst);
  if (provider) {
    const { orderNo, currency, providerRef } = charge;
    const of = { orderNo, currency, providerRef, amount: charge.paid ?? charge.amount };
    const order = { refundNo: refund.orderNo, amount: refund.amount, reason: refund.reason, of };
    answer = isFirst ? { status: 'none' } : await provider.queryRefund(order);
    if (answer.status === 'none') answer = await provider.refund(order);
  }
  const at = now();
  const outcome = outcomeOf(answer, { attempts: refund.attempts, expiresAt: null, provider: 'sandbox' }, at);
  await transaction(db, async (tx) => {
    const status = await applyRefundOutcome(tx, refund, outcome, { actor: 'billing', at });
    if (status !== 'unknown' || refund.attempts < CASE_AFTER_LOOKS) return;
    const reason = outcome.status === 'unknown' ? outcome.reason : '';
    await openCase(tx, {
      ...{ siteId: charge.siteId, kind: 'payment_mismatch', key: `refund ${refund.id}`, at },
      subject: {
        charge: charge.id,
        refund: refund.id,
        order: refund.orderNo,
        reason: 'no_answer',
        detail: reason,
      },
    });
  });
  chargeStepsTotal.inc({ provider: charge.provider, of: 'refund', status: outcome.status });
  deps.log.info(
    { refund: refund.id, charge: charge.id, site: charge.siteId, status: outcome.status },
    'billing: refund',
  );
}
