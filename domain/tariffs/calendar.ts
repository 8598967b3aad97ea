import { Temporal } from 'temporal-polyfill';
import type { TimeRange } from '../periods.ts';
import { MONTHS, minuteOfDay, WEEKDAYS } from './check-calendar.ts';
import type { BandCalendar } from './definition.ts';

export interface BandInterval extends TimeRange {
  readonly band: string;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly band: string;
}

/** Most points share a calendar and a period: what was asked of a calendar is remembered while it is in use. */
const REMEMBERED_MAX = 64;
const remembered = new WeakMap<BandCalendar, Map<string, readonly BandInterval[]>>();

/** `cutBands`, remembered: a calendar never changes. */
export function bandIntervals(
  calendar: BandCalendar,
  timeZone: string,
  range: TimeRange,
): readonly BandInterval[] {
  const known = remembered.get(calendar) ?? new Map<string, readonly BandInterval[]>();
  const key = `${timeZone} ${range.from} ${range.to}`;
  const found = known.get(key);
  if (found) return found;
  const intervals = cutBands(calendar, timeZone, range);
  if (known.size >= REMEMBERED_MAX) known.clear();
  known.set(key, intervals);
  remembered.set(calendar, known);
  return intervals;
}

/**
 * The bands between two instants, gapless and merged. A band holds while the local wall clock shows its times: an
 * hour that the clock repeats has its band twice, one that it skips has none. The definition has passed its check.
 */
function cutBands(calendar: BandCalendar, timeZone: string, range: TimeRange): readonly BandInterval[] {
  const windowsOf = scheduleLookup(calendar);
  const intervals: { from: number; to: number; band: string }[] = [];
  for (const { from, to, offsetMs } of constantOffsets(timeZone, range)) {
    for (let day = Math.floor((from + offsetMs) / DAY_MS); day * DAY_MS - offsetMs < to; day++) {
      const midnight = day * DAY_MS - offsetMs;
      for (const { fromMs, toMs, band } of windowsOf(day * DAY_MS)) {
        const start = Math.max(from, midnight + fromMs);
        const end = Math.min(to, midnight + toMs);
        if (start >= end) continue;
        const last = intervals.at(-1);
        if (last?.band === band && last.to === start) last.to = end;
        else intervals.push({ from: start, to: end, band });
      }
    }
  }
  return intervals;
}

/** The stretches of the range in which the zone's offset from UTC does not change. */
function* constantOffsets(timeZone: string, range: TimeRange): Generator<TimeRange & { offsetMs: number }> {
  for (let from = range.from; from < range.to; ) {
    const here = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone);
    const next = here.getTimeZoneTransition('next')?.epochMilliseconds ?? range.to;
    const to = Math.min(range.to, next);
    yield { from, to, offsetMs: here.offsetNanoseconds / 1e6 };
    from = to;
  }
}

/** The windows of a local day, given as the UTC midnight of the same date. */
function scheduleLookup(calendar: BandCalendar): (date: number) => readonly Window[] {
  const windows = new Map(
    Object.entries(calendar.schedules).map(([name, schedule]) => [
      name,
      schedule
        .map(({ from, to, band }) => ({ fromMs: minuteMs(from), toMs: minuteMs(to), band }))
        .sort((a, b) => a.fromMs - b.fromMs),
    ]),
  );
  const ordinary = new Map<number, string>();
  for (const { months, weekdays, schedule } of calendar.days) {
    for (const month of months ?? MONTHS) {
      for (const weekday of weekdays ?? WEEKDAYS) ordinary.set(month * 10 + weekday, schedule);
    }
  }
  const special = new Map(
    (calendar.specialDays ?? []).flatMap(({ dates, schedule }) => dates.map((date) => [date, schedule])),
  );
  return (ms) => {
    const date = new Date(ms);
    const iso = date.toISOString().slice(0, 10);
    const name =
      special.get(iso) ??
      special.get(iso.slice(5)) ??
      ordinary.get((date.getUTCMonth() + 1) * 10 + (date.getUTCDay() || 7));
    return windows.get(name ?? '') ?? [];
  };
}

const minuteMs = (time: string): number => (minuteOfDay(time) ?? 0) * MINUTE_MS;
