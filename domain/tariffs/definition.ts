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

export interface TimeOfUsePrice {
  readonly kind: 'time_of_use';
  readonly bands: readonly {
    readonly code: string;
    readonly name?: TariffName | undefined;
    readonly unitPrice: string;
  }[];
  readonly calendar: BandCalendar;
}

export type Price = FlatPrice | TimeOfUsePrice;

export const ROUNDING_STAGES = ['line'] as const;

export interface Rounding {
  /** `line`: each fee line is rounded by itself. */
  readonly stage: (typeof ROUNDING_STAGES)[number];
  readonly mode: RoundingMode;
  /** In currency units: 0.01, 1, 10 …; the currency's minor unit when absent. */
  readonly quantum?: string | undefined;
}

export const ROUNDING_DEFAULT = { stage: 'line', mode: 'half_up' } as const satisfies Rounding;

/** A surcharge, tax or fund per unit is a flat component of its own beside the energy price. */
export interface TariffComponent {
  readonly code: string;
  readonly name?: TariffName | undefined;
  readonly price: Price;
  readonly rounding?: Rounding | undefined;
}

export interface TariffDefinition {
  readonly components: readonly TariffComponent[];
}

/** The one band of a price that does not distinguish any. */
export const BAND_ALL = 'all';
