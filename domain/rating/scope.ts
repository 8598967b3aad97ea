import { BASE_PER_DISPLAY } from '../commodities.ts';
import { parseDecimal } from '../decimal.ts';
import { accumulationWindow, daysBegun, monthDays } from '../local-days.ts';
import { multiply, type Ratio, ratioOf } from '../ratio.ts';
import type { Accumulation } from '../tariffs/definition.ts';
import type { Measured } from './measured.ts';
import type { RangeContext } from './rated-line.ts';

/** What every kind of price is given to rate a range. */
export interface Scope {
  readonly context: RangeContext;
  readonly measured: Measured;
  /** The component's loss factor, or 1. */
  readonly factor: Ratio;
  /** What components before this one came to in the range, rounded, minor units. */
  readonly amountOf: (component: string) => bigint;
}

/** Base units at a price per display unit, times the loss factor. */
export function worthOf(quantity: bigint, unitPrice: string, factor: Ratio): Ratio {
  const price = ratioOf(parseDecimal(unitPrice));
  return multiply({ n: quantity * price.n, d: price.d * BigInt(BASE_PER_DISPLAY) }, factor);
}

/** Since when usage of the window that the range is in is counted: within this lease, and since there is a meter. */
export function countedFrom(accumulation: Accumulation, context: RangeContext): number {
  const { range, timeZone, lease, meteredFrom } = context;
  const window = accumulationWindow(accumulation, range.from, timeZone);
  return Math.min(range.from, Math.max(window.from, lease.from, meteredFrom ?? window.from));
}

export interface MonthShare {
  readonly days: number;
  readonly monthDays: number;
  readonly share: Ratio;
}

/** The range's share of its month by the local days that begin in it; a whole month is 1. */
export function monthShare({ range, timeZone }: RangeContext): MonthShare {
  const days = daysBegun(range, timeZone);
  const all = monthDays(range.from, timeZone);
  return { days, monthDays: all, share: { n: BigInt(days), d: BigInt(all) } };
}

/**
 * What is due whole for a begun month is due once: in the range with which the lease begins the month, not in one that
 * a new tariff version begins later.
 */
export const beginsMonth = ({ range, period, lease }: RangeContext): boolean =>
  range.from <= Math.max(period.from, lease.from);

export interface Base {
  readonly base: bigint;
  readonly of: readonly { readonly component: string; readonly amount: string }[];
}

/** The rounded amounts of the named components: a percentage is of what was charged, not of what it was before. */
export function baseOf(components: readonly string[], { amountOf }: Scope): Base {
  const amounts = components.map((component) => ({ component, amount: amountOf(component) }));
  return {
    base: amounts.reduce((sum, { amount }) => sum + amount, 0n),
    of: amounts.map(({ component, amount }) => ({ component, amount: `${amount}` })),
  };
}

/** Minor units in currency units. */
export const ofMinor = (amount: bigint, digits: number): Ratio => ({ n: amount, d: 10n ** BigInt(digits) });

export const iso = (ms: number): string => new Date(ms).toISOString();
