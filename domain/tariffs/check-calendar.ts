import type { BandCalendar } from './definition.ts';
import type { DefinitionFault } from './fault.ts';

export const MINUTES_A_DAY = 24 * 60;
export const MONTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as const;
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;

/** Minutes since local midnight of `HH:MM`, 1440 for `24:00`; undefined for what is no such time. */
export function minuteOfDay(time: string): number | undefined {
  if (time === '24:00') return MINUTES_A_DAY;
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time);
  return match ? Number(match[1]) * 60 + Number(match[2]) : undefined;
}

/** Whether the text names a real day: `2026-02-29` and `02-30` do not, `02-29` does. */
export function isCalendarDate(text: string): boolean {
  const match = /^(?:(\d{4})-)?(\d{2})-(\d{2})$/.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1] ?? 2024), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Where the calendar does not give every minute exactly one of the bands. */
export function calendarFaults(calendar: BandCalendar, bands: ReadonlySet<string>): DefinitionFault[] {
  const faults: DefinitionFault[] = [];
  const isSchedule = (name: string): boolean => Object.hasOwn(calendar.schedules, name);

  for (const [name, windows] of Object.entries(calendar.schedules)) {
    const path = ['schedules', name];
    windows.forEach(({ band }, i) => {
      if (!bands.has(band)) faults.push({ path: [...path, i, 'band'], message: `no price for band ${band}` });
    });
    const fault = windowsFault(windows);
    if (fault) faults.push({ path, message: fault });
  }

  const claims = new Map<string, number>();
  calendar.days.forEach(({ months, weekdays, schedule }, i) => {
    if (!isSchedule(schedule)) faults.push({ path: ['days', i, 'schedule'], message: 'no such schedule' });
    for (const month of new Set(months ?? MONTHS)) {
      for (const weekday of new Set(weekdays ?? WEEKDAYS)) {
        const key = `month ${month}, weekday ${weekday}`;
        claims.set(key, (claims.get(key) ?? 0) + 1);
      }
    }
  });
  for (const month of MONTHS) {
    for (const weekday of WEEKDAYS) {
      const key = `month ${month}, weekday ${weekday}`;
      const count = claims.get(key) ?? 0;
      if (count !== 1) {
        faults.push({
          path: ['days'],
          message: `${key} has ${count} schedules instead of one`,
        });
      }
    }
  }

  const dates = new Set<string>();
  calendar.specialDays?.forEach((special, i) => {
    if (!isSchedule(special.schedule)) {
      faults.push({ path: ['specialDays', i, 'schedule'], message: 'no such schedule' });
    }
    special.dates.forEach((date, j) => {
      const path = ['specialDays', i, 'dates', j];
      if (!isCalendarDate(date)) faults.push({ path, message: `${date} is no day` });
      if (dates.has(date)) faults.push({ path, message: `${date} has two schedules` });
      dates.add(date);
    });
  });
  return faults;
}

/** Why the windows do not cover the day exactly once. */
function windowsFault(
  windows: readonly { readonly from: string; readonly to: string }[],
): string | undefined {
  const spans = windows.map(({ from, to }) => ({ from, to, start: minuteOfDay(from), end: minuteOfDay(to) }));
  let at = 0;
  for (const { from, to, start, end } of [...spans].sort((a, b) => (a.start ?? 0) - (b.start ?? 0))) {
    if (start === undefined || end === undefined) return `${from}–${to}: times are HH:MM, 00:00 to 24:00`;
    if (end <= start) return `${from}–${to} ends before it starts: split it at midnight`;
    if (start > at) return `nothing from ${clock(at)} to ${from}`;
    if (start < at) return `${from}–${clock(Math.min(at, end))} is covered twice`;
    at = end;
  }
  return at < MINUTES_A_DAY ? `nothing from ${clock(at)} to 24:00` : undefined;
}

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
