import fc from 'fast-check';
import { instantsNeeded } from '../../../domain/rating/instants.ts';
import { rateRange } from '../../../domain/rating/rate-range.ts';
import type { RangeContext, RangeUsage } from '../../../domain/rating/rated-line.ts';
import type { Rounding, TariffDefinition, Tiers } from '../../../domain/tariffs/definition.ts';
import { MINUTE, monthOf, type Truth } from './support.ts';

/** The oracle's own arithmetic: a price in millionths, a sum of Wh × millionths, half up to fen. */
export const millionths = (text: string): bigint => {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
};
/** Wh × millionths of a yuan a kWh are 10^-9 yuan: a fen is 10^7 of them. */
export const toFen = (value: bigint): bigint => (value + 5_000_000n) / 10_000_000n;

const ZONES = ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
export const aPrice = fc.integer({ min: 0, max: 3_000_000 }).map((n) => (n / 1_000_000).toFixed(6));
export const aRounding: fc.Arbitrary<Rounding> = fc.record({
  stage: fc.constantFrom('line', 'band', 'subtotal'),
  mode: fc.constantFrom('half_up', 'half_even', 'down', 'up'),
  quantum: fc.constantFrom('0.01', '0.1', '1'),
});
export const someTiers = (
  mode: Tiers['mode'],
  accumulation: fc.Arbitrary<Tiers['accumulation']>,
): fc.Arbitrary<Tiers> =>
  fc
    .record({
      limits: fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 3 }),
      prices: fc.array(aPrice, { minLength: 4, maxLength: 4 }),
      accumulation,
    })
    .map(({ limits, prices, ...rest }) => ({
      ...rest,
      mode,
      scale: 'window',
      tiers: [...limits.sort((a, b) => a - b), null].map((limit, i) => ({
        upTo: limit === null ? null : `${limit}`,
        unitPrice: prices[i] ?? '0',
      })),
    }));

/** A month of hours with 0–2 kWh each, as minutes: what is used falls on one minute of the hour. */
const aTruth = (from: number, to: number): fc.Arbitrary<Truth> =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 2_000 })), {
      minLength: 24,
      maxLength: 24,
    })
    .map((hours) => {
      const minutes = new Array<number>((to - from) / MINUTE).fill(0);
      for (let h = 0; h * 60 < minutes.length; h++) {
        const [minute, quantity] = hours[h % 24] ?? [0, 0];
        // A month may end within an hour: Lord Howe moves its clocks by 30 minutes.
        if (h * 60 + minute < minutes.length) minutes[h * 60 + minute] = (quantity * (1 + (h % 7))) % 2_000;
      }
      return { from, minutes, [fc.toStringMethod]: () => JSON.stringify(hours) };
    });

/** Rates a month in the ranges that the cuts make, asking only for instants that were announced. */
export function rateInParts(
  definition: TariffDefinition,
  month: RangeContext,
  usage: RangeUsage,
  cuts: readonly number[],
) {
  const edges = [month.range.from, ...[...new Set(cuts)].sort((a, b) => a - b), month.range.to];
  return edges.slice(1).flatMap((to, i) => {
    const context = { ...month, range: { from: edges[i] ?? 0, to } };
    const known = new Set([context.range.from, to, ...instantsNeeded(definition, context)]);
    return rateRange(definition, context, {
      ...usage,
      at(instant) {
        if (!known.has(instant)) throw new Error(`${instant} was not announced`);
        return usage.at(instant);
      },
    });
  });
}

const aMonth = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    month: fc.constantFrom('2026-02', '2026-03', '2026-10', '2026-11'),
  })
  .map(({ zone, month }) => monthOf(zone, month));
export const withTruth = <T>(rest: fc.Arbitrary<T>) =>
  aMonth.chain((month) =>
    fc.record({
      month: fc.constant(month),
      truth: aTruth(month.range.from, month.range.to),
      cuts: fc.array(
        fc
          .integer({ min: 1, max: (month.range.to - month.range.from) / MINUTE - 1 })
          .map((minute) => month.range.from + minute * MINUTE),
        { maxLength: 4 },
      ),
      rest,
    }),
  );
