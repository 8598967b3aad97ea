import { Temporal } from 'temporal-polyfill';

/** Dates are ISO 8601 `2026-11-21` in the site's zone. */
export interface BusinessCalendar {
  /** Days without business beside Saturdays and Sundays. */
  readonly holidays: readonly string[];
  /** Saturdays and Sundays with business (调休). */
  readonly workdays: readonly string[];
}

export function isBusinessDay(date: string, { holidays, workdays }: BusinessCalendar): boolean {
  if (workdays.includes(date)) return true;
  return !holidays.includes(date) && Temporal.PlainDate.from(date).dayOfWeek <= 5;
}

/** The `days`th business day after a date; the date itself for 0. */
export function businessDaysAfter(date: string, days: number, calendar: BusinessCalendar): string {
  let day = Temporal.PlainDate.from(date);
  for (let left = days; left > 0; ) {
    day = day.add({ days: 1 });
    if (isBusinessDay(day.toString(), calendar)) left--;
  }
  return day.toString();
}
