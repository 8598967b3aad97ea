import { Temporal } from 'temporal-polyfill';

/** Days since 1970-01-01 of the local date at an instant (epoch milliseconds) in an IANA zone. */
export function dayNumber(at: number, timeZone: string): number {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate();
  return EPOCH.until(date, { largestUnit: 'days' }).days;
}

/** Where the local day begins, epoch milliseconds. */
export const startOfDayNumber = (day: number, timeZone: string): number =>
  EPOCH.add({ days: day }).toZonedDateTime({ timeZone }).epochMilliseconds;

/** `2026-11-21`. */
export const dayText = (day: number): string => EPOCH.add({ days: day }).toString();

const EPOCH = Temporal.PlainDate.from('1970-01-01');
