import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodRange } from '../../../domain/periods.ts';
import { bandIntervals } from '../../../domain/tariffs/calendar.ts';
import { definitionFaults } from '../../../domain/tariffs/check.ts';
import type { BandCalendar } from '../../../domain/tariffs/definition.ts';
import { aCalendar, BANDS, oracleBand } from './calendars.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const twoBands: BandCalendar = {
  schedules: {
    day: [
      { from: '00:00', to: '02:30', band: 'night' },
      { from: '02:30', to: '24:00', band: 'day' },
    ],
  },
  days: [{ schedule: 'day' }],
};
const nightHours = (period: string, zone: string): number => {
  const range = periodRange(period, zone);
  if (!range) throw new Error(period);
  return bandIntervals(twoBands, zone, range)
    .filter(({ band }) => band === 'night')
    .reduce((sum, { from, to }) => sum + (to - from) / HOUR, 0);
};

describe('a band', () => {
  it.each([
    ['2026-10-01', 'Asia/Shanghai', 2.5],
    // 02:00 jumps to 03:00: the half hour before 02:30 is never shown.
    ['2026-03-29', 'Europe/Berlin', 2],
    // 02:00–03:00 is shown twice, and its first half is night twice.
    ['2026-10-25', 'Europe/Berlin', 3],
    ['2026-03-08', 'America/New_York', 2],
    // 01:00–02:00 is shown twice.
    ['2026-11-01', 'America/New_York', 3.5],
    // Half an hour each way: 02:00 jumps to 02:30, and 01:30–02:00 is shown twice.
    ['2026-10-04', 'Australia/Lord_Howe', 2],
    ['2026-04-05', 'Australia/Lord_Howe', 3],
  ])('of local times holds on %s in %s for %d hours', (period, zone, hours) => {
    expect(nightHours(period, zone)).toBe(hours);
  });

  it('is split where the clock goes back into it', () => {
    const range = periodRange('2026-10-25', 'Europe/Berlin');
    if (!range) throw new Error('no range');
    const hoursFromMidnight = bandIntervals(twoBands, 'Europe/Berlin', range).map(({ from, to, band }) => [
      band,
      (from - range.from) / HOUR,
      (to - range.from) / HOUR,
    ]);
    expect(hoursFromMidnight).toEqual([
      ['night', 0, 2.5],
      ['day', 2.5, 3],
      ['night', 3, 3.5],
      ['day', 3.5, 25],
    ]);
  });

  it('of one name goes on over midnight as one interval', () => {
    const calendar: BandCalendar = {
      schedules: { all: [{ from: '00:00', to: '24:00', band: 'x' }] },
      days: [{ schedule: 'all' }],
    };
    const range = { from: 0, to: 90 * 24 * HOUR };
    expect(bandIntervals(calendar, 'Europe/Berlin', range)).toEqual([{ ...range, band: 'x' }]);
  });

  it('of a dated special day goes before that of a yearly one, and both before the weekday’s', () => {
    const whole = (band: string) => [{ from: '00:00', to: '24:00', band }];
    const calendar: BandCalendar = {
      schedules: { a: whole('ordinary'), b: whole('yearly'), c: whole('dated') },
      days: [{ schedule: 'a' }],
      specialDays: [
        { dates: ['10-01', '10-02'], schedule: 'b' },
        { dates: ['2026-10-01'], schedule: 'c' },
      ],
    };
    const bandOn = (day: string) => {
      const range = periodRange(day, 'Asia/Shanghai');
      return range && bandIntervals(calendar, 'Asia/Shanghai', range).map(({ band }) => band);
    };
    expect(['2026-10-01', '2026-10-02', '2026-10-03', '2027-10-01'].map(bandOn)).toEqual([
      ['dated'],
      ['yearly'],
      ['ordinary'],
      ['yearly'],
    ]);
  });

  it('is at every minute what the wall clock and the calendar say, without gap or overlap', () => {
    const days = fc.constantFrom(
      ['Europe/Berlin', Date.parse('2026-03-28T12:34Z')],
      ['Europe/Berlin', Date.parse('2026-10-24T12:00Z')],
      ['America/New_York', Date.parse('2026-03-07T20:00Z')],
      ['America/New_York', Date.parse('2026-10-31T20:00Z')],
      ['Australia/Lord_Howe', Date.parse('2026-04-04T02:00Z')],
      ['Australia/Lord_Howe', Date.parse('2026-10-03T02:00Z')],
      ['Asia/Shanghai', Date.parse('2026-09-30T00:00Z')],
      ['Asia/Kathmandu', Date.parse('2026-12-31T00:00Z')],
    ) as fc.Arbitrary<[string, number]>;
    fc.assert(
      fc.property(aCalendar, days, (calendar, [zone, from]) => {
        const price = {
          kind: 'time_of_use',
          bands: BANDS.map((code) => ({ code, unitPrice: '1' })),
          calendar,
        } as const;
        expect(definitionFaults({ components: [{ code: 'energy', price }] })).toEqual([]);
        const range = { from, to: from + 36 * HOUR };
        const intervals = bandIntervals(calendar, zone, range);
        expect(intervals[0]?.from).toBe(range.from);
        expect(intervals.at(-1)?.to).toBe(range.to);
        intervals.slice(1).forEach((interval, i) => {
          expect(interval.from).toBe(intervals[i]?.to);
          expect(interval.band).not.toBe(intervals[i]?.band);
        });
        for (const { from, to, band } of intervals) {
          for (const ts of [from, to - 1, from + Math.floor((to - from) / 2 / MINUTE) * MINUTE]) {
            expect(oracleBand(calendar, zone, ts)).toBe(band);
          }
        }
        for (let ts = from; ts < range.to; ts += 17 * MINUTE) {
          const found = intervals.find((interval) => interval.from <= ts && ts < interval.to);
          expect(found?.band).toBe(oracleBand(calendar, zone, ts));
        }
      }),
      { numRuns: 60 },
    );
  });
});
