import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateRange } from '../../../domain/rating/rate-range.ts';
import type { RatedLine } from '../../../domain/rating/rated-line.ts';
import type { TariffDefinition } from '../../../domain/tariffs/definition.ts';
import { aCalendar, BANDS, oracleBand } from '../tariffs/calendars.ts';
import { aPrice, millionths, rateInParts, someTiers, toFen, withTruth } from './generators.ts';
import { MINUTE, midnight, sum, usageOf } from './support.ts';

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

describe('a local midnight', () => {
  it('is where the zone has it', () => {
    expect(midnight('Asia/Shanghai', '2026-10')).toBe(Date.parse('2026-09-30T16:00:00Z'));
    expect(midnight('Europe/Berlin', '2026-11')).toBe(Date.parse('2026-10-31T23:00:00Z'));
  });
});
