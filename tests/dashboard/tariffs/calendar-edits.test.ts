import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bandAt,
  clock,
  paint,
  paintRound,
  segments,
} from '../../../dashboard/src/tariffs/form/day-windows.ts';
import {
  assign,
  claimsOf,
  daysOf,
  renameSchedule,
  withoutSchedule,
} from '../../../dashboard/src/tariffs/form/year-days.ts';
import { calendarFaults, MONTHS, WEEKDAYS } from '../../../domain/tariffs/check-calendar.ts';

const WHOLE = [{ from: '00:00', to: '24:00', band: 'flat' }];
const aStroke = fc
  .tuple(
    fc.integer({ min: 0, max: 1440 }),
    fc.integer({ min: 0, max: 1440 }),
    fc.constantFrom('peak', 'valley', null),
  )
  .map(([a, b, band]) => ({ from: Math.min(a, b), to: Math.max(a, b), band }));

test('after any strokes each minute has the band that was painted last', () => {
  fc.assert(
    fc.property(fc.array(aStroke, { maxLength: 12 }), (strokes) => {
      const minutes: (string | null)[] = Array.from({ length: 1440 }, () => 'flat');
      let windows: readonly (typeof WHOLE)[number][] = WHOLE;
      for (const { from, to, band } of strokes) {
        windows = paint(windows, from, to, band);
        minutes.fill(band, from, to);
      }
      expect(minutes.map((_, minute) => bandAt(windows, minute))).toEqual(minutes);
      const whole = segments(windows);
      expect(whole.flatMap(({ from, to, band }) => Array(to - from).fill(band))).toEqual(minutes);
      // Neighbours of one band are one window.
      for (const [i, { band }] of whole.slice(1).entries()) expect(band).not.toBe(whole[i]?.band);
    }),
    { numRuns: 60 },
  );
});

test('a day that is painted whole passes the check of the server', () => {
  const day = paint(paint(WHOLE, 8 * 60, 11 * 60, 'peak'), 23 * 60, 1440, 'valley');
  expect(day).toEqual([
    { from: '00:00', to: '08:00', band: 'flat' },
    { from: '08:00', to: '11:00', band: 'peak' },
    { from: '11:00', to: '23:00', band: 'flat' },
    { from: '23:00', to: '24:00', band: 'valley' },
  ]);
  expect(paintRound(WHOLE, 22 * 60, 6 * 60, 'valley')).toEqual([
    { from: '00:00', to: '06:00', band: 'valley' },
    { from: '06:00', to: '22:00', band: 'flat' },
    { from: '22:00', to: '24:00', band: 'valley' },
  ]);
  const calendar = { schedules: { day }, days: [{ schedule: 'day' }] };
  expect(calendarFaults(calendar, new Set(['flat', 'peak', 'valley']))).toEqual([]);
  expect(clock(1440)).toBe('24:00');
});

const aCell = fc.record({ month: fc.constantFrom(...MONTHS), weekday: fc.constantFrom(...WEEKDAYS) });
const aBrush = fc.tuple(fc.array(aCell, { maxLength: 30 }), fc.constantFrom('summer', 'winter', 'sunday'));

test('whatever is painted on a whole year leaves neither gap nor overlap', () => {
  fc.assert(
    fc.property(fc.array(aBrush, { maxLength: 8 }), (brushes) => {
      let days = daysOf(MONTHS.map(() => WEEKDAYS.map(() => ['winter'])));
      const year = new Map<string, string>();
      for (const [cells, schedule] of brushes) {
        days = assign(days, cells, schedule);
        for (const { month, weekday } of cells) year.set(`${month} ${weekday}`, schedule);
      }
      const wanted = MONTHS.map((month) =>
        WEEKDAYS.map((weekday) => [year.get(`${month} ${weekday}`) ?? 'winter']),
      );
      expect(claimsOf(days)).toEqual(wanted);
    }),
  );
});

test('gaps and overlaps are shown as they are', () => {
  const claims = claimsOf([
    { schedule: 'a', months: [1] },
    { schedule: 'b', months: [1], weekdays: [7] },
  ]);
  expect(claims[0]?.[6]).toEqual(['a', 'b']);
  expect(claims[1]?.[0]).toEqual([]);
  expect(claimsOf(daysOf(claims))).toEqual(claims);
});

test('a schedule is renamed or removed everywhere', () => {
  const calendar = {
    schedules: { day: WHOLE, rest: WHOLE },
    days: [
      { schedule: 'day', weekdays: [1, 2, 3, 4, 5] },
      { schedule: 'rest', weekdays: [6, 7] },
    ],
    specialDays: [{ dates: ['10-01'], schedule: 'rest' }],
  };
  const renamed = renameSchedule(calendar, 'rest', 'weekend');
  expect(JSON.stringify(renamed)).toBe(JSON.stringify(calendar).replaceAll('"rest"', '"weekend"'));
  expect(renameSchedule(calendar, 'rest', 'day')).toBe(calendar);
  expect(withoutSchedule(calendar, 'rest')).toEqual({ schedules: { day: WHOLE }, days: [calendar.days[0]] });
});
