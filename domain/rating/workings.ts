import type { RoundingMode } from '../money.ts';
import type { Accumulation, RoundingStage, TierMode, TierScale } from '../tariffs/definition.ts';

/**
 * Why a line has its amount, as JSON for the evidence: quantities (base units) and minor units are integers as text,
 * exact amounts are decimals or `n/d` in currency units, instants are ISO 8601. Bounded: the longest table is the tiers.
 */
export type Workings = How & {
  readonly lossFactor: string | null;
  readonly rounding: RoundingWorkings;
};

export type How =
  | UnitWorkings
  | TierWorkings
  | DemandWorkings
  | EventWorkings
  | FixedWorkings
  | PercentageWorkings
  | MinimumWorkings
  | DiscountWorkings
  | TotalWorkings;

/** What was rounded: `after` less `before`. Several lines share the result by largest remainder. */
export interface RoundingWorkings {
  readonly stage: RoundingStage | 'total';
  readonly mode: RoundingMode;
  readonly quantum: string;
  readonly before: { readonly exact: string; readonly rounded: string };
  readonly after: { readonly exact: string; readonly rounded: string };
  readonly lines: number;
}

/** Quantity × price. */
export interface UnitWorkings {
  readonly kind: 'unit';
}

export interface TierWorkings {
  readonly kind: 'tier';
  readonly mode: TierMode;
  readonly accumulation: Accumulation;
  readonly scale: TierScale;
  /** The calendar window, and since when in it usage is counted. */
  readonly window: { readonly from: string; readonly to: string };
  readonly countedFrom: string;
  /** What limits were multiplied by. */
  readonly factor: string;
  /** Usage since `countedFrom` before and after the range. */
  readonly before: string;
  readonly after: string;
  /** The tier of this line. */
  readonly tier: number;
  readonly tiers: readonly {
    /** Scaled, base units. */
    readonly upTo: string | null;
    readonly unitPrice: string;
    readonly before: string;
    readonly after: string;
  }[];
}

export interface DemandWorkings {
  readonly kind: 'demand';
  readonly windowMinutes: number;
  readonly stepMinutes: number;
  /** The highest that was measured, W. */
  readonly power: string;
  /** Where it was; null where the range is shorter than the window. */
  readonly peak: { readonly from: string; readonly to: string; readonly usage: string } | null;
  readonly floor: string | null;
  readonly days: number;
  readonly monthDays: number;
}

export interface EventWorkings {
  readonly kind: 'event';
  readonly at: string;
  readonly entryAt: string | null;
  readonly plate: string | null;
  readonly class: string | null;
  readonly minutes: number | null;
  readonly freeMinutes: number;
  /** Of the class, whether or not it is due. */
  readonly price: string;
  readonly free: 'minutes' | 'monthly_pass' | null;
}

export interface FixedWorkings {
  readonly kind: 'fixed';
  readonly per: 'day' | 'month';
  readonly prorated: boolean;
  readonly days: number;
  readonly monthDays: number | null;
  readonly areaM2: string | null;
}

/** What a derived component is taken of. Minor units. */
interface BaseWorkings {
  readonly of: readonly { readonly component: string; readonly amount: string }[];
  readonly base: string;
}

export interface PercentageWorkings extends BaseWorkings {
  readonly kind: 'percentage';
  readonly percent: string;
}

export interface MinimumWorkings extends BaseWorkings {
  readonly kind: 'minimum';
  readonly prorated: boolean;
  readonly days: number;
  readonly monthDays: number;
  /** For the range, exact. */
  readonly minimum: string;
}

export interface DiscountWorkings extends BaseWorkings {
  readonly kind: 'discount';
  readonly percent: string;
  /** Base units. */
  readonly step: string;
  readonly usage: string;
  readonly countedFrom: string;
}

/** Minor units. */
export interface TotalWorkings {
  readonly kind: 'total';
  readonly total: string;
  readonly rounded: string;
}
