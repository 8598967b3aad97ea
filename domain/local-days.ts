import { Temporal } from 'temporal-polyfill';
import type { TimeRange } from './periods.ts';
import type { Accumulation } from './tariffs/definition.ts';

/** Days since 1970-01-01 of the local date at an instant (epoch milliseconds) in an IANA zone. */
export const dayNumber = (at: number, timeZone: string): number =>
  numberOf(local(at, timeZone).toPlainDate());

/** Where the local day begins, epoch milliseconds. */
export const startOfDayNumber = (day: number, timeZone: string): number =>
  startOf(EPOCH.add({ days: day }), timeZone);

/** `2026-11-21`. */
export const dayText = (day: number): string => EPOCH.add({ days: day }).toString();

/** The local date at an instant (epoch milliseconds): `2026-11-21`. */
export const localDate = (at: number, timeZone: string): string =>
  local(at, timeZone).toPlainDate().toString();

const MONTHS_IN = { month: 1, two_months: 2, year: 12 } as const satisfies Record<Accumulation, number>;

/** The calendar window that an instant is in: January and February are two months, a year starts in January. */
export function accumulationWindow(accumulation: Accumulation, at: number, timeZone: string): TimeRange {
  const date = local(at, timeZone).toPlainDate();
  const months = MONTHS_IN[accumulation];
  const first = date.with({ day: 1, month: date.month - ((date.month - 1) % months) });
  return { from: startOf(first, timeZone), to: startOf(first.add({ months }), timeZone) };
}

/** The months of a range, each cut to it. */
export function monthsOf(range: TimeRange, timeZone: string): readonly TimeRange[] {
  return cutAt(range, timeZone, 'months');
}

/** The local days of a range, each cut to it. */
export function daysOf(range: TimeRange, timeZone: string): readonly TimeRange[] {
  return cutAt(range, timeZone, 'days');
}

function cutAt(range: TimeRange, timeZone: string, unit: 'days' | 'months'): readonly TimeRange[] {
  const parts: TimeRange[] = [];
  const date = local(range.from, timeZone).toPlainDate();
  let next = unit === 'months' ? date.with({ day: 1 }) : date;
  for (let from = range.from; from < range.to; ) {
    next = next.add({ [unit]: 1 });
    const to = Math.min(range.to, startOf(next, timeZone));
    parts.push({ from, to });
    from = to;
  }
  return parts;
}

/**
 * Local days that begin in the range. A day belongs to the range in which it begins, so the ranges of a month share
 * its days without one counted twice.
 */
export const daysBegun = ({ from, to }: TimeRange, timeZone: string): number =>
  firstDay(to, timeZone) - firstDay(from, timeZone);

/** Local days of which the range has some part. */
export function daysTouched({ from, to }: TimeRange, timeZone: string): number {
  return from >= to ? 0 : firstDay(to, timeZone) - dayNumber(from, timeZone);
}

/** Of the month that an instant is in. */
export const monthDays = (at: number, timeZone: string): number => local(at, timeZone).daysInMonth;

/** The number of the first local day that begins at or after an instant. */
function firstDay(at: number, timeZone: string): number {
  const here = local(at, timeZone);
  const day = numberOf(here.toPlainDate());
  return here.startOfDay().epochMilliseconds === at ? day : day + 1;
}

const EPOCH = Temporal.PlainDate.from('1970-01-01');
const numberOf = (date: Temporal.PlainDate): number => EPOCH.until(date).days;
const local = (at: number, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
const startOf = (date: Temporal.PlainDate, timeZone: string): number =>
  date.toZonedDateTime({ timeZone }).epochMilliseconds;
