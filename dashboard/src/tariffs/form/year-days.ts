import { MONTHS, WEEKDAYS } from '../../../../domain/tariffs/check-calendar.ts';
import type { BandCalendar } from '../../../../domain/tariffs/definition.ts';

type Days = BandCalendar['days'];

/** Which schedules claim each month × weekday: none is a gap, several an overlap. Rows are months, columns weekdays. */
export function claimsOf(days: Days): readonly (readonly (readonly string[])[])[] {
  return MONTHS.map((month) =>
    WEEKDAYS.map((weekday) =>
      days
        .filter(
          (day) => (day.months ?? MONTHS).includes(month) && (day.weekdays ?? WEEKDAYS).includes(weekday),
        )
        .map((day) => day.schedule),
    ),
  );
}

export interface Cell {
  readonly month: number;
  readonly weekday: number;
}

/** The cells get this schedule alone; what others claimed there they lose. */
export function assign(days: Days, cells: readonly Cell[], schedule: string): Days {
  const claims = claimsOf(days).map((row) => row.map((cell) => [...cell]));
  for (const { month, weekday } of cells) {
    const row = claims[month - 1];
    if (row) row[weekday - 1] = [schedule];
  }
  return daysOf(claims);
}

/** The shortest way to say it: months that have the same weekdays of a schedule are said together. */
export function daysOf(claims: readonly (readonly (readonly string[])[])[]): Days {
  const months = new Map<string, { schedule: string; weekdays: number[]; months: number[] }>();
  claims.forEach((row, m) => {
    const weekdays = new Map<string, number[]>();
    row.forEach((cell, w) => {
      for (const schedule of cell) weekdays.set(schedule, [...(weekdays.get(schedule) ?? []), w + 1]);
    });
    for (const [schedule, own] of weekdays) {
      const key = `${own.join(' ')} ${schedule}`;
      const entry = months.get(key) ?? { schedule, weekdays: own, months: [] };
      entry.months.push(m + 1);
      months.set(key, entry);
    }
  });
  return [...months.values()].map((entry) => ({
    ...(entry.months.length === MONTHS.length ? {} : { months: entry.months }),
    ...(entry.weekdays.length === WEEKDAYS.length ? {} : { weekdays: entry.weekdays }),
    schedule: entry.schedule,
  }));
}

/** Without the schedule: its days are left open, its special days go. */
export function withoutSchedule(calendar: BandCalendar, schedule: string): BandCalendar {
  const { [schedule]: _gone, ...schedules } = calendar.schedules;
  const days = calendar.days.filter((day) => day.schedule !== schedule);
  const specialDays = calendar.specialDays?.filter((day) => day.schedule !== schedule);
  return {
    schedules,
    days,
    ...(specialDays === undefined || specialDays.length === 0 ? {} : { specialDays }),
  };
}

/** The schedule under another name, everywhere, in its old place. */
export function renameSchedule(calendar: BandCalendar, before: string, after: string): BandCalendar {
  if (before === after || Object.hasOwn(calendar.schedules, after)) return calendar;
  const put = <T extends { readonly schedule: string }>(day: T): T =>
    day.schedule === before ? { ...day, schedule: after } : day;
  return {
    schedules: Object.fromEntries(
      Object.entries(calendar.schedules).map(([name, windows]) => [name === before ? after : name, windows]),
    ),
    days: calendar.days.map(put),
    ...(calendar.specialDays === undefined ? {} : { specialDays: calendar.specialDays.map(put) }),
  };
}
