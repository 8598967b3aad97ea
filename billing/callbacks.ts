import { applyOutcome } from '../store/charge-outcomes.ts';
import { findChargeByOrder } from '../store/charges.ts';
import type { Queryable } from '../store/database.ts';
import { isDataError } from '../store/database-errors.ts';
import { endCallback, nextCallback, type StoredCallback } from '../store/provider-callbacks.ts';
import { applyRefundOutcome, findRefundByOrder } from '../store/refunds.ts';
import { transaction } from '../store/transaction.ts';
import type { StepDeps } from './charge-steps.ts';
import { type CallbackEvent, callsUs } from './providers/port.ts';

const LOOK_AGAIN_MS = 60_000;

/**
 * Verifies and applies the oldest callback that waits; false when there is none. What it says, and that it was
 * applied, is one transaction, so a crash repeats it whole.
 */
export async function takeCallback(deps: StepDeps): Promise<boolean> {
  try {
    return await applyNext(deps);
  } catch (err) {
    if (!isDataError(err)) throw err;
    // The database refuses what it asks for, and would again: it must not hold up those behind it.
    deps.log.error({ err }, 'billing: a callback could not be applied');
    return transaction(deps.db, async (tx) => {
      const callback = await nextCallback(tx);
      if (callback)
        await endCallback(tx, callback.id, {
          status: 'refused',
          reason: 'it could not be applied',
          at: deps.now(),
        });
      return callback !== undefined;
    });
  }
}

function applyNext(deps: StepDeps): Promise<boolean> {
  return transaction(deps.db, async (tx) => {
    const callback = await nextCallback(tx);
    if (!callback) return false;
    const at = deps.now();
    const provider = deps.providers.get(callback.provider);
    const event: CallbackEvent =
      provider && callsUs(provider)
        ? await provider.parseCallback(callback)
        : { ok: false, reason: 'the provider is not configured' };
    const end = await applyEvent(tx, callback, event, at);
    await endCallback(tx, callback.id, { ...end, at });
    if (end.status !== 'applied') {
      const { provider: name, id } = callback;
      deps.log.warn({ callback: id, provider: name, reason: end.reason }, `billing: callback ${end.status}`);
    }
    return true;
  });
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
    const refund = await findRefundByOrder(tx, event.orderNo);
    if (!refund) return { status: 'refused', reason: `there is no refund ${event.orderNo.slice(0, 64)}` };
    await applyRefundOutcome(tx, refund, outcome, by);
    return { status: 'applied', chargeId: refund.chargeId };
  }
  const charge = await findChargeByOrder(tx, event.orderNo);
  if (charge?.provider !== provider)
    return { status: 'refused', reason: `there is no charge ${event.orderNo.slice(0, 64)}` };
  await applyOutcome(tx, charge.id, outcome, by);
  return { status: 'applied', chargeId: charge.id };
}
