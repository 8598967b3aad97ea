/**
 * A charge asks a provider for money. Its order number is stored before the provider is called; a time-out is
 * `unknown` and is asked after, never tried again under another number.
 */
export const CHARGE_STATUS = ['created', 'submitted', 'unknown', 'succeeded', 'failed'] as const;
export type ChargeStatus = (typeof CHARGE_STATUS)[number];

/** Nothing is known for certain yet: there is at most one such charge for a bill. */
export const CHARGE_OPEN = ['created', 'submitted', 'unknown'] as const satisfies readonly ChargeStatus[];
export const isOpen = (status: ChargeStatus): boolean => (CHARGE_OPEN as readonly string[]).includes(status);

/**
 * Where a charge, or a refund, may go from where; the database refuses every other way (trigger `charge_moves`).
 * What failed may still succeed: a payer's money that comes late is money. What succeeded stays.
 */
export const CHARGE_MOVES = {
  created: ['submitted', 'unknown', 'succeeded', 'failed'],
  submitted: ['unknown', 'succeeded', 'failed'],
  unknown: ['submitted', 'succeeded', 'failed'],
  failed: ['succeeded'],
  succeeded: [],
} as const satisfies Record<ChargeStatus, readonly ChargeStatus[]>;

/** The statuses from which `to` is reached; its own too where it may be said again. */
export function movesTo(to: ChargeStatus): readonly ChargeStatus[] {
  return CHARGE_STATUS.filter((from) => (CHARGE_MOVES[from] as readonly ChargeStatus[]).includes(to));
}

/** What a person may say of a charge or a refund that its provider says nothing certain of. */
export const HAND_OUTCOMES = ['succeeded', 'failed'] as const satisfies readonly ChargeStatus[];
export type HandOutcome = (typeof HAND_OUTCOMES)[number];
/** `overtaken`: the provider said it before somebody decided. */
export const HAND_OUTCOME_STATUS = ['proposed', 'applied', 'rejected', 'overtaken'] as const;
export type HandOutcomeStatus = (typeof HAND_OUTCOME_STATUS)[number];

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

/** Providers that tell us by themselves what became of a charge. */
export const CALLING_PROVIDERS = [
  'wechat_pay',
  'alipay',
  'stripe',
  'sandbox',
] as const satisfies readonly Provider[];
export type CallingProvider = (typeof CALLING_PROVIDERS)[number];

/** Providers that can be charged while the payer is away. */
export const AUTO_PROVIDERS = ['balance', 'stripe', 'sandbox'] as const satisfies readonly Provider[];

/** Why a charge or a refund failed, where the platform itself knows; otherwise the provider's own words are kept. */
export const CHARGE_FAILURES = ['expired', 'cancelled', 'balance_too_low', 'not_offered'] as const;
export type ChargeFailure = (typeof CHARGE_FAILURES)[number];

/** How long a payer has: a QR code some minutes, a bank transfer some days. */
export const PAY_WITHIN_MS = {
  balance: 15 * 60_000,
  bank_transfer: 7 * 86_400_000,
  wechat_pay: 15 * 60_000,
  alipay: 15 * 60_000,
  // It takes no page that is open for less than half an hour.
  stripe: 60 * 60_000,
  sandbox: 15 * 60_000,
  cash: 15 * 60_000,
} as const satisfies Record<Provider, number>;

/** A provider is asked about one charge this often; after that a person has to look. */
export const LOOKS_MAX = 24;
const LOOK_MS_MIN = 2_000;
const LOOK_MS_MAX = 30 * 60_000;

/** Milliseconds until a provider is asked again: 2 s, then twice as long each time, up to half an hour. */
export const lookAfterMs = (looks: number): number =>
  Math.min(LOOK_MS_MAX, LOOK_MS_MIN * 2 ** Math.min(20, Math.max(0, looks - 1)));

/**
 * What becomes of money that came in for a bill: what is still due is paid by it, the rest stays the lease's own.
 * All in minor units; both parts add up to what came in.
 */
export function splitPaid(paid: bigint, due: bigint): { readonly applied: bigint; readonly credit: bigint } {
  const applied = due <= 0n ? 0n : paid < due ? paid : due;
  return { applied, credit: paid - applied };
}

/**
 * Which part of what came in an amount goes back from: first from what became the lease's own, then from what paid the
 * bill. Both parts add up to the amount.
 * @param refundedBefore what went back earlier, minor units
 */
export function refundParts(
  paid: { readonly applied: bigint; readonly credit: bigint },
  refundedBefore: bigint,
  amount: bigint,
): { readonly applied: bigint; readonly credit: bigint } {
  const left = refundedBefore < paid.credit ? paid.credit - refundedBefore : 0n;
  const credit = amount < left ? amount : left;
  return { credit, applied: amount - credit };
}
