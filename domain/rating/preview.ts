import type { TimeRange } from '../periods.ts';
import { roundingFaults } from '../tariffs/check.ts';
import { BAND_ALL, type TariffComponent, type TariffDefinition } from '../tariffs/definition.ts';
import { priceIntervals, type RatedUsage, rateComponent } from './rate.ts';
import type { BandUsage } from './rated.ts';

export interface UsageInterval extends TimeRange {
  /** Base units, not negative. */
  readonly quantity: bigint;
}

/** Usage to rate without any meter: in all, by band, or as a series of intervals that do not overlap. */
export type PreviewUsage =
  | { readonly kind: 'total'; readonly quantity: bigint }
  | { readonly kind: 'bands'; readonly quantities: Readonly<Record<string, bigint>> }
  | { readonly kind: 'series'; readonly intervals: readonly UsageInterval[] };

export interface PreviewFault {
  readonly code:
    | 'needs_bands'
    | 'unknown_band'
    | 'intervals_overlap'
    | 'interval_ends_early'
    | 'rounding_below_minor';
  readonly detail: string;
}

export type Preview =
  | {
      readonly ok: true;
      readonly lines: readonly RatedUsage[];
      readonly quantity: bigint;
      readonly amount: bigint;
    }
  | { readonly ok: false; readonly fault: PreviewFault };

/** What the usage would cost, by the code that charges. `digits` are the currency's. */
export function preview(
  definition: TariffDefinition,
  usage: PreviewUsage,
  place: { readonly timeZone: string; readonly digits: number },
): Preview {
  const [rounding] = roundingFaults(definition, place.digits);
  if (rounding) return { ok: false, fault: { code: 'rounding_below_minor', detail: rounding.message } };
  const series = usage.kind === 'series' ? cumulative(usage.intervals) : undefined;
  if (series && 'code' in series) return { ok: false, fault: series };
  const lines: RatedUsage[] = [];
  for (const component of definition.components) {
    const bands = series
      ? seriesByBand(component, series, place.timeZone)
      : givenByBand(component, usage as Exclude<PreviewUsage, { kind: 'series' }>);
    if ('code' in bands) return { ok: false, fault: bands };
    lines.push(...rateComponent(component, bands, place.digits));
  }
  return {
    ok: true,
    lines,
    quantity: totalOf(usage),
    amount: lines.reduce((sum, { amount }) => sum + amount, 0n),
  };
}

function givenByBand(
  { code, price }: TariffComponent,
  usage: Exclude<PreviewUsage, { kind: 'series' }>,
): readonly BandUsage[] | PreviewFault {
  if (price.kind !== 'time_of_use') return [{ band: BAND_ALL, quantity: totalOf(usage) }];
  if (usage.kind === 'total') {
    return { code: 'needs_bands', detail: `component ${code} has bands: give usage by band or as a series` };
  }
  const known = new Set(price.bands.map((band) => band.code));
  const unknown = Object.keys(usage.quantities).find((band) => !known.has(band));
  if (unknown !== undefined) {
    return { code: 'unknown_band', detail: `component ${code} has no band ${unknown}` };
  }
  return price.bands.map((band) => ({ band: band.code, quantity: usage.quantities[band.code] ?? 0n }));
}

function totalOf(usage: PreviewUsage): bigint {
  switch (usage.kind) {
    case 'total':
      return usage.quantity;
    case 'bands':
      return Object.values(usage.quantities).reduce((sum, quantity) => sum + quantity, 0n);
    case 'series':
      return usage.intervals.reduce((sum, { quantity }) => sum + quantity, 0n);
  }
}

interface Cumulative {
  readonly range: TimeRange;
  /** Ascending instants, each with the usage up to it. */
  readonly knots: readonly { readonly at: number; readonly value: bigint }[];
}

function cumulative(intervals: readonly UsageInterval[]): Cumulative | PreviewFault {
  const knots: { at: number; value: bigint }[] = [];
  for (const { from, to, quantity } of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = knots.at(-1);
    const label = new Date(from).toISOString();
    if (to <= from)
      return { code: 'interval_ends_early', detail: `the interval from ${label} has no length` };
    if (last && from < last.at) return { code: 'intervals_overlap', detail: `at ${label}` };
    const value = last?.value ?? 0n;
    if (last?.at !== from) knots.push({ at: from, value });
    knots.push({ at: to, value: value + quantity });
  }
  const [first, last] = [knots[0], knots.at(-1)];
  return { range: { from: first?.at ?? 0, to: last?.at ?? 0 }, knots };
}

/** Bands in the order in which they first hold; within an interval usage is taken as even. */
function seriesByBand(
  component: TariffComponent,
  series: Cumulative,
  timeZone: string,
): readonly BandUsage[] {
  const byBand = new Map<string, bigint>();
  const valueAt = ascendingReader(series);
  let before = valueAt(series.range.from);
  for (const { to, band } of priceIntervals(component.price, timeZone, series.range)) {
    const after = valueAt(to);
    byBand.set(band, (byBand.get(band) ?? 0n) + after - before);
    before = after;
  }
  return [...byBand].map(([band, quantity]) => ({ band, quantity }));
}

/** Reads the cumulative usage at instants that only ascend. */
function ascendingReader({ knots }: Cumulative): (at: number) => bigint {
  let i = 0;
  return (at) => {
    while (i + 1 < knots.length && (knots[i + 1]?.at ?? at) <= at) i++;
    const [left, right] = [knots[i], knots[i + 1]];
    if (!left) return 0n;
    if (!right || at <= left.at) return left.value;
    return left.value + ((right.value - left.value) * BigInt(at - left.at)) / BigInt(right.at - left.at);
  };
}
