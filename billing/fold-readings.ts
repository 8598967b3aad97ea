import type { Mark } from '../domain/metering/boundary.ts';
import type { Installation, QuantityFold } from '../domain/metering/fold.ts';
import type { TimeRange } from '../domain/periods.ts';
import type { BillingSession } from '../store/billing-session.ts';
import { type ReadingWindow, readFirst, streamReadings } from '../store/usage-readings.ts';

/** A point's fold and what it needs readings for. */
export interface PointFold {
  readonly installations: readonly Installation[];
  readonly cuts: readonly number[];
  readonly resume: Mark | null;
  readonly fold: QuantityFold;
}

/** After the period most points need one reading; those whose first ones are refused need more. */
const AFTER_ROWS_FIRST = 4;
const AFTER_ROWS_MAX = 1_000;

/**
 * Feeds each fold the readings of the period, and then those after it until its last cut has a value or nothing
 * more is known. Returns the number of readings.
 */
export async function foldReadings(
  client: BillingSession['client'],
  points: readonly PointFold[],
  period: TimeRange,
  receivedUpTo: Date,
): Promise<number> {
  let readings = 0;
  const windows = points.flatMap((point, index) => windowsBefore(point, index, period.to));
  await streamReadings(client, windows, receivedUpTo, (n, ts, value) => {
    const window = windows[n];
    if (window) points[window.index]?.fold.push(window.registerId, ts, value);
    readings++;
  });

  let open = points.map((point, index) => windowsAfter(point, index, period.to));
  for (let rows = AFTER_ROWS_FIRST; ; rows = AFTER_ROWS_MAX) {
    open = open.filter(([window]) => window && !points[window.index]?.fold.isComplete);
    const asked = open.flatMap(([window]) => window ?? []);
    if (asked.length === 0) return readings;
    const next = asked.map(({ from }) => from);
    const counts = await readFirst(client, asked, receivedUpTo, rows, (n, ts, value) => {
      const window = asked[n];
      if (!window) return;
      points[window.index]?.fold.push(window.registerId, ts, value);
      next[n] = ts + 1;
      readings++;
    });
    // A window that gave fewer rows than asked for is exhausted: on to the point's next meter.
    open = open.map(([window, ...later], n) =>
      window && counts[n] === rows ? [{ ...window, from: next[n] ?? window.from }, ...later] : later,
    );
  }
}

function windowsBefore(
  { installations, cuts, resume }: PointFold,
  index: number,
  to: number,
): readonly (ReadingWindow & { readonly to: number })[] {
  if (cuts.length === 0) return [];
  return installations.flatMap(({ registerId, startsAt, endsAt }) => {
    const window = { index, registerId, from: startsAfter(startsAt, resume), to: Math.min(endsAt ?? to, to) };
    return window.from < window.to ? [window] : [];
  });
}

function windowsAfter(
  { installations, cuts, resume }: PointFold,
  index: number,
  from: number,
): readonly ReadingWindow[] {
  if (cuts.length === 0) return [];
  return installations.flatMap(({ registerId, startsAt, endsAt }) => {
    const window = { index, registerId, from: Math.max(from, startsAfter(startsAt, resume)), to: endsAt };
    return endsAt === null || window.from < endsAt ? [window] : [];
  });
}

/** The mark itself is known; the start of an installation is noted with its value. */
const startsAfter = (startsAt: number, resume: Mark | null): number =>
  Math.max(startsAt, resume?.ts ?? 0) + 1;
