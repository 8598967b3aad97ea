import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantsNeeded } from '../../../domain/rating/instants.ts';
import { rateRange } from '../../../domain/rating/rate-range.ts';
import type { RangeContext, RangeUsage, RatedLine } from '../../../domain/rating/rated-line.ts';
import { shareOut } from '../../../domain/rating/rounding.ts';
import type { Rounding, TariffDefinition, Tiers } from '../../../domain/tariffs/definition.ts';
import { aCalendar, BANDS, oracleBand } from '../tariffs/calendars.ts';
import { MINUTE, midnight, monthOf, sum, type Truth, usageOf } from './support.ts';

/** The oracle's own arithmetic: a price in millionths, a sum of Wh × millionths, half up to fen. */
const millionths = (text: string): bigint => {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
};
/** Wh × millionths of a yuan a kWh are 10^-9 yuan: a fen is 10^7 of them. */
const toFen = (value: bigint): bigint => (value + 5_000_000n) / 10_000_000n;

const ZONES = ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
const aPrice = fc.integer({ min: 0, max: 3_000_000 }).map((n) => (n / 1_000_000).toFixed(6));
const aRounding: fc.Arbitrary<Rounding> = fc.record({
  stage: fc.constantFrom('line', 'band', 'subtotal'),
  mode: fc.constantFrom('half_up', 'half_even', 'down', 'up'),
  quantum: fc.constantFrom('0.01', '0.1', '1'),
});
const someTiers = (
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
function rateInParts(
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
const withTruth = <T>(rest: fc.Arbitrary<T>) =>
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

describe('graduated tiers', () => {
  const some = withTruth(
    fc.record({
      tiers: someTiers('graduated', fc.constantFrom('month', 'two_months', 'year')),
      rounding: aRounding,
    }),
  );

  it('come to the same however the month is split, whatever the rounding', () => {
    fc.assert(
      fc.property(some, ({ month, truth, cuts, rest: { tiers, rounding } }) => {
        const definition = {
          components: [{ code: 'a', price: { kind: 'tiered', ...tiers }, rounding }],
        } as const satisfies TariffDefinition;
        const usage = usageOf(truth);
        expect(sum(rateInParts(definition, month, usage, cuts))).toBe(
          sum(rateRange(definition, month, usage)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('are the price of each Wh in the tier that it falls in', () => {
    fc.assert(
      fc.property(some, ({ month, truth, cuts, rest: { tiers } }) => {
        const definition = {
          components: [
            {
              code: 'a',
              price: { kind: 'tiered', ...tiers },
              rounding: { stage: 'subtotal', mode: 'half_up' },
            },
          ],
        } as const satisfies TariffDefinition;
        let [used, worth] = [0, 0n];
        for (const quantity of truth.minutes) {
          for (let left = quantity; left > 0; ) {
            const tier = tiers.tiers.find(({ upTo }) => upTo === null || used < Number(upTo) * 1000);
            const room = tier?.upTo == null ? left : Number(tier.upTo) * 1000 - used;
            const part = Math.min(left, room);
            worth += BigInt(part) * millionths(tier?.unitPrice ?? '0');
            used += part;
            left -= part;
          }
        }
        const lines = rateInParts(definition, month, usageOf(truth), cuts);
        expect(sum(lines)).toBe(toFen(worth));
        expect(lines.reduce((total, { quantity }) => total + quantity, 0n)).toBe(BigInt(used));
      }),
      { numRuns: 60 },
    );
  });

  it('never cost less for more', () => {
    fc.assert(
      fc.property(
        someTiers('graduated', fc.constant('month')),
        aRounding,
        fc.bigInt(0n, 1_000_000n),
        fc.bigInt(0n, 1_000_000n),
        (tiers, rounding, a, more) => {
          const month = monthOf('Asia/Shanghai', '2026-10');
          const definition: TariffDefinition = {
            components: [{ code: 'a', price: { kind: 'tiered', ...tiers }, rounding }],
          };
          const cost = (total: bigint): bigint =>
            sum(
              rateRange(definition, month, {
                at: (instant) => (instant === month.range.to ? total : 0n),
                share: null,
                passes: [],
              }),
            );
          expect(cost(a + more) >= cost(a)).toBe(true);
        },
      ),
    );
  });
});

describe('volume tiers', () => {
  it.each([
    [99_999n, 't1', 9_999_900n],
    [100_000n, 't1', 10_000_000n],
    [100_001n, 't2', 5_000_050n],
    [200_000n, 't2', 10_000_000n],
    [200_001n, 't3', 4_000_020n],
  ])('of %s Wh are all at the price of %s', (total, band, amount) => {
    const month = monthOf('Asia/Shanghai', '2026-10', { digits: 5 });
    const definition: TariffDefinition = {
      components: [
        {
          code: 'a',
          price: {
            kind: 'tiered',
            ...{ mode: 'volume', accumulation: 'month', scale: 'window' },
            tiers: [
              { upTo: '100', unitPrice: '1' },
              { upTo: '200', unitPrice: '0.5' },
              { upTo: null, unitPrice: '0.2' },
            ],
          },
        },
      ],
    };
    const usage = { at: (t: number) => (t === month.range.to ? total : 0n), share: null, passes: [] };
    expect(rateRange(definition, month, usage)).toMatchObject([{ band, quantity: total, amount }]);
  });

  it('come to the same however the month is split', () => {
    fc.assert(
      fc.property(
        withTruth(fc.record({ tiers: someTiers('volume', fc.constant('month')), rounding: aRounding })),
        ({ month, truth, cuts, rest: { tiers, rounding } }) => {
          const definition: TariffDefinition = {
            components: [{ code: 'a', price: { kind: 'tiered', ...tiers }, rounding }],
          };
          const usage = usageOf(truth);
          expect(sum(rateInParts(definition, month, usage, cuts))).toBe(
            sum(rateRange(definition, month, usage)),
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('bands', () => {
  const banded = withTruth(
    fc.record({
      calendar: aCalendar,
      prices: fc.array(aPrice, { minLength: 4, maxLength: 4 }),
      tiers: someTiers('graduated', fc.constant('month')),
    }),
  );

  it('are each minute at the price of its band, on days of 23, 24 and 25 hours, and sum to the total', () => {
    fc.assert(
      fc.property(banded, ({ month, truth, cuts, rest: { calendar, prices } }) => {
        const bands = BANDS.map((code, i) => ({ code, unitPrice: prices[i] ?? '0' }));
        const definition: TariffDefinition = {
          components: [{ code: 'a', price: { kind: 'time_of_use', bands, calendar } }],
        };
        const worth = new Map<string, { quantity: bigint; value: bigint }>();
        truth.minutes.forEach((quantity, i) => {
          if (quantity === 0) return;
          const band = oracleBand(calendar, month.timeZone, truth.from + i * MINUTE) ?? '';
          const price = millionths(bands.find(({ code }) => code === band)?.unitPrice ?? '0');
          const before = worth.get(band) ?? { quantity: 0n, value: 0n };
          worth.set(band, {
            quantity: before.quantity + BigInt(quantity),
            value: before.value + BigInt(quantity) * price,
          });
        });
        for (const { band, quantity, amount } of rateRange(definition, month, usageOf(truth))) {
          expect([band, quantity, amount]).toEqual([
            band,
            worth.get(band)?.quantity ?? 0n,
            toFen(worth.get(band)?.value ?? 0n),
          ]);
        }
        const total = BigInt(truth.minutes.reduce((all, quantity) => all + quantity, 0));
        const parts = rateInParts(definition, month, usageOf(truth), cuts);
        expect(parts.reduce((all, { quantity }) => all + quantity, 0n)).toBe(total);
        for (const { quantity, intervals } of parts) {
          expect(intervals.reduce((all, interval) => all + interval.quantity, 0n)).toBe(quantity);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('with tiers of their own count their own usage, however the month is split', () => {
    fc.assert(
      fc.property(banded, ({ month, truth, cuts, rest: { calendar, prices, tiers } }) => {
        const bands = BANDS.map((code, i) =>
          i % 2 === 0 ? { code, unitPrice: prices[i] ?? '0' } : { code, tiered: tiers },
        );
        const definition: TariffDefinition = {
          components: [
            {
              code: 'a',
              price: { kind: 'time_of_use', bands, calendar },
              rounding: { stage: 'band', mode: 'half_even' },
            },
          ],
        };
        const tieredOnly = (lines: readonly RatedLine[]): bigint =>
          sum(lines.filter(({ workings }) => workings.kind === 'tier'));
        const whole = rateRange(definition, month, usageOf(truth));
        const parts = rateInParts(definition, month, usageOf(truth), cuts);
        expect(tieredOnly(parts)).toBe(tieredOnly(whole));
      }),
      { numRuns: 20 },
    );
  });
});

describe('demand', () => {
  it('is the highest average over every window, the first of equal ones', () => {
    const some = withTruth(fc.constantFrom([15, 5], [15, 15], [30, 10], [60, 20]));
    fc.assert(
      fc.property(some, ({ month, truth, rest: [window = 15, step = 5] }) => {
        const definition: TariffDefinition = {
          components: [
            {
              code: 'd',
              price: { kind: 'demand', unitPrice: '40', windowMinutes: window, stepMinutes: step },
            },
          ],
        };
        let [best, at] = [-1, 0];
        for (let start = 0; start + window <= truth.minutes.length; start += step) {
          let energy = 0;
          for (let i = start; i < start + window; i++) energy += truth.minutes[i] ?? 0;
          if (energy > best) [best, at] = [energy, start];
        }
        const [line] = rateInParts(definition, month, usageOf(truth), []);
        expect(line?.quantity).toBe(BigInt((best * 60) / window));
        expect(line?.workings).toMatchObject({
          peak: { from: new Date(truth.from + at * MINUTE).toISOString(), usage: `${best}` },
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe('components', () => {
  it('that do not depend on each other may stand in any order', () => {
    fc.assert(
      fc.property(
        withTruth(
          fc.tuple(
            someTiers('graduated', fc.constant('month')),
            aPrice,
            fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
          ),
        ),
        ({ month, truth, rest: [tiers, price, order] }) => {
          const all: TariffDefinition['components'] = [
            { code: 'a', price: { kind: 'tiered', ...tiers } },
            { code: 'b', price: { kind: 'flat', unitPrice: price }, lossFactor: '1.05' },
            {
              code: 'c',
              price: { kind: 'fixed', unitPrice: price, per: 'day', by: 'lease', prorated: true },
            },
            { code: 'd', price: { kind: 'demand', unitPrice: price, windowMinutes: 15, stepMinutes: 15 } },
          ];
          const byKey = (components: TariffDefinition['components']): Map<string, unknown> =>
            new Map(
              rateRange({ components }, month, usageOf(truth)).map((line) => [
                `${line.component} ${line.band}`,
                line,
              ]),
            );
          expect(byKey(order.flatMap((i) => all[i] ?? []))).toEqual(byKey(all));
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('sharing a rounded amount out', () => {
  it('gives every line its own amount to within one minor unit, and the sum exactly', () => {
    const parts = fc.array(fc.tuple(fc.bigInt(0n, 10n ** 9n), fc.bigInt(1n, 1_000n)), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(parts, (list) => {
        const exact = list.map(([n, d]) => ({ n, d }));
        // The oracle: everything over one denominator.
        const common = exact.reduce((product, { d }) => product * d, 1n);
        const total = exact.reduce((all, { n, d }) => all + (n * common) / d, 0n) / common;
        const shares = shareOut(total, exact);
        expect(shares.reduce((all, share) => all + share, 0n)).toBe(total);
        shares.forEach((share, i) => {
          const { n, d } = exact[i] ?? { n: 0n, d: 1n };
          expect(share * d > n - 2n * d && share * d < n + d).toBe(true);
        });
      }),
    );
  });

  it('gives the rest to the largest remainders, of equal ones to the first', () => {
    const thirds = [1n, 1n, 1n].map((n) => ({ n: n * 100n, d: 3n }));
    expect(shareOut(100n, thirds)).toEqual([34n, 33n, 33n]);
    expect(
      shareOut(10n, [
        { n: 5n, d: 2n },
        { n: 29n, d: 10n },
        { n: 46n, d: 10n },
      ]),
    ).toEqual([2n, 3n, 5n]);
    expect(
      shareOut(0n, [
        { n: 0n, d: 1n },
        { n: 0n, d: 1n },
      ]),
    ).toEqual([0n, 0n]);
  });
});

describe('a local midnight', () => {
  it('is where the zone has it', () => {
    expect(midnight('Asia/Shanghai', '2026-10')).toBe(Date.parse('2026-09-30T16:00:00Z'));
    expect(midnight('Europe/Berlin', '2026-11')).toBe(Date.parse('2026-10-31T23:00:00Z'));
  });
});
