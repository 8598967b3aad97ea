import { DAY_MS } from '../days.ts';

/** More days than this are not in a range that somebody means. */
const RANGE_DAYS_MAX = 366;

export interface ParsedDates {
  /** `2026-10-01`, or `10-01` for every year; ascending, each once. */
  readonly dates: readonly string[];
  /** What could not be read, as it was typed. */
  readonly rejected: readonly string[];
}

/**
 * Reads pasted days: `2026-10-01`, `2026/10/1`, `2026年10月1日`, and ranges of them with `~`, `至` or `to`, parted by
 * lines, spaces, commas or semicolons. Without a year (`10-01`) only where `everyYear` allows it.
 */
export function parseDates(text: string, everyYear = false): ParsedDates {
  const dates = new Set<string>();
  const rejected: string[] = [];
  const joined = text.replace(/\s*(?:~|\uff5e|\u81f3|\u5230|–|—|\bto\b)\s*/g, '~');
  for (const part of joined.split(/[\s,\uff0c\u3001;\uff1b]+/)) {
    if (part === '') continue;
    const read = part.split('~').map((one) => readDate(one, everyYear));
    const [from, to] = read;
    if (from === undefined || read.length > 2 || (read.length === 2 && to === undefined)) rejected.push(part);
    else if (to === undefined) dates.add(from);
    else {
      const range = expand(from, to);
      if (range === undefined) rejected.push(part);
      for (const date of range ?? []) dates.add(date);
    }
  }
  return { dates: [...dates].sort(), rejected };
}

function readDate(text: string, everyYear: boolean): string | undefined {
  const match = /^(?:(\d{4})[-/.\u5e74])?(\d{1,2})[-/.\u6708](\d{1,2})\u65e5?$/.exec(text);
  if (!match || (match[1] === undefined && !everyYear)) return undefined;
  const [year, month, day] = [Number(match[1] ?? 2024), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const iso = date.toISOString().slice(0, 10);
  return match[1] === undefined ? iso.slice(5) : iso;
}

function expand(from: string, to: string): string[] | undefined {
  if (from.length !== to.length) return undefined;
  // 2024 has a 29 February.
  const [start, end] = [from, to].map((date) => Date.parse(date.length === 5 ? `2024-${date}` : date));
  if (start === undefined || end === undefined || end < start) return undefined;
  const days = (end - start) / DAY_MS + 1;
  if (days > RANGE_DAYS_MAX) return undefined;
  return Array.from({ length: days }, (_, i) =>
    new Date(start + i * DAY_MS).toISOString().slice(from.length === 5 ? 5 : 0, 10),
  );
}
