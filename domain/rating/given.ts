import { type Decimal, unitsAtScale } from '../decimal.ts';
import { floor, ratioOf } from '../ratio.ts';
import type { TariffDefinition } from '../tariffs/definition.ts';
import type { Counted, Measured } from './measured.ts';
import type { PreviewPlace } from './preview.ts';
import type { RangeContext } from './rated-line.ts';

/** A month's usage that a person typed: in all or by band, with what else prices may ask for. */
export type Given = GivenBeside &
  (
    | { readonly kind: 'total'; readonly quantity: bigint }
    | { readonly kind: 'bands'; readonly quantities: Readonly<Record<string, bigint>> }
  );

interface GivenBeside {
  /** 1–31; 28 and more are a whole month, fewer a part of one of 30 days. */
  readonly days?: number | undefined;
  readonly peakKw?: Decimal | undefined;
}

export interface PreviewFault {
  readonly code:
    | 'definition'
    | 'needs_bands'
    | 'unknown_band'
    | 'needs_days'
    | 'needs_area'
    | 'needs_peak'
    | 'needs_passes'
    | 'amount_beyond_range';
  readonly detail: string;
}

/** What a total cannot answer, and what to give instead. */
export function givenFault(definition: TariffDefinition, given: Given): PreviewFault | undefined {
  for (const { code, price } of definition.components) {
    if (price.kind === 'time_of_use') {
      if (given.kind === 'total') {
        return {
          code: 'needs_bands',
          detail: `component ${code} has bands: give usage by band or as a series`,
        };
      }
      const known = new Set(price.bands.map((band) => band.code));
      const unknown = Object.keys(given.quantities).find((band) => !known.has(band));
      if (unknown !== undefined) {
        return { code: 'unknown_band', detail: `component ${code} has no band ${unknown}` };
      }
    }
    if (price.kind === 'demand' && given.peakKw === undefined) {
      return { code: 'needs_peak', detail: `component ${code} is by demand: give peakKw or a series` };
    }
    if (price.kind === 'fixed' && price.per === 'day' && given.days === undefined) {
      return { code: 'needs_days', detail: `component ${code} is by day: give days or a series` };
    }
  }
  return undefined;
}

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 30;
/** A month of each length, so that its days make it whole. */
const MONTH_OF: Readonly<Record<number, number>> = {
  28: Date.UTC(2025, 1, 1),
  29: Date.UTC(2024, 1, 1),
  30: Date.UTC(2025, 3, 1),
  31: Date.UTC(2025, 0, 1),
};
const APRIL = Date.UTC(2025, 3, 1);

/** A month without a calendar, of a lease that covers every window whole. */
export function givenContext(given: Given, place: PreviewPlace): RangeContext {
  const days = given.days ?? DAYS_DEFAULT;
  const from = MONTH_OF[days] ?? APRIL;
  return {
    range: { from, to: from + days * DAY_MS },
    period: { from, to: from + Math.max(days, DAYS_DEFAULT) * DAY_MS },
    periodKind: 'month',
    timeZone: 'UTC',
    digits: place.digits,
    commodity: place.commodity,
    lease: { from: Number.NEGATIVE_INFINITY, to: null },
    meteredFrom: null,
    areaM2: place.areaM2 ?? null,
  };
}

export function givenMeasured(given: Given, place: PreviewPlace, { range }: RangeContext): Measured {
  const counted = (after: bigint): Counted => ({ before: 0n, after, intervals: [] });
  const byBand = given.kind === 'bands' ? given.quantities : {};
  const total =
    given.kind === 'total' ? given.quantity : Object.values(byBand).reduce((sum, part) => sum + part, 0n);
  return {
    counted: () => counted(total),
    byBand: ({ bands }) => new Map(bands.map(({ code }) => [code, counted(byBand[code] ?? 0n)])),
    peak: () => (given.peakKw ? { power: wattsOf(given.peakKw), window: null } : null),
    share: place.share ?? null,
    passes: (place.passes ?? []).map((pass) => ({ ...pass, at: range.from })),
  };
}

/** Rounded down to whole W. */
const wattsOf = (kw: Decimal): bigint =>
  kw.scale <= 3 ? unitsAtScale(kw, 3) : floor({ ...ratioOf(kw), n: kw.units * 1000n });
