import { applyOutcome } from '../store/charge-outcomes.ts';
import { findChargeByOrder } from '../store/charges.ts';
import type { Queryable } from '../store/database.ts';
import { isDataError } from '../store/database-errors.ts';
import { endCallback, nextCallback, type StoredCallback } from '../store/provider-callbacks.ts';
import { applyRefundOutcome, findRefundByOrder } from '../store/refunds.ts';
import { transaction } from '../store/transaction.ts';
import type { StepDeps } from './charge-steps.ts';
import { callbacksTotal } from './metrics.ts';
import { type CallbackEvent, callsUs } from './providers/port.ts';

const LOOK_AGAIN_MS = 60_000;

/**
 * Verifies and applies the oldest callback that waits; false when there is none. What it says, and that it was
 * applied, is one transaction, so a crash repeats it whole. One that the database refuses, and would again, is refused
 * in the same transaction: it does not hold up those behind it, nor is another one taken for it.
 */
export function takeCallback(deps: StepDeps): Promise<boolean> {
  return transaction(deps.db, async (tx) => {
    const callback = await nextCallback(tx);
    if (!callback) return false;
    const at = deps.now();
    const { id, provider } = callback;
    const event = await readEvent(deps, callback);
    const end = await applyWhole(tx, callback, event, at).catch((err: unknown): End => {
      if (!isDataError(err)) throw err;
      deps.log.error({ err, callback: id, provider }, 'billing: a callback could not be applied');
      return { status: 'refused', reason: 'it could not be applied' };
    });
    await endCallback(tx, id, { ...end, at });
    callbacksTotal.inc({ provider, status: end.status });
    if (end.status !== 'applied')
      deps.log.warn({ callback: id, provider, reason: end.reason }, `billing: callback ${end.status}`);
    return true;
  });
}

async function readEvent(deps: StepDeps, callback: StoredCallback): Promise<CallbackEvent> {
  const provider = deps.providers.get(callback.provider);
  if (!provider || !callsUs(provider)) return { ok: false, reason: 'the provider is not configured' };
  try {
    return await provider.parseCallback(callback);
  } catch (err) {
    deps.log.error({ err, callback: callback.id }, 'billing: a callback could not be read');
    return { ok: false, reason: 'it could not be read' };
  }
}

/** Leaves nothing half-written, and the transaction as good as before, when it throws. */
async function applyWhole(
  tx: Queryable,
  callback: StoredCallback,
  event: CallbackEvent,
  at: Date,
): Promise<End> {
  await tx.query('SAVEPOINT untouched');
  try {
    const end = await applyEvent(tx, callback, event, at);
    // What would be checked at the end is checked here.
    await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
    return end;
  } catch (err) {
    await tx.query('ROLLBACK TO SAVEPOINT untouched');
    throw err;
  }
}

interface End {
  readonly status: 'applied' | 'ignored' | 'refused';
  readonly reason?: string;
  readonly chargeId?: number;
}

async function applyEvent(
  tx: Queryable,
  { provider }: StoredCallback,
  event: CallbackEvent,
  at: Date,
): Promise<End> {
  if (!event.ok) return { status: 'refused', reason: event.reason };
  if (event.about === 'other') return { status: 'ignored', reason: event.kind };
  const outcome =
    event.answer.status === 'submitted'
      ? { ...event.answer, nextLookAt: new Date(at.getTime() + LOOK_AGAIN_MS) }
      : event.answer;
  const by = { actor: provider, at };
  if (event.about === 'refund') {
    const refund = await findRefundByOrder(tx, provider, event.orderNo);
    if (!refund) return { status: 'refused', reason: `there is no refund ${event.orderNo.slice(0, 64)}` };
    await applyRefundOutcome(tx, refund, outcome, by);
    return { status: 'applied', chargeId: refund.chargeId };
  }
  const charge = await findChargeByOrder(tx, provider, event.orderNo);
  if (!charge) return { status: 'refused', reason: `there is no charge ${event.orderNo.slice(0, 64)}` };
  await applyOutcome(tx, charge.id, outcome, by);
  return { status: 'applied', chargeId: charge.id };
}
