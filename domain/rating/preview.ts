import type { Commodity, QuantityUnit } from '../commodities.ts';
import type { Decimal } from '../decimal.ts';
import { accumulationWindow, monthsOf } from '../local-days.ts';
import { add, parseRatio, type Ratio, ratioText } from '../ratio.ts';
import { commodityFaults, roundingFaults } from '../tariffs/check.ts';
import type { TariffDefinition } from '../tariffs/definition.ts';
import { type Given, givenContext, givenFault, givenMeasured, type PreviewFault } from './given.ts';
import { rateMeasured, rateRange } from './rate-range.ts';
import type { Pass, RangeContext, RangeUsage, RatedLine } from './rated-line.ts';
import { AmountBeyondRange } from './rounding.ts';
import type { Series } from './series.ts';

/** A stay in the past with what was measured in it, month by month as runs would have charged it. */
export interface PastRange {
  readonly context: RangeContext;
  readonly usage: RangeUsage;
}

/** Usage to rate: totals that a person typed, a series of intervals, or what a real stall used. */
export type PreviewUsage =
  | Given
  | { readonly kind: 'series'; readonly series: Series }
  | { readonly kind: 'past'; readonly ranges: readonly PastRange[] };

export interface PreviewPlace {
  readonly timeZone: string;
  /** Of the currency's minor unit. */
  readonly digits: number;
  readonly commodity: Commodity;
  readonly areaM2?: Decimal | null;
  readonly passes?: readonly Pass[];
  /** The allocated part of common area and loss, base units. */
  readonly share?: bigint | null;
}

/** All lines of a component, band and price added up. */
export interface PreviewLine {
  readonly component: string;
  readonly band: string;
  /** From 1; null where there are none. */
  readonly tier: number | null;
  readonly unit: QuantityUnit;
  readonly quantity: bigint;
  readonly unitPrice: string;
  /** Currency units, a decimal or `n/d`. */
  readonly unrounded: string;
  readonly amount: bigint;
}

export type Preview =
  | {
      readonly ok: true;
      readonly lines: readonly PreviewLine[];
      /** Usage, base units. */
      readonly quantity: bigint;
      readonly amount: bigint;
    }
  | { readonly ok: false; readonly fault: PreviewFault };

/** What usage would cost, by the code that charges: a series and the past month by month. */
export function preview(definition: TariffDefinition, usage: PreviewUsage, place: PreviewPlace): Preview {
  const fault =
    roundingFaults(definition, place.digits).map(({ message }) => message)[0] ??
    commodityFaults(definition, place.commodity).map(({ message }) => message)[0];
  if (fault !== undefined) return refused('definition', fault);
  const missing = missingInput(definition, usage, place);
  if (missing) return { ok: false, fault: missing };
  try {
    const lines = addedUp(ratedLines(definition, usage, place));
    return {
      ok: true,
      lines,
      quantity: totalOf(usage),
      amount: lines.reduce((sum, { amount }) => sum + amount, 0n),
    };
  } catch (error) {
    if (error instanceof AmountBeyondRange) return refused('amount_beyond_range', error.message);
    throw error;
  }
}

function missingInput(
  definition: TariffDefinition,
  usage: PreviewUsage,
  { areaM2, passes }: PreviewPlace,
): PreviewFault | undefined {
  for (const { code, price } of definition.components) {
    if (price.kind === 'fixed' && price.by === 'm2' && areaM2 == null && usage.kind !== 'past') {
      return { code: 'needs_area', detail: `component ${code} is by area: give areaM2` };
    }
    if (price.kind === 'per_event' && passes === undefined && usage.kind !== 'past') {
      return { code: 'needs_passes', detail: `component ${code} is by pass: give passes` };
    }
  }
  return usage.kind === 'total' || usage.kind === 'bands' ? givenFault(definition, usage) : undefined;
}

function ratedLines(
  definition: TariffDefinition,
  usage: PreviewUsage,
  place: PreviewPlace,
): readonly RatedLine[] {
  switch (usage.kind) {
    case 'total':
    case 'bands': {
      const context = givenContext(usage, place);
      return rateMeasured(definition, context, givenMeasured(usage, place, context));
    }
    case 'series':
      return seriesRanges(usage.series, place).flatMap((part) =>
        rateRange(definition, part.context, part.usage),
      );
    case 'past':
      return usage.ranges.flatMap((part) => rateRange(definition, part.context, part.usage));
  }
}

/** As if a lease began with the series and went on after it. What is given once is charged in the first month. */
function seriesRanges({ range, at }: Series, place: PreviewPlace): readonly PastRange[] {
  const { timeZone, digits, commodity, areaM2 = null } = place;
  return monthsOf(range, timeZone).map((part, i) => ({
    context: {
      range: part,
      period: accumulationWindow('month', part.from, timeZone),
      periodKind: 'month',
      ...{ timeZone, digits, commodity, areaM2 },
      lease: { from: range.from, to: null },
      meteredFrom: range.from,
    },
    usage: {
      at,
      share: i === 0 ? (place.share ?? null) : null,
      passes: i === 0 ? (place.passes ?? []).map((pass) => ({ ...pass, at: part.from })) : [],
    },
  }));
}

function totalOf(usage: PreviewUsage): bigint {
  switch (usage.kind) {
    case 'total':
      return usage.quantity;
    case 'bands':
      return Object.values(usage.quantities).reduce((sum, quantity) => sum + quantity, 0n);
    case 'series':
      return usage.series.total;
    case 'past':
      return usage.ranges.reduce(
        (sum, { context: { range }, usage: { at } }) => sum + at(range.to) - at(range.from),
        0n,
      );
  }
}

function addedUp(lines: readonly RatedLine[]): readonly PreviewLine[] {
  const byKey = new Map<string, { exact: Ratio; line: PreviewLine }>();
  for (const { component, band, unit, quantity, unitPrice, unrounded, amount, workings } of lines) {
    const key = `${component} ${band} ${unitPrice}`;
    const before = byKey.get(key);
    const exact = before ? add(before.exact, parseRatio(unrounded)) : parseRatio(unrounded);
    byKey.set(key, {
      exact,
      line: {
        ...{ component, band, unit, unitPrice },
        tier: workings.kind === 'tier' ? workings.tier : null,
        quantity: (before?.line.quantity ?? 0n) + quantity,
        unrounded: '',
        amount: (before?.line.amount ?? 0n) + amount,
      },
    });
  }
  return [...byKey.values()].map(({ exact, line }) => ({ ...line, unrounded: ratioText(exact) }));
}

const refused = (code: PreviewFault['code'], detail: string): Preview => ({
  ok: false,
  fault: { code, detail },
});
