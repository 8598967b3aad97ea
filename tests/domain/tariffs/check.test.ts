import { describe, expect, it } from 'vitest';
import { zTariffCreate, zTariffDefinition } from '../../../contracts/tariffs.ts';
import { definitionFaults, roundingFaults } from '../../../domain/tariffs/check.ts';
import { isCalendarDate } from '../../../domain/tariffs/check-calendar.ts';
import type { BandCalendar, TariffDefinition } from '../../../domain/tariffs/definition.ts';

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

  it('with two components, or two bands, of one code is refused', () => {
    const flat = { code: 'a', price: { kind: 'flat', unitPrice: '1' } } as const;
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
