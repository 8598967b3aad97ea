import type { Provider } from '../domain/charges.ts';
import { may } from '../domain/permissions.ts';
import { recordAction } from '../store/actions.ts';
import type { Transaction } from '../store/transaction.ts';
import type { Principal } from './access.ts';

/** A merchant without a party has no leases: no party has this id. */
const NO_PARTY = 0;
/** Whose charges somebody may see or make; undefined: everyone's. */
export const partyOf = (
  { role, partyId }: Principal,
  permission: 'payments:read' | 'payments:write',
): number | undefined => (may(role, permission) ? undefined : (partyId ?? NO_PARTY));

const CNY_ONLY: readonly Provider[] = ['wechat_pay', 'alipay'];
/** In the order in which a payer is offered them. */
const OFFERED: readonly Provider[] = [
  'wechat_pay',
  'alipay',
  'stripe',
  'sandbox',
  'balance',
  'bank_transfer',
  'cash',
];

/** The ways to pay that somebody may choose among. */
export const offeredTo = (
  principal: Principal,
  currency: string,
  configured: readonly Provider[],
): Provider[] =>
  OFFERED.filter(
    (one) =>
      (one === 'balance' || one === 'cash' || configured.includes(one)) &&
      (currency === 'CNY' || !CNY_ONLY.includes(one)) &&
      (one !== 'cash' || may(principal.role, 'payments:write')),
  );

type Recorded = Omit<Parameters<typeof recordAction>[1], 'actor'>;
export const record = (tx: Transaction, { actor }: Principal, action: Recorded): Promise<void> =>
  recordAction(tx.orm, { ...action, actor });
