import type { ChargeStatus, HandOutcome } from '../domain/charges.ts';
import { recordAction } from './actions.ts';
import { applyOutcome } from './charge-outcomes.ts';
import { type Charge, lockCharge } from './charges.ts';
import { endHandOutcome, findHandOutcome, insertHandOutcome, type Settleable } from './hand-outcomes.ts';
import { applyRefundOutcome, lockRefund, type Refund } from './refunds.ts';
import type { Transaction } from './transaction.ts';

interface By {
  readonly actor: string;
  readonly at: Date;
}

export type HandRefusal =
  | {
      readonly reason:
        | 'no_such_charge'
        | 'no_such_refund'
        | 'proposed_already'
        | 'decided_already'
        | 'proposed_it';
    }
  /** `status`: what it is now, from where a person cannot move it there. */
  | { readonly reason: 'not_open'; readonly status: ChargeStatus }
  /** `left`: of what came in; other refunds have taken the rest since. */
  | { readonly reason: 'above_paid'; readonly left: bigint };

/**
 * Takes down what a person read in a provider's own books of an unknown charge or refund. Without four eyes it is
 * applied at once, else when somebody else has approved it. A refund that was said to have failed may be said to have
 * gone back after all, as long as what came in covers it. Undefined when done.
 */
export async function settleByHand(
  tx: Transaction,
  of: Settleable,
  one: By & { readonly as: HandOutcome; readonly note: string; readonly fourEyes: boolean },
): Promise<HandRefusal | undefined> {
  const found = await lockOpen(tx, of, one.as);
  if ('reason' in found) return found;
  const { siteId } = found.charge;
  const { as, note, actor, at } = one;
  const id = await insertHandOutcome(tx, { ...of, siteId, outcome: as, note, proposedBy: actor, at });
  if (id === undefined) return { reason: 'proposed_already' };
  if (!one.fourEyes) return apply(tx, found, { id, as, note, actor, at });
  await record(tx, siteId, of, one, 'settle_propose', { handOutcome: id, as, note });
  return undefined;
}

/** Applies what somebody said, or drops it. With four eyes who said it cannot approve it. Undefined when done. */
export async function decideByHand(
  tx: Transaction,
  id: number,
  one: By & { readonly approve: boolean; readonly fourEyes: boolean },
): Promise<HandRefusal | undefined> {
  const known = await findHandOutcome(tx, id);
  if (!known) throw new Error(`there is no hand outcome ${id}`);
  const found = await lockOpen(tx, known, known.outcome);
  // Under the lock: somebody else may have decided meanwhile.
  const proposal = await findHandOutcome(tx, id);
  if (proposal?.status !== 'proposed') return { reason: 'decided_already' };
  const { actor, at } = one;
  if (!one.approve) {
    await endHandOutcome(tx, id, { status: 'rejected', actor, at });
    await record(tx, proposal.siteId, proposal, one, 'settle_reject', { handOutcome: id });
    return undefined;
  }
  if (one.fourEyes && proposal.proposedBy === actor) return { reason: 'proposed_it' };
  if ('reason' in found) return found;
  return apply(tx, found, { id, as: proposal.outcome, note: proposal.note, actor, at });
}

interface Found {
  readonly charge: Charge;
  readonly refund: Refund | null;
}

async function lockOpen(tx: Transaction, of: Settleable, as: HandOutcome): Promise<Found | HandRefusal> {
  const charge = await lockCharge(tx, of.chargeId);
  if (!charge) return { reason: 'no_such_charge' };
  const { refundId } = of;
  if (refundId === null)
    return charge.status === 'unknown'
      ? { charge, refund: null }
      : { reason: 'not_open', status: charge.status };
  const refund = await lockRefund(tx, refundId);
  if (refund?.chargeId !== charge.id) return { reason: 'no_such_refund' };
  const { status } = refund;
  if (status !== 'unknown' && !(status === 'failed' && as === 'succeeded'))
    return { reason: 'not_open', status };
  const left = (charge.paid ?? 0n) - charge.refunded;
  return status === 'failed' && refund.amount > left ? { reason: 'above_paid', left } : { charge, refund };
}

async function apply(
  tx: Transaction,
  { charge, refund }: Found,
  one: By & { readonly id: number; readonly as: HandOutcome; readonly note: string },
): Promise<undefined> {
  const { id, as, note, actor, at } = one;
  await endHandOutcome(tx, id, { status: 'applied', actor, at });
  const paid = refund?.amount ?? charge.amount;
  const outcome =
    as === 'failed'
      ? ({ status: as, reason: note } as const)
      : ({ status: as, paid, currency: charge.currency } as const);
  const by = { actor, at, byHand: true };
  if (refund === null) await applyOutcome(tx, charge.id, outcome, by);
  else await applyRefundOutcome(tx, refund, outcome, by);
  const of = { chargeId: charge.id, refundId: refund?.id ?? null };
  await record(tx, charge.siteId, of, one, 'settle', { handOutcome: id, as, note });
}

const record = (
  tx: Transaction,
  siteId: string,
  { chargeId, refundId }: Settleable,
  { actor, at }: By,
  verb: 'settle' | 'settle_propose' | 'settle_reject',
  detail: Readonly<Record<string, unknown>>,
): Promise<void> =>
  recordAction(tx.orm, {
    ...{ siteId, at, actor, action: `${refundId === null ? 'charge' : 'refund'}.${verb}` },
    subject: `charge ${chargeId}`,
    detail: refundId === null ? detail : { refund: refundId, ...detail },
  });
