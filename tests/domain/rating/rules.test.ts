import { describe, expect, it } from 'vitest';
import { cadenceOf } from '../../../domain/rating/cadence.ts';
import { instantsNeeded } from '../../../domain/rating/instants.ts';
import { rangeObstacle, rateRange } from '../../../domain/rating/rate-range.ts';
import type { Pass } from '../../../domain/rating/rated-line.ts';
import type { Price, TariffComponent, TariffDefinition } from '../../../domain/tariffs/definition.ts';
import { brief, midnight, monthOf, steady } from './support.ts';

const ZONE = 'Asia/Shanghai';
const OCTOBER = monthOf(ZONE, '2026-10');
const day = (date: number): number => midnight(ZONE, `2026-10-${String(date).padStart(2, '0')}`);
const component = (code: string, price: Price, over: Partial<TariffComponent> = {}): TariffComponent => ({
  code,
  price,
  ...over,
});
const flat = (unitPrice: string): Price => ({ kind: 'flat', unitPrice });
const tariff = (...components: TariffComponent[]): TariffDefinition => ({ components });

describe('a price by unit', () => {
  it('is exact where a float is not', () => {
    // 2^53 + 13 Wh, which a float takes for one less: 900,719,925,474,100.5 cents are rounded up.
    const quantity = 9_007_199_254_741_005n;
    const usage = { at: (t: number) => (t < OCTOBER.range.to ? 0n : quantity), share: null, passes: [] };
    const [line] = rateRange(tariff(component('energy', flat('1'))), OCTOBER, usage);
    expect(line).toMatchObject({ quantity, amount: 900_719_925_474_101n });
  });
});

describe('a price by day or month', () => {
  it('counts the days that begin in the range, and multiplies by the area', () => {
    const definition = tariff(
      component('rent', { kind: 'fixed', unitPrice: '1.5', per: 'day', by: 'lease', prorated: true }),
      component('clean', { kind: 'fixed', unitPrice: '0.2', per: 'day', by: 'm2', prorated: true }),
    );
    const context = {
      ...OCTOBER,
      range: { from: day(5) + 36_000_000, to: day(8) },
      areaM2: { units: 750n, scale: 2 },
    };
    // The 6th and 7th begin after 10:00 on the 5th. 2 × 1.5; 0.2 × 7.5 m² × 2
    expect(brief(rateRange(definition, context, steady(context, 0)))).toEqual([
      'rent all: 2 day × 1.5 = 3 → 300',
      'clean all: 750 m2 × 0.2 = 3 → 300',
    ]);
    expect(rangeObstacle(definition, OCTOBER)).toBe('no_area');
    expect(rangeObstacle(definition, context)).toBeUndefined();
  });

  it('prorates a month by its days, or is due whole once, where the lease begins the month', () => {
    const fixed = (prorated: boolean): TariffDefinition =>
      tariff(component('a', { kind: 'fixed', unitPrice: '100', per: 'month', by: 'lease', prorated }));
    const first = { ...OCTOBER, range: { from: OCTOBER.period.from, to: day(11) } };
    const second = { ...OCTOBER, range: { from: day(11), to: OCTOBER.period.to } };
    const lines = (definition: TariffDefinition, context: typeof first): readonly string[] =>
      brief(rateRange(definition, context, steady(context, 0)));
    // 100 × 10/31 = 32.258…, 100 × 21/31 = 67.741…
    expect(lines(fixed(true), first)).toEqual(['a all: 1 month × 100 = 1000/31 → 3226']);
    expect(lines(fixed(true), second)).toEqual(['a all: 1 month × 100 = 2100/31 → 6774']);
    // A new tariff version on the 11th does not begin the lease's month again; a lease that begins then does.
    expect(lines(fixed(false), first)).toEqual(['a all: 1 month × 100 = 100 → 10000']);
    expect(lines(fixed(false), second)).toEqual([]);
    expect(lines(fixed(false), { ...second, lease: { from: day(11), to: null } })).toEqual([
      'a all: 1 month × 100 = 100 → 10000',
    ]);
  });
});

describe('tiers', () => {
  const tiers = (scale: 'window' | 'day' | 'month', accumulation: 'month' | 'year'): TariffDefinition =>
    tariff(
      component('a', {
        kind: 'tiered',
        ...{ mode: 'graduated', accumulation, scale },
        tiers: [
          { upTo: '10', unitPrice: '1' },
          { upTo: null, unitPrice: '2' },
        ],
      }),
    );
  const reached = (definition: TariffDefinition, lease: { from: number; to: number | null }): unknown => {
    const context = {
      ...OCTOBER,
      lease,
      range: { from: Math.max(lease.from, OCTOBER.range.from), to: lease.to ?? OCTOBER.range.to },
    };
    const [line] = rateRange(definition, context, steady(context, 10_000_000));
    return line?.quantity;
  };

  it('scale their limits by the days or months of the window that the lease covers', () => {
    const since = { from: midnight(ZONE, '2025-06'), to: null };
    expect(reached(tiers('window', 'month'), since)).toBe(10_000n);
    expect(reached(tiers('day', 'month'), since)).toBe(310_000n);
    // From the 21st at noon 11 days have a part in the lease: 10 × 11, and 10 × 11/31 = 3.548… kWh
    const part = { from: day(21) + 43_200_000, to: null };
    expect(reached(tiers('day', 'month'), part)).toBe(110_000n);
    expect(reached(tiers('month', 'month'), part)).toBe(3_548n);
    // 2026 from its begin has 12 months; from 21 October 11/31, November and December
    expect(reached(tiers('month', 'year'), since)).toBe(120_000n);
    expect(reached(tiers('month', 'year'), part)).toBe(23_548n);
  });

  it('count from the begin of the window, of the lease or of the meter, whichever is last', () => {
    const since = (over: Partial<typeof OCTOBER>): unknown =>
      instantsNeeded(tiers('window', 'year'), { ...OCTOBER, ...over }).map((at) =>
        new Date(at).toISOString(),
      );
    expect(since({})).toEqual(['2025-12-31T16:00:00.000Z']);
    expect(since({ lease: { from: midnight(ZONE, '2026-03'), to: null } })).toEqual([
      '2026-02-28T16:00:00.000Z',
    ]);
    expect(since({ meteredFrom: midnight(ZONE, '2026-05') })).toEqual(['2026-04-30T16:00:00.000Z']);
    expect(since({ meteredFrom: OCTOBER.range.from + 5 })).toEqual([]);
  });

  it('have a line of nothing where nothing was used', () => {
    expect(brief(rateRange(tiers('window', 'month'), OCTOBER, steady(OCTOBER, 0)))).toEqual([
      'a t1: 0 Wh × 1 = 0 → 0',
    ]);
  });

  it('are rounded together by band and shared out over their lines', () => {
    const definition = tariff(
      component(
        'a',
        {
          kind: 'tiered',
          ...{ mode: 'graduated', accumulation: 'month', scale: 'window' },
          tiers: [
            { upTo: '1', unitPrice: '0.335' },
            { upTo: '2', unitPrice: '0.335' },
            { upTo: null, unitPrice: '0.335' },
          ],
        },
        { rounding: { stage: 'subtotal', mode: 'half_up', quantum: '0.1' } },
      ),
    );
    // 3 × 0.335 = 1.005 → 1.0 yuan; 33.33 fen each: 34, 33, 33
    const lines = rateRange(definition, OCTOBER, steady(OCTOBER, 3_000));
    expect(lines.map(({ amount }) => amount)).toEqual([34n, 33n, 33n]);
    expect(lines[0]?.workings.rounding).toMatchObject({
      after: { exact: '1.005', rounded: '100' },
      lines: 3,
    });
  });
});

describe('demand', () => {
  const definition = tariff(
    component('d', {
      kind: 'demand',
      ...{ unitPrice: '40', windowMinutes: 15, stepMinutes: 5, floorKw: '12.5' },
    }),
  );

  it('is at least the floor, and a part of the month costs its share of days', () => {
    const context = { ...OCTOBER, range: { from: day(22), to: OCTOBER.range.to } };
    // 12.5 kW × 40 × 10/31 = 161.290…
    expect(brief(rateRange(definition, context, steady(context, 0)))).toEqual([
      'd all: 12500 W × 40 = 5000/31 → 16129',
    ]);
  });

  it('of a range without a whole window is the floor', () => {
    const context = { ...OCTOBER, range: { from: day(22) - 60_000, to: day(22) + 60_000 } };
    const [line] = rateRange(definition, context, steady(context, 9_000));
    expect(line).toMatchObject({ quantity: 12_500n, workings: { kind: 'demand', peak: null, power: '0' } });
  });
});

describe('what is taken of other components', () => {
  const energy = component('energy', flat('0.8523'), { lossFactor: '1.05' });

  it('is taken of their rounded amounts', () => {
    const definition = tariff(
      energy,
      component('fee', { kind: 'percentage', percent: '6', of: ['energy'] }),
      component('tax', { kind: 'percentage', percent: '13', of: ['energy', 'fee'] }),
    );
    // 100 × 1.05 × 0.8523 = 89.4915 → 89.49; 6 % = 5.3694 → 5.37; 13 % of 94.86 = 12.3318 → 12.33
    expect(brief(rateRange(definition, OCTOBER, steady(OCTOBER, 100_000)))).toEqual([
      'energy all: 100000 Wh × 0.8523 = 89.4915 → 8949',
      'fee all: 8949 money × 6 = 5.3694 → 537',
      'tax all: 9486 money × 13 = 12.3318 → 1233',
    ]);
  });

  it('is rounded line by line where the tariff says so', () => {
    const definition = tariff(
      component('a', flat('0.1')),
      component('b', flat('0.1')),
      component(
        'tax',
        { kind: 'percentage', percent: '5', of: ['a', 'b'] },
        { rounding: { stage: 'line', mode: 'up' } },
      ),
    );
    // 5 % of 0.10 = 0.005 each, up: 1 fen each, where the sum's 0.01 would be 1 fen in all
    expect(brief(rateRange(definition, OCTOBER, steady(OCTOBER, 1_000)))).toEqual([
      'a all: 1000 Wh × 0.1 = 0.1 → 10',
      'b all: 1000 Wh × 0.1 = 0.1 → 10',
      'tax a: 10 money × 5 = 0.005 → 1',
      'tax b: 10 money × 5 = 0.005 → 1',
    ]);
  });

  it('tops up to a minimum, prorated by days; nothing is no line', () => {
    const minimum = (amount: string): TariffDefinition =>
      tariff(energy, component('min', { kind: 'minimum', amount, of: ['energy'], prorated: true }));
    const context = { ...OCTOBER, range: { from: day(22), to: OCTOBER.range.to } };
    // 310 × 10/31 = 100.00; less 89.49
    expect(brief(rateRange(minimum('310'), context, steady(context, 100_000))).slice(1)).toEqual([
      'min all: 1 month × 310 = 10.51 → 1051',
    ]);
    expect(rateRange(minimum('200'), context, steady(context, 100_000))).toHaveLength(1);
  });

  it('takes a discount off from the step that the month reaches, at the step itself', () => {
    const definition = tariff(
      component('energy', flat('1')),
      component('rebate', {
        kind: 'discount',
        of: ['energy'],
        steps: [
          { from: '100', percent: '5' },
          { from: '200', percent: '10' },
        ],
      }),
    );
    const rebate = (total: number): readonly string[] =>
      brief(rateRange(definition, OCTOBER, steady(OCTOBER, total))).slice(1);
    expect(rebate(99_999)).toEqual([]);
    expect(rebate(100_000)).toEqual(['rebate all: 10000 money × -5 = -5 → -500']);
    expect(rebate(200_000)).toEqual(['rebate all: 20000 money × -10 = -20 → -2000']);
  });
});

describe('the total', () => {
  it('is rounded by a line of its own, or none where nothing changes', () => {
    const rounded = (mode: 'down' | 'half_up'): TariffDefinition => ({
      components: [component('a', flat('0.8523'))],
      rounding: { stage: 'total', mode, quantum: '1' },
    });
    // 85.23 → 85; 85.23 × 2 = 170.46 → 170
    expect(brief(rateRange(rounded('down'), OCTOBER, steady(OCTOBER, 100_000))).slice(1)).toEqual([
      'rounding all: 8523 money × 0 = -0.23 → -23',
    ]);
    const whole: TariffDefinition = { ...rounded('half_up'), components: [component('a', flat('1'))] };
    expect(rateRange(whole, OCTOBER, steady(OCTOBER, 100_000))).toHaveLength(1);
  });
});

describe('gate passes', () => {
  it('have a line each, also those that cost nothing', () => {
    const definition = tariff(
      component('entry', {
        kind: 'per_event',
        classes: [{ code: 'van', unitPrice: '10' }],
        otherwise: '8',
        freeMinutes: 15,
      }),
    );
    const pass = (key: string, over: Partial<Pass>): Pass => ({
      ...{ key, at: day(3), classCode: 'van', minutes: 60, exempt: null },
      ...over,
    });
    const passes = [
      pass('a', {}),
      pass('b', { minutes: 14 }),
      pass('c', { minutes: 15 }),
      pass('d', { exempt: 'monthly_pass' }),
      pass('e', { classCode: 'bus', minutes: null }),
      pass('f', { at: OCTOBER.range.to }),
    ];
    const context = { ...OCTOBER, commodity: 'gate' } as const;
    const lines = rateRange(definition, context, { at: () => 0n, share: null, passes });
    expect(lines.map(({ eventKey, band, amount }) => [eventKey, band, amount])).toEqual([
      ['a', 'van', 1000n],
      ['b', 'van', 0n],
      ['c', 'van', 1000n],
      ['d', 'van', 0n],
      ['e', 'other', 800n],
    ]);
    expect(lines.map(({ workings }) => workings.kind === 'event' && workings.free)).toEqual([
      null,
      'minutes',
      null,
      'monthly_pass',
      null,
    ]);
  });
});

describe('a share of the common area', () => {
  it('is priced where one was allocated', () => {
    const definition = tariff(component('share', { kind: 'share', unitPrice: '0.9' }));
    expect(brief(rateRange(definition, OCTOBER, steady(OCTOBER, 0, { share: 1_234n })))).toEqual([
      'share all: 1234 Wh × 0.9 = 1.1106 → 111',
    ]);
    expect(rateRange(definition, OCTOBER, steady(OCTOBER, 0))).toEqual([]);
  });
});

describe('a lease that pays its usage by day', () => {
  const definition = tariff(
    component('energy', flat('1')),
    component('fee', { kind: 'percentage', percent: '6', of: ['energy'] }),
    component('demand', { kind: 'demand', unitPrice: '1', windowMinutes: 60, stepMinutes: 60 }),
    component('tax', { kind: 'percentage', percent: '10', of: ['energy', 'demand'] }),
  );

  it('has usage in day runs and the rest in month runs', () => {
    expect(definition.components.map((one) => cadenceOf(one, definition))).toEqual([
      'usage',
      'usage',
      'month',
      'month',
    ]);
    const today = { ...OCTOBER, period: { from: day(5), to: day(6) }, range: { from: day(5), to: day(6) } };
    const codes = rateRange(definition, { ...today, periodKind: 'day' }, steady(today, 24_000)).map(
      (line) => line.component,
    );
    expect(codes).toEqual(['energy', 'fee']);
  });

  it('pays percentages of what its days came to', () => {
    // 31 days of 1.004 kWh: 1.00 a day is 31.00, where a month at once would be 31.12.
    const usage = {
      at: (instant: number) => 1_004n * BigInt(Math.round((instant - OCTOBER.range.from) / 86_400_000)),
      share: null,
      passes: [],
    };
    const context = { ...OCTOBER, only: 'month' } as const;
    const lines = rateRange(
      tariff(
        ...definition.components.slice(0, 1),
        component('min', { kind: 'minimum', amount: '40', of: ['energy'], prorated: true }),
      ),
      context,
      usage,
    );
    expect(brief(lines)).toEqual(['min all: 1 month × 40 = 9 → 900']);
    expect(instantsNeeded(definition, { ...OCTOBER, only: 'month' })).toContain(day(17));
  });
});
