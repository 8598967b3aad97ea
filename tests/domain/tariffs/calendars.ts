import fc from 'fast-check';
import type { BandCalendar, BandWindow } from '../../../domain/tariffs/definition.ts';

export const BANDS = ['sharp', 'peak', 'flat', 'valley'] as const;

const clock = (quarter: number): string =>
  `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`;

/** A day cut at quarters of an hour. */
const aSchedule: fc.Arbitrary<BandWindow[]> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 95 }), { maxLength: 7 }),
    fc.array(fc.constantFrom(...BANDS), { minLength: 8, maxLength: 8 }),
  )
  .map(([cuts, bands]) => {
    const edges = [0, ...cuts.sort((a, b) => a - b), 96];
    return edges
      .slice(1)
      .map((to, i) => ({ from: clock(edges[i] ?? 0), to: clock(to), band: bands[i] ?? 'flat' }));
  });

/** Seasons, weekends and special days, each with a schedule of its own. */
export const aCalendar: fc.Arbitrary<BandCalendar> = fc
  .record({
    schedules: fc.tuple(aSchedule, aSchedule, aSchedule, aSchedule),
    firstMonth: fc.integer({ min: 2, max: 12 }),
    restDays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
  })
  .map(({ schedules: [cold, warm, rest, special], firstMonth, restDays }) => {
    const months = Array.from({ length: 12 }, (_, i) => i + 1);
    const workDays = [1, 2, 3, 4, 5, 6, 7].filter((day) => !restDays.includes(day));
    return {
      schedules: { cold, warm, rest, special },
      days: [
        { weekdays: restDays, schedule: 'rest' },
        { weekdays: workDays, months: months.filter((month) => month < firstMonth), schedule: 'cold' },
        { weekdays: workDays, months: months.filter((month) => month >= firstMonth), schedule: 'warm' },
      ],
      specialDays: [{ dates: ['10-01', '2026-03-29', '2026-11-01'], schedule: 'special' }],
    };
  });

/** The band at an instant, by the browser's own idea of local time: shares no code with what it judges. */
export function oracleBand(calendar: BandCalendar, timeZone: string, ts: number): string | undefined {
  const parts = Object.fromEntries(
    formatter(timeZone)
      .formatToParts(ts)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, weekday, hour, minute } = parts;
  const schedules = [
    calendar.specialDays?.find(({ dates }) => dates.includes(`${year}-${month}-${day}`)),
    calendar.specialDays?.find(({ dates }) => dates.includes(`${month}-${day}`)),
    calendar.days.find(
      (rule) =>
        (rule.months ?? [Number(month)]).includes(Number(month)) &&
        (rule.weekdays ?? [weekdayNumber(weekday)]).includes(weekdayNumber(weekday)),
    ),
  ];
  const now = `${hour}:${minute}`;
  return calendar.schedules[schedules.find(Boolean)?.schedule ?? '']?.find(
    ({ from, to }) => from <= now && now < to,
  )?.band;
}

const weekdayNumber = (name = ''): number =>
  ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(name) + 1;

const formatters = new Map<string, Intl.DateTimeFormat>();
function formatter(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', weekday: 'short' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  });
  formatters.set(timeZone, made);
  return made;
}
