import { BASE_PER_DISPLAY, BASE_UNIT } from '../commodities.ts';
import { parseDecimal } from '../decimal.ts';
import { accumulationWindow, daysTouched, monthDays, monthsOf } from '../local-days.ts';
import type { TimeRange } from '../periods.ts';
import { add, floor, multiply, ONE, type Ratio, ratioOf, ratioText, ZERO } from '../ratio.ts';
import { BAND_ALL, type TieredPrice, type Tiers, tierBand } from '../tariffs/definition.ts';
import type { Counted } from './measured.ts';
import type { ExactLine, RangeContext } from './rated-line.ts';
import { countedFrom, iso, type Scope, worthOf } from './scope.ts';
import type { TierWorkings } from './workings.ts';

export function tieredLines(price: TieredPrice, scope: Scope): readonly ExactLine[] {
  const counted = scope.measured.counted(countedFrom(price.accumulation, scope.context));
  return tierLines(price, BAND_ALL, counted, scope);
}

/**
 * 阶梯 on usage that has been counted since the begin of its window. With F(u) the price of u, a line is worth
 * F(after) − F(before): of graduated tiers one line a tier, of volume tiers one line. A tier includes its limit.
 */
export function tierLines(
  tiers: Tiers,
  band: string,
  counted: Counted,
  { context, factor }: Scope,
): readonly ExactLine[] {
  const since = countedFrom(tiers.accumulation, context);
  const { before, after, intervals } = counted;
  const window = accumulationWindow(tiers.accumulation, context.range.from, context.timeZone);
  const scale = scaleFactor(tiers, window, context);
  const limits = tiers.tiers.map(({ upTo }) => (upTo === null ? null : scaledLimit(upTo, scale)));
  const parts = (usage: bigint): readonly bigint[] =>
    tiers.mode === 'graduated' ? graduatedParts(limits, usage) : volumeParts(limits, usage);
  const [from, to] = [parts(before), parts(after)];
  const table = tiers.tiers.map(({ unitPrice }, i) => ({
    upTo: limits[i] == null ? null : `${limits[i]}`,
    unitPrice,
    before: `${from[i] ?? 0n}`,
    after: `${to[i] ?? 0n}`,
  }));
  const how = (tier: number): TierWorkings => ({
    kind: 'tier',
    mode: tiers.mode,
    accumulation: tiers.accumulation,
    scale: tiers.scale,
    window: { from: iso(window.from), to: iso(window.to) },
    countedFrom: iso(since),
    factor: ratioText(scale),
    before: `${before}`,
    after: `${after}`,
    tier: tier + 1,
    tiers: table,
  });
  const head = { eventKey: '', unit: BASE_UNIT[context.commodity], accumulatedFrom: since, intervals };
  const worth = (part: bigint | undefined, i: number): Ratio =>
    worthOf(part ?? 0n, tiers.tiers[i]?.unitPrice ?? '0', factor);
  if (tiers.mode === 'volume') {
    const reached = tierOf(limits, after);
    return [
      {
        ...head,
        band: tierBand(band, reached),
        quantity: after - before,
        unitPrice: tiers.tiers[reached]?.unitPrice ?? '0',
        before: from.map(worth).reduce(add, ZERO),
        after: worth(after, reached),
        how: how(reached),
      },
    ];
  }
  return tiers.tiers.map(({ unitPrice }, i) => ({
    ...head,
    band: tierBand(band, i),
    quantity: (to[i] ?? 0n) - (from[i] ?? 0n),
    unitPrice,
    before: worth(from[i], i),
    after: worth(to[i], i),
    how: how(i),
  }));
}

/** Usage by tier: tier i has what lies above the limit before it, up to its own. */
function graduatedParts(limits: readonly (bigint | null)[], usage: bigint): readonly bigint[] {
  return limits.map((limit, i) => {
    const below = limits[i - 1] ?? 0n;
    const top = limit === null || usage < limit ? usage : limit;
    return i > 0 && top < below ? 0n : top - below;
  });
}

function volumeParts(limits: readonly (bigint | null)[], usage: bigint): readonly bigint[] {
  const tier = tierOf(limits, usage);
  return limits.map((_, i) => (i === tier ? usage : 0n));
}

const tierOf = (limits: readonly (bigint | null)[], usage: bigint): number =>
  limits.findIndex((limit) => limit === null || usage <= limit);

/** Base units, rounded down. */
function scaledLimit(upTo: string, scale: Ratio): bigint {
  const limit = ratioOf(parseDecimal(upTo));
  return floor(multiply({ n: limit.n * BigInt(BASE_PER_DISPLAY), d: limit.d }, scale));
}

/**
 * What limits are multiplied by: the days or months of the window that the lease covers. A day counts as soon as the
 * lease has a part of it; a part of a month counts as its days among the month's, exactly.
 */
function scaleFactor({ scale }: Tiers, window: TimeRange, { lease, timeZone }: RangeContext): Ratio {
  if (scale === 'window') return ONE;
  const covered = {
    from: Math.max(window.from, lease.from),
    to: Math.min(window.to, lease.to ?? window.to),
  };
  if (scale === 'day') return { n: BigInt(daysTouched(covered, timeZone)), d: 1n };
  return monthsOf(covered, timeZone)
    .map((month) => ({
      n: BigInt(daysTouched(month, timeZone)),
      d: BigInt(monthDays(month.from, timeZone)),
    }))
    .reduce(add, ZERO);
}
