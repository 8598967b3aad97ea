import { Temporal } from 'temporal-polyfill';
import type { Charging } from './parties.ts';
import type { PeriodKind } from './period-kinds.ts';

/** Half-open, epoch milliseconds. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** `2026-10` is a month, `2026-10-31` a day. */
export const periodKindOf = (period: string): PeriodKind => (period.length === 7 ? 'month' : 'day');

/**
 * Days charge what prepaid leases use; months charge postpaid leases everything, and prepaid ones what is due by the
 * month. So each component of a lease is charged by one kind of period.
 */
export const answersFor = (kind: PeriodKind, charging: Charging, cadence: 'usage' | 'month'): boolean =>
  (kind === 'day') === (charging === 'prepaid' && cadence === 'usage');

/** The period of the same kind that begins where this one ends. */
export function periodAfter(period: string): string {
  return periodKindOf(period) === 'month'
    ? Temporal.PlainYearMonth.from(period).add({ months: 1 }).toString()
    : Temporal.PlainDate.from(period).add({ days: 1 }).toString();
}

/** Whose bill a line of `period` is on: its own, or once that is closed the next one of its kind that is not. */
export function accountingPeriodOf(period: string, closed: ReadonlySet<string>): string {
  let open = period;
  while (closed.has(open)) open = periodAfter(open);
  return open;
}

/** Outside of them instants are not written with four digits in every zone, and nothing is metered. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 9999;

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
  if (first.year < FIRST_YEAR || next.year > LAST_YEAR) return undefined;
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

/** A month and those before it, the oldest first. */
export const monthsUpTo = (month: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) =>
    Temporal.PlainYearMonth.from(month)
      .subtract({ months: count - 1 - i })
      .toString(),
  );

const startOfDay = (date: Temporal.PlainDate, timeZone: string): number =>
  date.toZonedDateTime({ timeZone }).epochMilliseconds;
