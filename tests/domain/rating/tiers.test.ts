import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateRange } from '../../../domain/rating/rate-range.ts';
import type { TariffDefinition } from '../../../domain/tariffs/definition.ts';
import { aRounding, millionths, rateInParts, someTiers, toFen, withTruth } from './generators.ts';
import { monthOf, sum, usageOf } from './support.ts';

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
