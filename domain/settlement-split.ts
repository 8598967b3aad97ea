import { allocate } from './allocation.ts';
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
 * Divides an amount (minor units, either sign) so that the parts add up to it exactly, by largest remainder. The
 * parts of −a are the negatives of those of a, so that a reversal takes back what was given.
 */
export function splitAmount(amount: bigint, shares: readonly Share[]): readonly bigint[] {
  const parts = allocate(amount < 0n ? -amount : amount, shares.map(unitsOf)) ?? [];
  return amount < 0n ? parts.map((one) => -one) : parts;
}

export interface PaidLine {
  readonly id: number;
  readonly component: string;
  /** Minor units. */
  readonly amount: bigint;
}

/**
 * What of a paid bill's lines was paid: their amounts less what was credited (by component) and written off
 * (`null`), each taken from the lines it can be about in proportion to their amounts, credits of a component that no
 * line has from all of them. Adds up to the lines less the reductions exactly; by line.
 */
export function paidOfLines(
  lines: readonly PaidLine[],
  reductions: ReadonlyMap<string | null, bigint>,
): ReadonlyMap<number, bigint> {
  const left = new Map(lines.map(({ id, amount }) => [id, amount]));
  for (const [component, amount] of reductions) {
    const named = lines.filter((line) => line.component === component);
    const about = named.length > 0 ? named : lines;
    const weights = about.map(({ amount: weight }) => weight);
    const parts = allocate(amount, weights) ?? about.map((_, i) => (i === 0 ? amount : 0n));
    for (const [i, { id }] of about.entries()) left.set(id, (left.get(id) ?? 0n) - (parts[i] ?? 0n));
  }
  return left;
}
