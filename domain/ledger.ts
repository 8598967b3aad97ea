/**
 * Kinds of account. Entries are signed minor units, debits positive: what the operator owns or is owed has a positive
 * balance (`receivable`, `clearing`, `bank`, `bad_debt`, `provider_fees`), what it owes or earned a negative one.
 */
export const ACCOUNT_KINDS = [
  /** What a lease owes, by lease. */
  'receivable',
  /** What a lease has paid in advance, by lease. */
  'prepaid',
  /** What a lease has left as security, by lease. */
  'deposit',
  /** Paid by merchants and not yet settled by the provider, by provider. */
  'clearing',
  'bank',
  /** Money that belongs to nobody known yet. */
  'suspense',
  /** Earned, by tariff component. */
  'revenue',
  'late_fees',
  'bad_debt',
  'provider_fees',
  /** A party's share of what was charged, by party. */
  'payable',
] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

/** What of an account's kind it is: a lease's, a provider's, a component's or a party's. */
export interface AccountKey {
  readonly kind: AccountKind;
  readonly leaseId?: number | undefined;
  readonly partyId?: number | undefined;
  /** Provider or component. */
  readonly code?: string | undefined;
}

export interface Entry {
  readonly account: AccountKey;
  /** Minor units; debit positive. */
  readonly amount: bigint;
}

/** The entries of a transaction that add up to zero, without those of nothing. @throws when they do not add up. */
export function balanced(entries: readonly Entry[]): readonly Entry[] {
  const sum = entries.reduce((total, { amount }) => total + amount, 0n);
  if (sum !== 0n) throw new RangeError(`ledger entries are off by ${sum}`);
  return entries.filter(({ amount }) => amount !== 0n);
}
