import { parseDecimal, unitsAtScale } from './decimal.ts';

/** A party's part of what was charged. */
export interface Share {
  readonly partyId: number;
  /** Percent with at most 4 decimals, as text: `12.5`. */
  readonly percent: string;
}

const DECIMALS = 4;
const WHOLE = 100n * 10n ** BigInt(DECIMALS);
const unitsOf = ({ percent }: Share): bigint => unitsAtScale(parseDecimal(percent), DECIMALS);

/** Why shares are no split; undefined when they are one: each above 0, each party once, 100 percent in all. */
export function splitRefusal(
  shares: readonly Share[],
): { readonly why: 'not_positive' | 'party_twice' | 'not_100'; readonly sum: string } | undefined {
  const units = shares.map(unitsOf);
  const total = units.reduce((sum, one) => sum + one, 0n);
  const digits = `${total}`.padStart(DECIMALS + 1, '0');
  const sum = `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`.replace(/\.?0+$/, '') || '0';
  if (units.some((one) => one <= 0n)) return { why: 'not_positive', sum };
  if (new Set(shares.map(({ partyId }) => partyId)).size < shares.length) return { why: 'party_twice', sum };
  return total === WHOLE ? undefined : { why: 'not_100', sum };
}

/**
 * Divides an amount (minor units, either sign) so that the parts add up to it exactly: each gets its whole units, and
 * what is left goes one by one to the largest remainders, the earlier share first where they are equal. The parts of
 * −a are the negatives of those of a, so that a reversal takes back what was given.
 */
export function splitAmount(amount: bigint, shares: readonly Share[]): readonly bigint[] {
  const positive = amount < 0n ? -amount : amount;
  const exact = shares.map((share) => positive * unitsOf(share));
  const parts = exact.map((one) => one / WHOLE);
  let left = positive - parts.reduce((sum, one) => sum + one, 0n);
  const byRemainder = exact
    .map((one, index) => ({ index, rest: one % WHOLE }))
    .sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1));
  for (const { index } of byRemainder) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left--;
  }
  return amount < 0n ? parts.map((one) => -one) : parts;
}
