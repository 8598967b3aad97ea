/**
 * A charge asks a provider for money. Its order number is stored before the provider is called; a time-out is
 * `unknown` and is asked after, never tried again under another number.
 */
export const CHARGE_STATUS = ['created', 'submitted', 'unknown', 'succeeded', 'failed'] as const;
export type ChargeStatus = (typeof CHARGE_STATUS)[number];

/** Nothing is known for certain yet: there is at most one such charge for a bill. */
export const CHARGE_OPEN = ['created', 'submitted', 'unknown'] as const satisfies readonly ChargeStatus[];

/** What a charge is for: a bill, or money on a lease's balance. */
export const CHARGE_PURPOSES = ['bill', 'top_up', 'deposit'] as const;
export type ChargePurpose = (typeof CHARGE_PURPOSES)[number];

export const PROVIDERS = [
  'balance',
  'bank_transfer',
  'wechat_pay',
  'alipay',
  'stripe',
  'sandbox',
  'cash',
] as const;
export type Provider = (typeof PROVIDERS)[number];
