import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PreviewUsage, preview } from '../../../domain/rating/preview.ts';
import { seriesOfIntervals, seriesOfSteps, type UsageInterval } from '../../../domain/rating/series.ts';
import type { Price, TariffDefinition } from '../../../domain/tariffs/definition.ts';

const place = { timeZone: 'Asia/Shanghai', digits: 2, commodity: 'electricity' } as const;
const at = (clock: string): number => Date.parse(`2026-10-01T${clock}+08:00`);
const series = (intervals: readonly UsageInterval[]): PreviewUsage => {
  const made = seriesOfIntervals(intervals);
  if ('code' in made) throw new Error(made.detail);
  return { kind: 'series', series: made };
};
const FLAT: TariffDefinition = {
  components: [
    { code: 'energy', price: { kind: 'flat', unitPrice: '0.8523' } },
    {
      code: 'fund',
      price: { kind: 'flat', unitPrice: '0.0351' },
      rounding: { stage: 'line', mode: 'up', quantum: '0.1' },
    },
  ],
};
const BANDED: TariffDefinition = {
  components: [
    {
      code: 'energy',
      price: {
        kind: 'time_of_use',
        bands: [
          { code: '峰', unitPrice: '1.2' },
          { code: '谷', unitPrice: '0.3' },
        ],
        calendar: {
          schedules: {
            day: [
              { from: '00:00', to: '08:00', band: '谷' },
              { from: '08:00', to: '24:00', band: '峰' },
            ],
          },
          days: [{ schedule: 'day' }],
        },
      },
    },
    { code: 'fund', price: { kind: 'flat', unitPrice: '0.01' } },
  ],
};
const one = (price: Price): TariffDefinition => ({ components: [{ code: 'a', price }] });
const amounts = (definition: TariffDefinition, usage: PreviewUsage): unknown => {
  const result = preview(definition, usage, place);
  return result.ok
    ? result.lines.map(({ component, band, quantity, amount }) => [component, band, quantity, amount])
    : result.fault.code;
};

describe('a preview', () => {
  it('rates a total by every flat component, each with its own rounding', () => {
    const usage = { kind: 'total', quantity: 123_456n } as const;
    // 105.2215… and 4.3333…
    expect(amounts(FLAT, usage)).toEqual([
      ['energy', 'all', 123_456n, 10_522n],
      ['fund', 'all', 123_456n, 440n],
    ]);
    expect(preview(FLAT, usage, place)).toMatchObject({ quantity: 123_456n, amount: 10_962n });
  });

  it('rates usage by band, and flat components on the sum', () => {
    expect(amounts(BANDED, { kind: 'bands', quantities: { 峰: 10_000n } })).toEqual([
      ['energy', '峰', 10_000n, 1_200n],
      ['energy', '谷', 0n, 0n],
      ['fund', 'all', 10_000n, 10n],
    ]);
  });

  it('cuts a series at the bands, evenly within an interval', () => {
    const intervals = [
      { from: at('07:00'), to: at('09:00'), quantity: 2_001n },
      { from: at('10:00'), to: at('11:00'), quantity: 500n },
    ];
    expect(amounts(BANDED, series(intervals))).toEqual([
      ['energy', '谷', 1_000n, 30n],
      ['energy', '峰', 1_501n, 180n],
      ['fund', 'all', 2_501n, 3n],
    ]);
  });

  it('rates a series month by month, as runs would', () => {
    // 1 kWh an hour from 1 October to 1 December: 744 and 720 kWh, each month with its own first tier.
    const usage = seriesOfSteps(
      at('00:00'),
      3_600_000,
      Array.from({ length: 61 * 24 }, () => 1000),
    );
    const tiered = one({
      kind: 'tiered',
      mode: 'graduated',
      accumulation: 'month',
      scale: 'window',
      tiers: [
        { upTo: '700', unitPrice: '1' },
        { upTo: null, unitPrice: '2' },
      ],
    });
    expect(amounts(tiered, { kind: 'series', series: usage })).toEqual([
      ['a', 't1', 1_400_000n, 140_000n],
      ['a', 't2', 64_000n, 12_800n],
    ]);
  });

  it('takes from a person what a total cannot say', () => {
    const demand = one({ kind: 'demand', unitPrice: '40', windowMinutes: 15, stepMinutes: 15 });
    const total = { kind: 'total', quantity: 5_000n } as const;
    expect(preview(demand, { ...total, peakKw: { units: 125n, scale: 1 } }, place)).toMatchObject({
      amount: 50_000n,
    });
    const area = one({ kind: 'fixed', unitPrice: '2', per: 'month', by: 'm2', prorated: true });
    const areaM2 = { units: 750n, scale: 2 };
    // 2 × 7.5 m² × 15/30, and a whole February
    expect(preview(area, { ...total, days: 15 }, { ...place, areaM2 })).toMatchObject({ amount: 750n });
    expect(preview(area, { ...total, days: 28 }, { ...place, areaM2 })).toMatchObject({ amount: 1_500n });
    const byDay = one({ kind: 'fixed', unitPrice: '1.5', per: 'day', by: 'lease', prorated: true });
    expect(preview(byDay, { ...total, days: 31 }, place)).toMatchObject({ amount: 4_650n });
  });

  it.each<[string, TariffDefinition, PreviewUsage]>([
    ['needs_bands', BANDED, { kind: 'total', quantity: 1n }],
    ['unknown_band', BANDED, { kind: 'bands', quantities: { 平: 1n } }],
    [
      'needs_peak',
      one({ kind: 'demand', unitPrice: '1', windowMinutes: 15, stepMinutes: 5 }),
      { kind: 'total', quantity: 1n },
    ],
    [
      'needs_days',
      one({ kind: 'fixed', unitPrice: '1', per: 'day', by: 'lease', prorated: true }),
      { kind: 'total', quantity: 1n },
    ],
    [
      'needs_area',
      one({ kind: 'fixed', unitPrice: '1', per: 'month', by: 'm2', prorated: true }),
      { kind: 'total', quantity: 1n },
    ],
    [
      'definition',
      one({ kind: 'per_event', classes: [], otherwise: '1', freeMinutes: 0 }),
      { kind: 'total', quantity: 1n },
    ],
    [
      'amount_beyond_range',
      one({ kind: 'flat', unitPrice: '1000000000' }),
      { kind: 'total', quantity: 10n ** 15n },
    ],
    [
      'definition',
      {
        components: [
          {
            code: 'a',
            price: { kind: 'flat', unitPrice: '1' },
            rounding: { stage: 'line', mode: 'up', quantum: '0.001' },
          },
        ],
      },
      { kind: 'total', quantity: 1n },
    ],
  ])('says %s', (code, definition, usage) => {
    expect(amounts(definition, usage)).toBe(code);
  });

  it('refuses intervals that overlap or have no length', () => {
    const overlapping = [
      { from: 0, to: 10, quantity: 1n },
      { from: 9, to: 20, quantity: 1n },
    ];
    expect(seriesOfIntervals(overlapping)).toMatchObject({ code: 'intervals_overlap' });
    expect(seriesOfIntervals([{ from: 5, to: 5, quantity: 1n }])).toMatchObject({
      code: 'interval_ends_early',
    });
  });

  it('of a series does not depend on the order of its intervals, and loses nothing', () => {
    const aSeries = fc
      .array(fc.record({ length: fc.integer({ min: 1, max: 400 }), quantity: fc.bigInt(0n, 10n ** 9n) }), {
        minLength: 1,
        maxLength: 50,
      })
      .map((parts) => {
        let from = at('00:00');
        return parts.map(({ length, quantity }) => {
          const interval = { from, to: from + length * 60_000, quantity };
          from = interval.to;
          return interval;
        });
      });
    fc.assert(
      fc.property(aSeries, fc.infiniteStream(fc.nat()), (intervals, numbers) => {
        const shuffled = [...intervals]
          .map((interval) => ({ interval, key: numbers.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ interval }) => interval);
        const straight = preview(BANDED, series(intervals), place);
        expect(preview(BANDED, series(shuffled), place)).toEqual(straight);
        const total = intervals.reduce((sum, { quantity }) => sum + quantity, 0n);
        const banded = straight.ok ? straight.lines.filter(({ component }) => component === 'energy') : [];
        expect(banded.reduce((sum, { quantity }) => sum + quantity, 0n)).toBe(total);
      }),
    );
  });

  it('asks a series in any order of instants', () => {
    const made = seriesOfSteps(0, 60_000, [1, 2, 3, 4, 5, 6]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 7 })), (minutes) => {
        for (const minute of minutes) {
          const n = Math.max(0, Math.min(6, minute));
          expect(made.at(minute * 60_000)).toBe(BigInt((n * (n + 1)) / 2));
        }
      }),
    );
  });
});
