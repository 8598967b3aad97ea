import type { Commodity } from '../commodities.ts';
import type { Decimal } from '../decimal.ts';
import type { Boundary } from '../metering/boundary.ts';
import type { Installation } from '../metering/fold.ts';
import type { PeriodKind } from '../period-kinds.ts';
import { periodKindOf, type TimeRange } from '../periods.ts';
import { instantsNeeded } from '../rating/instants.ts';
import { rateRange } from '../rating/rate-range.ts';
import type { Pass, RangeContext, RatedLine } from '../rating/rated-line.ts';
import type { SharePart } from '../residual.ts';
import type { ServiceRange } from './service-ranges.ts';

/** What should be posted for one key of one service range. */
export interface DesiredLine extends RatedLine {
  readonly range: ServiceRange;
  /** Of a share of common area and loss, what it is made of; absent on all other lines. */
  readonly shares?: readonly SharePart[] | undefined;
}

/** Boundary values by their instant. */
export type Boundaries = ReadonlyMap<number, Boundary>;

/** The month or day of a run. */
export interface NamedPeriod extends TimeRange {
  readonly name: string;
}

/** What all ranges of a point share. */
export interface PointContext {
  readonly period: NamedPeriod;
  readonly timeZone: string;
  /** Of the currency's minor unit. */
  readonly digits: number;
  readonly commodity: Commodity;
  readonly areaM2: Decimal | null;
  readonly installations: readonly Installation[];
  readonly extras: RangeExtras;
}

/** What is charged beside the point's own usage. */
export interface RangeExtras {
  /** The range's allocated part of common area and loss, base units; null where none is allocated. */
  share(range: ServiceRange): bigint | null;
  /** What that is made of. */
  shareParts?(range: ServiceRange): readonly SharePart[];
  /** The passes of a gate that the range pays for. */
  passes(range: ServiceRange): readonly Pass[];
}

export const NO_EXTRAS: RangeExtras = { share: () => null, passes: () => [] };

export function rangeContext(range: ServiceRange, point: PointContext): RangeContext {
  const kind: PeriodKind = periodKindOf(point.period.name);
  return {
    range: { from: range.from, to: range.to },
    period: { from: point.period.from, to: point.period.to },
    periodKind: kind,
    timeZone: point.timeZone,
    digits: point.digits,
    commodity: point.commodity,
    lease: range.stay,
    meteredFrom: point.installations[0]?.startsAt ?? null,
    areaM2: point.areaM2,
    only: range.only,
  };
}

/** Every instant at which the point's boundary value is needed, ascending. Those before the period start tiers. */
export function cutsOf(ranges: readonly ServiceRange[], point: PointContext): readonly number[] {
  const cuts = new Set<number>();
  for (const range of ranges) {
    cuts.add(range.from).add(range.to);
    for (const instant of instantsNeeded(range.tariff.definition, rangeContext(range, point))) {
      cuts.add(instant);
    }
    for (const { startsAt, endsAt } of point.installations) {
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
  point: PointContext,
): readonly DesiredLine[] {
  const isMetered = point.installations.length > 0;
  const usage = {
    at: (instant: number): bigint => (isMetered ? valueAt(boundaries, instant) : 0n),
    share: point.extras.share(range),
    passes: point.extras.passes(range),
  };
  const { components } = range.tariff.definition;
  const isShare = (code: string): boolean =>
    components.some((component) => component.code === code && component.price.kind === 'share');
  return rateRange(range.tariff.definition, rangeContext(range, point), usage).map((line) => ({
    ...line,
    range,
    ...(isShare(line.component) ? { shares: point.extras.shareParts?.(range) ?? [] } : {}),
  }));
}

function valueAt(boundaries: Boundaries, at: number): bigint {
  const boundary = boundaries.get(at);
  if (!boundary) throw new Error(`no boundary value at ${new Date(at).toISOString()}`);
  return boundary.value;
}
