import type { TimeRange } from '../periods.ts';
import { bandIntervals } from '../tariffs/calendar.ts';
import type { DemandPrice, TimeOfUsePrice } from '../tariffs/definition.ts';
import type { Pass, RangeContext, RangeUsage, UsedInterval } from './rated-line.ts';

/** Usage counted since an instant at or before the range: up to where the range begins, and ends. Base units. */
export interface Counted {
  readonly before: bigint;
  readonly after: bigint;
  /** In the range. */
  readonly intervals: readonly UsedInterval[];
}

export interface Peak {
  /** W */
  readonly power: bigint;
  /** Where it was; null where only the power is known. */
  readonly window: UsedInterval | null;
}

/** What prices ask of a range: answered by a meter's cumulative quantity, or by totals that a person typed. */
export interface Measured {
  counted(since: number): Counted;
  /** Bands in the order in which they first hold in the range. */
  byBand(price: TimeOfUsePrice, since: number): ReadonlyMap<string, Counted>;
  peak(price: DemandPrice): Peak | null;
  readonly share: bigint | null;
  readonly passes: readonly Pass[];
}

const MINUTE_MS = 60_000;

export function measuredBy(usage: RangeUsage, context: RangeContext): Measured {
  const { range } = context;
  const used = ({ from, to }: TimeRange): bigint => usage.at(to) - usage.at(from);
  return {
    counted(since) {
      const before = since < range.from ? used({ from: since, to: range.from }) : 0n;
      const quantity = used(range);
      return { before, after: before + quantity, intervals: [{ ...range, quantity }] };
    },
    byBand({ calendar }, since) {
      const bands = new Map<string, { before: bigint; after: bigint; intervals: UsedInterval[] }>();
      for (const { from, to, band } of bandIntervals(calendar, context.timeZone, range)) {
        const quantity = used({ from, to });
        const counted = bands.get(band);
        if (counted) {
          counted.after += quantity;
          counted.intervals.push({ from, to, quantity });
        } else bands.set(band, { before: 0n, after: quantity, intervals: [{ from, to, quantity }] });
      }
      if (since >= range.from) return bands;
      for (const interval of bandIntervals(calendar, context.timeZone, { from: since, to: range.from })) {
        const counted = bands.get(interval.band);
        if (!counted) continue;
        const quantity = used(interval);
        counted.before += quantity;
        counted.after += quantity;
      }
      return bands;
    },
    peak(price) {
      let peak: UsedInterval | null = null;
      const window = price.windowMinutes * MINUTE_MS;
      for (const from of demandSteps(price, context)) {
        if (from + window > range.to) break;
        const quantity = usage.at(from + window) - usage.at(from);
        // Of equal windows the first counts.
        if (peak && quantity <= peak.quantity) continue;
        peak = { from, to: from + window, quantity };
      }
      return peak && { power: powerOf(peak.quantity, price.windowMinutes), window: peak };
    },
    share: usage.share,
    passes: usage.passes,
  };
}

/** Wh over minutes that divide an hour, in W. */
export const powerOf = (usage: bigint, windowMinutes: number): bigint => usage * BigInt(60 / windowMinutes);

/** Where windows can begin or end: steps counted from the period's begin, whatever clocks are set to in between. */
export function* demandSteps(
  { stepMinutes }: DemandPrice,
  { range, period }: RangeContext,
): Generator<number> {
  const step = stepMinutes * MINUTE_MS;
  const first = period.from + Math.ceil((range.from - period.from) / step) * step;
  for (let at = first; at <= range.to; at += step) yield at;
}
