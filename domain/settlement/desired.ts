import type { Boundary } from '../metering/boundary.ts';
import type { Installation } from '../metering/fold.ts';
import type { TimeRange } from '../periods.ts';
import { priceIntervals, type RatedUsage, rateComponent } from '../rating/rate.ts';
import type { BandInterval } from '../tariffs/calendar.ts';
import type { TariffComponent } from '../tariffs/definition.ts';
import type { ServiceRange, TariffVersion } from './service-ranges.ts';

/** What should be posted for one band of one component of one service range. */
export interface DesiredLine extends RatedUsage {
  readonly range: ServiceRange;
  readonly definition: TariffComponent;
  /** When the band held, with its usage: the sum is the line's quantity. */
  readonly intervals: readonly UsedInterval[];
}

export interface UsedInterval extends TimeRange {
  readonly quantity: bigint;
}

/** Boundary values by their instant. */
export type Boundaries = ReadonlyMap<number, Boundary>;

/** The band intervals of a component over a range; a run keeps them, because most points share them. */
export type IntervalsOf = (
  tariff: TariffVersion,
  component: TariffComponent,
  range: TimeRange,
) => readonly BandInterval[];

/** Remembers the intervals of the ranges it has seen, up to a limit. */
export function rememberedIntervals(timeZone: string, entriesMax = 1000): IntervalsOf {
  const seen = new Map<string, readonly BandInterval[]>();
  return (tariff, component, { from, to }) => {
    const key = `${tariff.id} ${component.code} ${from} ${to}`;
    const known = seen.get(key);
    if (known) return known;
    const intervals = priceIntervals(component.price, timeZone, { from, to });
    if (seen.size >= entriesMax) seen.clear();
    seen.set(key, intervals);
    return intervals;
  };
}

/** Every instant at which the point's boundary value is needed, ascending. */
export function cutsOf(
  ranges: readonly ServiceRange[],
  installations: readonly Installation[],
  intervalsOf: IntervalsOf,
): readonly number[] {
  const cuts = new Set<number>();
  for (const range of ranges) {
    cuts.add(range.from).add(range.to);
    for (const component of range.tariff.definition.components) {
      for (const interval of intervalsOf(range.tariff, component, range)) cuts.add(interval.to);
    }
    for (const { startsAt, endsAt } of installations) {
      if (startsAt > range.from && startsAt < range.to) cuts.add(startsAt);
      if (endsAt !== null && endsAt > range.from && endsAt < range.to) cuts.add(endsAt);
    }
  }
  return [...cuts].sort((a, b) => a - b);
}

/** The lines of a range whose boundary values are all known, in the order of the tariff. */
export function desiredLines(
  range: ServiceRange,
  boundaries: Boundaries,
  intervalsOf: IntervalsOf,
  digits: number,
): readonly DesiredLine[] {
  return range.tariff.definition.components.flatMap((definition) => {
    const byBand = new Map<string, UsedInterval[]>();
    for (const { from, to, band } of intervalsOf(range.tariff, definition, range)) {
      const used = { from, to, quantity: valueAt(boundaries, to) - valueAt(boundaries, from) };
      const list = byBand.get(band);
      if (list) list.push(used);
      else byBand.set(band, [used]);
    }
    const usage = [...byBand].map(([band, intervals]) => ({
      band,
      quantity: intervals.reduce((sum, { quantity }) => sum + quantity, 0n),
    }));
    return rateComponent(definition, usage, digits).map((rated) => ({
      ...rated,
      range,
      definition,
      intervals: byBand.get(rated.band) ?? [],
    }));
  });
}

function valueAt(boundaries: Boundaries, at: number): bigint {
  const boundary = boundaries.get(at);
  if (!boundary) throw new Error(`no boundary value at ${new Date(at).toISOString()}`);
  return boundary.value;
}
