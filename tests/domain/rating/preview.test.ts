import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PreviewUsage, preview } from '../../../domain/rating/preview.ts';
import type { TariffDefinition } from '../../../domain/tariffs/definition.ts';

const place = { timeZone: 'Asia/Shanghai', digits: 2 };
const at = (clock: string): number => Date.parse(`2026-10-01T${clock}+08:00`);
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
    expect(amounts(BANDED, { kind: 'series', intervals })).toEqual([
      ['energy', '谷', 1_000n, 30n],
      ['energy', '峰', 1_501n, 180n],
      ['fund', 'all', 2_501n, 3n],
    ]);
  });

  it.each([
    ['needs_bands', BANDED, { kind: 'total', quantity: 1n }],
    ['unknown_band', BANDED, { kind: 'bands', quantities: { 平: 1n } }],
    [
      'intervals_overlap',
      FLAT,
      {
        kind: 'series',
        intervals: [
          { from: 0, to: 10, quantity: 1n },
          { from: 9, to: 20, quantity: 1n },
        ],
      },
    ],
    ['interval_ends_early', FLAT, { kind: 'series', intervals: [{ from: 5, to: 5, quantity: 1n }] }],
    [
      'rounding_below_minor',
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
  ] as readonly (readonly [string, TariffDefinition, PreviewUsage])[])(
    'says %s where it cannot',
    (code, definition, usage) => {
      expect(amounts(definition, usage)).toBe(code);
    },
  );

  it('splits a series without losing anything, wherever its intervals are cut', () => {
    const interval = fc.record({
      minutes: fc.integer({ min: 1, max: 600 }),
      quantity: fc.bigInt({ min: 0n, max: 10n ** 9n }),
    });
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 20 }), (list) => {
        let from = at('00:00');
        const intervals = list.map(({ minutes, quantity }) => {
          const to = from + minutes * 60_000;
          const made = { from, to, quantity };
          from = to;
          return made;
        });
        const result = preview(BANDED, { kind: 'series', intervals }, place);
        if (!result.ok) throw new Error(result.fault.code);
        const sum = (component: string): bigint =>
          result.lines
            .filter((line) => line.component === component)
            .reduce((total, line) => total + line.quantity, 0n);
        expect(sum('energy')).toBe(result.quantity);
        expect(sum('fund')).toBe(result.quantity);
      }),
    );
  });

  it('never costs less for more usage', () => {
    const quantity = fc.bigInt({ min: 0n, max: 10n ** 12n });
    fc.assert(
      fc.property(quantity, quantity, (some, more) => {
        const cost = (total: bigint): bigint => {
          const result = preview(FLAT, { kind: 'total', quantity: total }, place);
          return result.ok ? result.amount : -1n;
        };
        expect(cost(some + more) >= cost(some)).toBe(true);
      }),
    );
  });
});
