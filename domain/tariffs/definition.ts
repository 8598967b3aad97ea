import type { RoundingMode } from '../money.ts';

/** A name in the languages that people read; without one the code is shown. */
export interface TariffName {
  readonly zh: string;
  readonly en: string;
}

/** Local wall-clock times, `HH:MM`; `24:00` ends the day. Half-open. */
export interface BandWindow {
  readonly from: string;
  readonly to: string;
  readonly band: string;
}

/**
 * Which band holds at a local wall-clock time. Every month × weekday has exactly one ordinary schedule, special
 * days override it, and a schedule covers 00:00–24:00 exactly once: so every minute has exactly one band, also
 * on days of 23 or 25 hours.
 */
export interface BandCalendar {
  readonly schedules: Readonly<Record<string, readonly BandWindow[]>>;
  readonly days: readonly {
    /** 1–12; all when absent. */
    readonly months?: readonly number[] | undefined;
    /** ISO: Monday is 1, Sunday is 7; all when absent. */
    readonly weekdays?: readonly number[] | undefined;
    readonly schedule: string;
  }[];
  readonly specialDays?:
    | readonly {
        /** `2026-10-01`, or `10-01` for every year; the one with a year goes first. */
        readonly dates: readonly string[];
        readonly schedule: string;
      }[]
    | undefined;
}

export interface FlatPrice {
  readonly kind: 'flat';
  /** Currency units per kWh or m³, an exact decimal ≥ 0. */
  readonly unitPrice: string;
}

/** Over which calendar window, in the site's zone and within one lease, usage is counted before tiers apply. */
export const ACCUMULATIONS = ['month', 'two_months', 'year'] as const;
export type Accumulation = (typeof ACCUMULATIONS)[number];
/** What a tier's limit stands for: the whole window, each of its days, or each of its months. */
export const TIER_SCALES = ['window', 'day', 'month'] as const;
export type TierScale = (typeof TIER_SCALES)[number];
export const TIER_MODES = ['graduated', 'volume'] as const;
export type TierMode = (typeof TIER_MODES)[number];

export interface Tier {
  /** kWh or m³ that the tier still includes; null on the last tier only. */
  readonly upTo: string | null;
  readonly unitPrice: string;
}

/** 阶梯. Graduated: each part of the usage at its tier's price. Volume: all usage at the price of the tier it ends in. */
export interface Tiers {
  readonly mode: TierMode;
  readonly accumulation: Accumulation;
  readonly scale: TierScale;
  readonly tiers: readonly Tier[];
}

export interface TieredPrice extends Tiers {
  readonly kind: 'tiered';
}

/** Either a price or tiers, which then count this band's usage alone. */
export interface Band {
  readonly code: string;
  readonly name?: TariffName | undefined;
  readonly unitPrice?: string | undefined;
  readonly tiered?: Tiers | undefined;
}

export interface TimeOfUsePrice {
  readonly kind: 'time_of_use';
  readonly bands: readonly Band[];
  readonly calendar: BandCalendar;
}

/** A window of this length turns Wh into whole W. */
export const DEMAND_WINDOW_MINUTES = [5, 10, 15, 20, 30, 60] as const;
/** Closer steps would not find more: readings are minutes apart, and each step is a boundary value. */
export const DEMAND_STEP_MINUTES_MIN = 5;

/**
 * The highest average power over a sliding window in the month, at least the floor; a lease's part of a month costs
 * its share of days.
 */
export interface DemandPrice {
  readonly kind: 'demand';
  /** Currency units per kW and month. */
  readonly unitPrice: string;
  /** One of DEMAND_WINDOW_MINUTES. */
  readonly windowMinutes: number;
  /** How far apart windows start; divides windowMinutes, at least DEMAND_STEP_MINUTES_MIN. */
  readonly stepMinutes: number;
  /** kW that are charged at least. */
  readonly floorKw?: string | undefined;
}

/** A gate pass, by vehicle class; one that stays less than the free minutes costs nothing. */
export interface PerEventPrice {
  readonly kind: 'per_event';
  readonly classes: readonly {
    readonly code: string;
    readonly name?: TariffName | undefined;
    /** Currency units a pass. */
    readonly unitPrice: string;
  }[];
  /** For vehicles of no known class. */
  readonly otherwise: string;
  /** 0 for none. */
  readonly freeMinutes: number;
}

export interface FixedPrice {
  readonly kind: 'fixed';
  /** Currency units a day or month, times the square metres where it says so. */
  readonly unitPrice: string;
  readonly per: 'day' | 'month';
  readonly by: 'lease' | 'm2';
  /** A part of a month costs its share of days; otherwise a begun month costs all of it. Days are always whole. */
  readonly prorated: boolean;
}

/** A service fee, tax or fund: a percentage of what the named components before it come to, rounded. */
export interface PercentagePrice {
  readonly kind: 'percentage';
  readonly percent: string;
  readonly of: readonly string[];
}

/** Tops the named components up to this amount a month. */
export interface MinimumPrice {
  readonly kind: 'minimum';
  readonly amount: string;
  readonly of: readonly string[];
  readonly prorated: boolean;
}

/** Takes a percentage off the named components once the month's usage reaches a step; the highest step reached counts. */
export interface DiscountPrice {
  readonly kind: 'discount';
  readonly of: readonly string[];
  /** `from` in kWh or m³, ascending. */
  readonly steps: readonly { readonly from: string; readonly percent: string }[];
}

/** 公摊, 线损: the allocated share of what the main meter counts beyond the meters behind it, at this price per unit. */
export interface SharePrice {
  readonly kind: 'share';
  readonly unitPrice: string;
}

/** In the order of the switch that rates them. */
export type Price =
  | FlatPrice
  | TieredPrice
  | TimeOfUsePrice
  | DemandPrice
  | PerEventPrice
  | FixedPrice
  | SharePrice
  | PercentagePrice
  | MinimumPrice
  | DiscountPrice;
export type PriceKind = Price['kind'];

export const PRICE_KINDS = [
  'flat',
  'tiered',
  'time_of_use',
  'demand',
  'per_event',
  'fixed',
  'share',
  'percentage',
  'minimum',
  'discount',
] as const satisfies readonly PriceKind[];

/** Prices of a measured quantity: a loss factor may stand beside them. */
export const MEASURED_KINDS = [
  'flat',
  'tiered',
  'time_of_use',
  'share',
] as const satisfies readonly PriceKind[];
/** Prices of what other components come to. */
export const DERIVED_KINDS = ['percentage', 'minimum', 'discount'] as const satisfies readonly PriceKind[];

/**
 * What is rounded of one component in one service range. `line`: each fee line by itself; of a percentage, the part
 * of each named component. `band`: a band's tiers together. `subtotal`: the whole component. `tax`: a percentage of
 * the sum of the named components, once. What is rounded together is shared out over its lines by largest remainder.
 */
export const ROUNDING_STAGES = ['line', 'band', 'subtotal', 'tax'] as const;
export type RoundingStage = (typeof ROUNDING_STAGES)[number];

export interface Rounding {
  readonly stage: RoundingStage;
  readonly mode: RoundingMode;
  /** In currency units: 0.01, 1, 10 …; the currency's minor unit when absent. */
  readonly quantum?: string | undefined;
}

/** Of a percentage it is `tax`. */
export const ROUNDING_DEFAULT = { stage: 'line', mode: 'half_up' } as const satisfies Rounding;

/** After all components: what the total's rounding changes is a line of the component `rounding`. */
export interface TotalRounding {
  readonly stage: 'total';
  readonly mode: RoundingMode;
  readonly quantum: string;
}

/** The component of the line that rounds the total; no component of a tariff may be called that. */
export const ROUNDING_COMPONENT = 'rounding';

/** A surcharge, tax or fund per unit is a flat component of its own beside the energy price. */
export interface TariffComponent {
  readonly code: string;
  readonly name?: TariffName | undefined;
  readonly price: Price;
  /** 线损系数: the measured quantity is priced this many times, `1.05`; the line's quantity stays what was measured. */
  readonly lossFactor?: string | undefined;
  readonly rounding?: Rounding | undefined;
}

export interface TariffDefinition {
  readonly components: readonly TariffComponent[];
  readonly rounding?: TotalRounding | undefined;
}

/** The one band of a price that does not distinguish any. */
export const BAND_ALL = 'all';

/** How a tier is called on a line: `t1`, or `峰.t1` inside a band. */
export const tierBand = (band: string, index: number): string =>
  band === BAND_ALL ? `t${index + 1}` : `${band}.t${index + 1}`;
