import { Temporal } from 'temporal-polyfill';

export const SITE = {
  id: 'demo',
  name: '江南农产品批发市场',
  timeZone: 'Asia/Shanghai',
  currency: 'CNY',
} as const;

/** Local midnight this many days before the day of `startedAt` (epoch ms): when the market opened. */
export function openedAt(startedAt: number, historyDays: number): number {
  return Temporal.Instant.fromEpochMilliseconds(startedAt)
    .toZonedDateTimeISO(SITE.timeZone)
    .startOfDay()
    .subtract({ days: historyDays }).epochMilliseconds;
}

/** The local days, like `2026-10-17`, from the one of `from` to the one before `to` (epoch ms). */
export function daysBetween(from: number, to: number): readonly string[] {
  const dayOf = (at: number): Temporal.PlainDate =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(SITE.timeZone).toPlainDate();
  const first = dayOf(from);
  const days = first.until(dayOf(to), { largestUnit: 'days' }).days;
  return Array.from({ length: Math.max(0, days) }, (_, n) => first.add({ days: n }).toString());
}

/** The month of `at` in the market's zone, like `2026-11`. */
export const monthOf = (at: number): string =>
  Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(SITE.timeZone)
    .toPlainDate()
    .toPlainYearMonth()
    .toString();

/** The month before the one of `at`, in the market's zone, like `2026-10`. */
export function monthBefore(at: number): string {
  return Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(SITE.timeZone)
    .toPlainDate()
    .toPlainYearMonth()
    .subtract({ months: 1 })
    .toString();
}
