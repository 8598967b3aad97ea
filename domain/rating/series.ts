import type { TimeRange } from '../periods.ts';

/** Usage over time without a meter: cumulative base units at ascending instants, even in between. */
export interface Series {
  readonly range: TimeRange;
  readonly total: bigint;
  /** Before the range nothing, after it all. */
  at(instant: number): bigint;
}

export interface UsageInterval extends TimeRange {
  /** Base units, not negative. */
  readonly quantity: bigint;
}

export interface SeriesFault {
  readonly code: 'intervals_overlap' | 'interval_ends_early';
  readonly detail: string;
}

/** Intervals in any order, with gaps but no overlaps. */
export function seriesOfIntervals(intervals: readonly UsageInterval[]): Series | SeriesFault {
  const at: number[] = [];
  const values: bigint[] = [];
  for (const { from, to, quantity } of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = at.at(-1);
    if (to <= from) {
      return {
        code: 'interval_ends_early',
        detail: `the interval from ${new Date(from).toISOString()} has no length`,
      };
    }
    if (last !== undefined && from < last) {
      return {
        code: 'intervals_overlap',
        detail: `intervals overlap at ${new Date(from).toISOString()}`,
      };
    }
    const value = values.at(-1) ?? 0n;
    if (last !== from) {
      at.push(from);
      values.push(value);
    }
    at.push(to);
    values.push(value + quantity);
  }
  return seriesOf(at, values);
}

/** Intervals of one length, one after the other. */
export function seriesOfSteps(from: number, stepMs: number, quantities: readonly number[]): Series {
  const at = [from];
  const values = [0n];
  let value = 0n;
  quantities.forEach((quantity, i) => {
    value += BigInt(quantity);
    at.push(from + (i + 1) * stepMs);
    values.push(value);
  });
  return seriesOf(at, values);
}

function seriesOf(at: readonly number[], values: readonly bigint[]): Series {
  const range = { from: at[0] ?? 0, to: at.at(-1) ?? 0 };
  const total = values.at(-1) ?? 0n;
  // Instants mostly ascend: the search begins where the last one ended.
  let i = 0;
  return {
    range,
    total,
    at(instant) {
      if (instant <= range.from) return 0n;
      if (instant >= range.to) return total;
      if (instant < (at[i] ?? 0)) i = 0;
      if (instant >= (at[i + 64] ?? Number.POSITIVE_INFINITY)) i = lastAtOrBefore(at, instant);
      while ((at[i + 1] ?? Number.POSITIVE_INFINITY) <= instant) i++;
      const [left, right] = [at[i] ?? 0, at[i + 1] ?? 0];
      const [before, after] = [values[i] ?? 0n, values[i + 1] ?? 0n];
      return before + ((after - before) * BigInt(instant - left)) / BigInt(right - left);
    },
  };
}

/** The position of the last of ascending numbers that is not above `value`, which is not below the first. */
function lastAtOrBefore(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ascending[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
