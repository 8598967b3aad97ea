import type { Commodity, QuantityUnit } from '../commodities.ts';
import type { Decimal } from '../decimal.ts';
import type { TimeRange } from '../periods.ts';
import type { Ratio } from '../ratio.ts';
import type { How, Workings } from './workings.ts';

/** How often a component is charged: with the usage it prices, or once a month whatever the lease. */
export const CADENCES = ['usage', 'month'] as const;
export type Cadence = (typeof CADENCES)[number];

/** The service range that is rated, and what its lines depend on beside usage. */
export interface RangeContext {
  /** One lease, one tariff version, inside the period. Epoch milliseconds, half-open. */
  readonly range: TimeRange;
  /** The month or day of the run, in the site's zone. */
  readonly period: TimeRange;
  readonly periodKind: 'month' | 'day';
  readonly timeZone: string;
  /** Decimals of the currency's minor unit. */
  readonly digits: number;
  readonly commodity: Commodity;
  /** The stay in which this lease pays for this point; of the house lease, the vacancy that the range is in. */
  readonly lease: { readonly from: number; readonly to: number | null };
  /** Since when the point has a meter; null for what no meter counts. */
  readonly meteredFrom: number | null;
  readonly areaM2: Decimal | null;
  /**
   * Charge only components of this cadence: `month` in the month run of a lease whose usage is charged by day. All
   * when absent; a day never charges more than usage.
   */
  readonly only?: Cadence | undefined;
}

/** A vehicle's pass; `key` tells passes apart and is part of its line's key. */
export interface Pass {
  readonly key: string;
  readonly at: number;
  readonly classCode: string | null;
  /** How long it stayed, in whole minutes; null where that is not known: then it is charged. */
  readonly minutes: number | null;
  readonly exempt: null | 'monthly_pass';
  /** For the evidence: when it came in, and its plate or ticket. */
  readonly entryAt?: number | null;
  readonly plate?: string | null;
}

export interface RangeUsage {
  /** Cumulative base units at an instant that `instantsNeeded` names, or an end of the range. */
  at(instant: number): bigint;
  /** The allocated share of the common area, base units; null where there is none. */
  readonly share: bigint | null;
  readonly passes: readonly Pass[];
}

export interface UsedInterval extends TimeRange {
  readonly quantity: bigint;
}

interface LineHead {
  /** `all`, a band, a tier `t2` or `峰.t2`; of a percentage rounded by line, the component that it is of. */
  readonly band: string;
  /** The pass's key; '' on all other lines. */
  readonly eventKey: string;
  readonly unit: QuantityUnit;
  readonly quantity: bigint;
  /**
   * As the tariff says it: currency units per kWh, m³, kW, pass, day, month or m²; percent of `money`, below zero
   * on a discount.
   */
  readonly unitPrice: string;
  readonly accumulatedFrom: number | null;
  /** When the usage was measured: of a band, its intervals. A tier's quantity is a part of their sum. */
  readonly intervals: readonly UsedInterval[];
}

/** Before rounding: currency units, exact. The line is worth `after` less `before`, each rounded where it has one. */
export interface ExactLine extends LineHead {
  readonly before: Ratio;
  readonly after: Ratio;
  readonly how: How;
}

export interface RatedLine extends LineHead {
  readonly component: string;
  /** Currency units, exact: a decimal, or `n/d`. */
  readonly unrounded: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly workings: Workings;
}
