import { type Calendar, HOUR_MS } from './calendar.ts';
import { chance } from './random.ts';

/** A cumulative quantity: what has flowed since the origin. Pure, monotone, in whole units. */
export interface Curve {
  at(ts: number): number;
}

/**
 * Whole units an hour, evenly within the hour. Kept as one running sum an hour, so that any instant costs the
 * same: backfill, live and a main meter over the same loads walk through time apart from one another.
 */
export class LoadCurve implements Curve {
  readonly #originHour: number;
  readonly #hourly: (hourIndex: number) => number;
  readonly #sums: number[] = [0];

  /** `hourly`: a pure function from the hours since the epoch to whole units ≥ 0. */
  constructor(originTs: number, hourly: (hourIndex: number) => number) {
    this.#originHour = Math.floor(originTs / HOUR_MS);
    this.#hourly = hourly;
  }

  at(ts: number): number {
    const hours = Math.floor(ts / HOUR_MS) - this.#originHour;
    if (hours < 0) return 0;
    const before = this.#sumBefore(hours);
    return before + Math.floor((this.#sumBefore(hours + 1) - before) * ((ts % HOUR_MS) / HOUR_MS));
  }

  #sumBefore(hours: number): number {
    while (this.#sums.length <= hours) {
      const last = this.#sums.length - 1;
      this.#sums.push((this.#sums[last] ?? 0) + this.#hourly(this.#originHour + last));
    }
    return this.#sums[hours] ?? 0;
  }
}

/** `share` says how much of `size` an hour takes; the rest is chance, up to 15 % either way. */
export function noisyLoad(options: {
  readonly key: number;
  readonly size: number;
  readonly calendar: Calendar;
  readonly share: (at: ReturnType<Calendar>) => number;
}): (hourIndex: number) => number {
  const { key, size, calendar, share } = options;
  return (hourIndex) => Math.floor(size * share(calendar(hourIndex)) * (0.85 + 0.3 * chance(key, hourIndex)));
}

/** What a main meter in front of these loads counts. */
export function sumCurve(curves: readonly Curve[], lossPercent: number): Curve {
  return {
    at: (ts) =>
      Math.floor((curves.reduce((sum, curve) => sum + curve.at(ts), 0) * (1000 + lossPercent * 10)) / 1000),
  };
}
