import { Temporal } from 'temporal-polyfill';
import type { Charging } from './parties.ts';

/** Half-open, epoch milliseconds. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** A month `2026-10` is charged to postpaid leases, a day `2026-10-31` to prepaid ones: never both. */
export function chargingOf(period: string): Charging {
  return period.length === 7 ? 'postpaid' : 'prepaid';
}

/** The month or day as instants, cut in the site's IANA zone; undefined for what is no month or day. */
export function periodRange(period: string, timeZone: string): TimeRange | undefined {
  const isMonth = /^\d{4}-\d{2}$/.test(period);
  if (!isMonth && !/^\d{4}-\d{2}-\d{2}$/.test(period)) return undefined;
  let first: Temporal.PlainDate;
  try {
    first = Temporal.PlainDate.from(isMonth ? `${period}-01` : period);
  } catch {
    return undefined;
  }
  const next = first.add(isMonth ? { months: 1 } : { days: 1 });
  return { from: startOfDay(first, timeZone), to: startOfDay(next, timeZone) };
}

/** Why the period cannot be charged now; undefined when it can. */
export function periodRefusal(
  period: string,
  timeZone: string,
  now: number,
): 'no_such_period' | 'not_over' | undefined {
  const range = periodRange(period, timeZone);
  if (!range) return 'no_such_period';
  return now < range.to ? 'not_over' : undefined;
}

/** The months or days that were over at `now`, the newest first. */
export function periodsBefore(
  kind: 'month' | 'day',
  timeZone: string,
  now: number,
  count: number,
): readonly string[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
  return Array.from({ length: count }, (_, i) =>
    kind === 'month'
      ? today
          .with({ day: 1 })
          .subtract({ months: i + 1 })
          .toPlainYearMonth()
          .toString()
      : today.subtract({ days: i + 1 }).toString(),
  );
}

const startOfDay = (date: Temporal.PlainDate, timeZone: string): number =>
  date.toZonedDateTime({ timeZone }).epochMilliseconds;
