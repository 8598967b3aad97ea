export const HOUR_MS = 3_600_000;

export interface LocalHour {
  /** 0–23. */
  readonly hour: number;
  /** Monday is 1. */
  readonly weekday: number;
  /** 1–12. */
  readonly month: number;
}

/** What the clock on the wall says in the hours since the epoch. */
export type Calendar = (hourIndex: number) => LocalHour;

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** @throws RangeError for a zone that is not in the IANA database. */
export function calendarOf(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    hour: '2-digit',
    weekday: 'short',
    month: 'numeric',
  });
  const known = new Map<number, LocalHour>();
  return (hourIndex) => {
    let local = known.get(hourIndex);
    if (!local) {
      const parts = new Map(format.formatToParts(hourIndex * HOUR_MS).map((p) => [p.type, p.value]));
      local = {
        hour: Number(parts.get('hour')),
        weekday: WEEKDAYS.indexOf(parts.get('weekday') ?? '') + 1,
        month: Number(parts.get('month')),
      };
      known.set(hourIndex, local);
    }
    return local;
  };
}
