import { describe, expect, it } from 'vitest';
import { zTariffCreate, zTariffDefinition } from '../../../contracts/tariffs.ts';
import { commodityFaults, definitionFaults, roundingFaults } from '../../../domain/tariffs/check.ts';
import { isCalendarDate } from '../../../domain/tariffs/check-calendar.ts';
import type { BandCalendar, Price, TariffDefinition } from '../../../domain/tariffs/definition.ts';

const calendar: BandCalendar = {
  schedules: {
    work: [
      { from: '00:00', to: '08:00', band: '谷' },
      { from: '08:00', to: '24:00', band: '峰' },
    ],
    rest: [{ from: '00:00', to: '24:00', band: '谷' }],
  },
  days: [
    { weekdays: [1, 2, 3, 4, 5], schedule: 'work' },
    { weekdays: [6, 7], schedule: 'rest' },
  ],
  specialDays: [{ dates: ['2026-10-01', '05-01'], schedule: 'rest' }],
};
const tariff = (over: Partial<BandCalendar>): TariffDefinition => ({
  components: [
    {
      code: 'energy',
      price: {
        kind: 'time_of_use',
        bands: [
          { code: '峰', unitPrice: '1.2' },
          { code: '谷', unitPrice: '0.3' },
        ],
        calendar: { ...calendar, ...over },
      },
    },
  ],
});
const messages = (definition: TariffDefinition): string[] =>
  definitionFaults(definition).map(({ path, message }) => `${path.slice(4).join('.')}: ${message}`);

describe('a definition', () => {
  it('that covers every minute once has no fault', () => {
    expect(definitionFaults(tariff({}))).toEqual([]);
    expect(zTariffDefinition.safeParse(tariff({})).success).toBe(true);
  });

  const windows = (...list: readonly (readonly [string, string])[]) => ({
    schedules: { ...calendar.schedules, work: list.map(([from, to]) => ({ from, to, band: '谷' })) },
  });
  it.each([
    ['a gap', windows(['00:00', '08:00'], ['09:00', '24:00']), 'schedules.work: nothing from 08:00 to 09:00'],
    ['a late start', windows(['00:30', '24:00']), 'schedules.work: nothing from 00:00 to 00:30'],
    ['an early end', windows(['00:00', '23:59']), 'schedules.work: nothing from 23:59 to 24:00'],
    ['no window', windows(), 'schedules.work: nothing from 00:00 to 24:00'],
    [
      'an overlap',
      windows(['08:00', '24:00'], ['00:00', '09:00']),
      'schedules.work: 08:00–09:00 is covered twice',
    ],
    [
      'a window over midnight',
      windows(['00:00', '22:00'], ['22:00', '06:00']),
      'schedules.work: 22:00–06:00 ends before it starts: split it at midnight',
    ],
    [
      'a band without a price',
      { schedules: { ...calendar.schedules, rest: [{ from: '00:00', to: '24:00', band: '尖' }] } },
      'schedules.rest.0.band: no price for band 尖',
    ],
    [
      'a weekday without a schedule',
      { days: [{ weekdays: [1, 2, 3, 4, 5, 6], schedule: 'work' }] },
      'days: month 1, weekday 7 has 0 schedules instead of one',
    ],
    [
      'a month with two',
      { days: [...calendar.days, { months: [7], weekdays: [6], schedule: 'work' }] },
      'days: month 7, weekday 6 has 2 schedules instead of one',
    ],
    [
      'an unknown schedule',
      { specialDays: [{ dates: ['10-01'], schedule: 'x' }] },
      'specialDays.0.schedule: no such schedule',
    ],
    [
      'a day that is none',
      { specialDays: [{ dates: ['02-30'], schedule: 'rest' }] },
      'specialDays.0.dates.0: 02-30 is no day',
    ],
    [
      'a special day twice',
      { specialDays: [{ dates: ['10-01', '10-01'], schedule: 'rest' }] },
      'specialDays.0.dates.1: 10-01 has two schedules',
    ],
  ])('with %s is refused', (_, over, message) => {
    expect(messages(tariff(over))).toContain(message);
    expect(zTariffDefinition.safeParse(tariff(over)).success).toBe(false);
  });

  const flat = { code: 'a', price: { kind: 'flat', unitPrice: '1' } } as const;
  const tier = (upTo: string | null, unitPrice = '1') => ({ upTo, unitPrice });
  const tiered = (...tiers: ReturnType<typeof tier>[]): Price => ({
    kind: 'tiered',
    ...{ mode: 'graduated', accumulation: 'month', scale: 'window', tiers },
  });
  const demand = (over: object): Price => ({
    kind: 'demand',
    ...{ unitPrice: '1', windowMinutes: 15, stepMinutes: 5, ...over },
  });
  const discount = (...froms: string[]): Price => ({
    kind: 'discount',
    of: ['a'],
    steps: froms.map((from) => ({ from, percent: '5' })),
  });
  it.each<[string, Price, string]>([
    [
      'tiers out of order',
      tiered(tier('20'), tier('10'), tier(null)),
      'tiers.1.upTo: not above the limit of the tier before it',
    ],
    [
      'a tier of nothing',
      tiered(tier('0'), tier(null)),
      'tiers.0.upTo: not above the limit of the tier before it',
    ],
    ['a last tier with a limit', tiered(tier('20')), 'tiers.0.upTo: the last tier has no limit: null'],
    [
      'an open tier before the last',
      tiered(tier(null), tier(null)),
      'tiers.0.upTo: only the last tier has no limit',
    ],
    ['a negative price', tiered(tier(null, '-1')), 'tiers.0.unitPrice: negative'],
    ['a price beyond range', { kind: 'flat', unitPrice: '1000000000.1' }, 'unitPrice: at most 1000000000'],
    [
      'a demand window that is no part of an hour',
      demand({ windowMinutes: 25 }),
      'windowMinutes: one of 5, 10, 15, 20, 30, 60',
    ],
    [
      'a demand step that does not divide it',
      demand({ stepMinutes: 10 }),
      'stepMinutes: does not divide the window of 15 minutes',
    ],
    ['a demand step too fine', demand({ stepMinutes: 1 }), 'stepMinutes: at least 5'],
    ['discount steps out of order', discount('10', '10'), 'steps.1.from: not above the step before it'],
    [
      'a percentage of an unknown component',
      { kind: 'percentage', percent: '6', of: ['x'] },
      'of.0: no component x before this one',
    ],
    [
      'a percentage of itself',
      { kind: 'percentage', percent: '6', of: ['b'] },
      'of.0: no component b before this one',
    ],
    [
      'a minimum of one twice',
      { kind: 'minimum', amount: '6', of: ['a', 'a'], prorated: true },
      'of.1: a is named twice',
    ],
    [
      'a percentage beyond range',
      { kind: 'percentage', percent: '1001', of: ['a'] },
      'percent: at most 1000 percent',
    ],
  ])('with %s is refused', (_, price, message) => {
    const definition: TariffDefinition = { components: [flat, { code: 'b', price }] };
    const faults = definitionFaults(definition).map(
      (fault) => `${fault.path.slice(3).join('.')}: ${fault.message}`,
    );
    expect(faults).toContain(message);
    expect(zTariffDefinition.safeParse(definition).success).toBe(false);
  });

  it('with a band of two prices or none, a stage or a loss factor out of place, or two floors is refused', () => {
    const bands = (band: object): TariffDefinition => ({
      components: [
        {
          code: 'a',
          price: {
            kind: 'time_of_use',
            bands: [
              { code: '峰', ...band },
              { code: '谷', unitPrice: '1' },
            ],
            calendar,
          },
        },
      ],
    });
    const of = (definition: TariffDefinition): string[] =>
      definitionFaults(definition).map(({ message }) => message);
    const tiers = { mode: 'volume', accumulation: 'year', scale: 'day', tiers: [tier(null)] } as const;
    expect(of(bands({}))).toEqual(['a band has either unitPrice or tiered']);
    expect(of(bands({ unitPrice: '1', tiered: tiers }))).toEqual(['a band has either unitPrice or tiered']);
    expect(of(bands({ tiered: tiers }))).toEqual([]);
    expect(of({ components: [{ ...flat, rounding: { stage: 'tax', mode: 'up' } }] })).toHaveLength(1);
    expect(of({ components: [{ ...flat, lossFactor: '0' }] })).toHaveLength(1);
    expect(of({ components: [{ code: 'd', price: demand({}), lossFactor: '1.05' }] })).toHaveLength(1);
    const floor = { price: demand({ floorKw: '10' }) };
    expect(
      of({
        components: [
          { code: 'd', ...floor },
          { code: 'e', ...floor },
        ],
      }),
    ).toEqual(['another component has a floor already: the demand would be charged twice']);
    expect(of({ components: [{ ...flat, code: 'rounding' }] })).toEqual(['rounding is reserved']);
  });

  it('prices only what its commodity has', () => {
    expect(commodityFaults({ components: [flat] }, 'gate')).toHaveLength(1);
    expect(commodityFaults({ components: [{ code: 'd', price: demand({}) }] }, 'water')).toHaveLength(1);
    expect(commodityFaults({ components: [flat] }, 'water')).toEqual([]);
  });

  it('with two components, or two bands, of one code is refused', () => {
    expect(definitionFaults({ components: [flat, flat] })).toMatchObject([{ message: 'used twice' }]);
  });

  it.each(['-1', '1e3', '', '.5', '1,5', 'NaN', '0.1234567890123', 1, null])(
    'with the price %j is refused',
    (unitPrice) => {
      const definition = { components: [{ code: 'a', price: { kind: 'flat', unitPrice } }] };
      expect(zTariffDefinition.safeParse(definition).success).toBe(false);
    },
  );

  it('names the field that is wrong', () => {
    const result = zTariffCreate.safeParse({
      ...{
        site: 's',
        code: 'T',
        name: 'T',
        commodity: 'electricity',
        effectiveFrom: '2026-01-01T00:00:00+08:00',
      },
      definition: tariff({ days: [] }),
    });
    expect(result.error?.issues[0]?.path).toEqual([
      'definition',
      'components',
      0,
      'price',
      'calendar',
      'days',
    ]);
  });

  it('that rounds finer than the currency pays is refused', () => {
    const rounding = (quantum: string): TariffDefinition => ({
      components: [
        {
          code: 'a',
          price: { kind: 'flat', unitPrice: '1' },
          rounding: { stage: 'line', mode: 'up', quantum },
        },
      ],
    });
    expect(roundingFaults(rounding('0.005'), 2)).toHaveLength(1);
    expect(roundingFaults(rounding('0.1'), 0)).toHaveLength(1);
    expect(roundingFaults(rounding('0.10'), 1)).toEqual([]);
    expect(definitionFaults(rounding('0'))).toMatchObject([{ message: 'must be above zero' }]);
  });

  it.each([
    ['2026-02-28', true],
    ['2026-02-29', false],
    ['02-29', true],
    ['2026-13-01', false],
    ['00-10', false],
    ['2026-04-31', false],
  ])('takes %s for a day: %s', (text, expected) => {
    expect(isCalendarDate(text)).toBe(expected);
  });
});
