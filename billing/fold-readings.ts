import type { Mark } from '../domain/metering/boundary.ts';
import type { Installation, QuantityFold } from '../domain/metering/fold.ts';
import type { TimeRange } from '../domain/periods.ts';
import { type ChangedReading, type CutOff, readChangedReadings } from '../store/as-of.ts';
import type { BillingSession } from '../store/billing-session.ts';
import {
  type CheckedWindow,
  type ReadingWindow,
  readFirst,
  readStretches,
  streamReadings,
} from '../store/usage-readings.ts';

/** A point's fold and what it needs readings for. */
export interface PointFold {
  readonly point: { readonly maxRate: bigint };
  readonly installations: readonly Installation[];
  readonly cuts: readonly number[];
  readonly resume: Mark | null;
  readonly fold: QuantityFold;
}

type Client = BillingSession['client'];
type Changed = ReadonlyMap<number, readonly ChangedReading[]>;

/** After the period most points need one reading; those whose first ones are refused need more. */
const AFTER_ROWS_FIRST = 4;
const AFTER_ROWS_MAX = 1_000;

/**
 * Feeds each fold the readings of the period, and then those after it until its last cut has a value or nothing
 * more is known: the readings as they were at the cut-off. Returns the number of readings.
 *
 * Where the readings climb by possible steps, only those beside the cuts are handed over: the others cannot change
 * anything. Points with any doubt, or that people changed since the cut-off, are read one by one, and so are those
 * that are going to be estimated, for their history.
 */
export async function foldReadings(
  client: Client,
  points: readonly PointFold[],
  period: TimeRange,
  cutOff: CutOff,
): Promise<number> {
  const registers = points.flatMap(({ installations }) => installations.map(({ registerId }) => registerId));
  const changed = await readChangedReadings(client, registers, cutOff);
  const isChanged = ({ installations }: PointFold): boolean =>
    installations.some(({ registerId }) => changed.has(registerId));
  const whole = new Set(points.flatMap((point, index) => (isChanged(point) ? index : [])));
  let readings = await foldStretches(client, points, period, cutOff, whole);
  readings += await foldWhole(client, points, [...whole], period, cutOff, changed);
  readings += await foldAfter(client, points, [...points.keys()], period, cutOff, changed);
  const estimated = points.flatMap(({ fold }, index) =>
    fold.isEstimating && !whole.has(index) ? index : [],
  );
  for (const index of estimated) points[index]?.fold.restart();
  readings += await foldWhole(client, points, estimated, period, cutOff, changed);
  return readings + (await foldAfter(client, points, estimated, period, cutOff, changed));
}

/** Adds to `whole` the points that must be read one by one; their folds are as new. */
async function foldStretches(
  client: Client,
  points: readonly PointFold[],
  period: TimeRange,
  cutOff: CutOff,
  whole: Set<number>,
): Promise<number> {
  const windows = points.flatMap((point, index) =>
    whole.has(index) ? [] : windowsBefore(point, index, period.to),
  );
  let readings = 0;
  let current = -1;
  await readStretches(client, windows, cutOff, (stretch) => {
    readings += stretch.readings;
    const window = windows[stretch.window];
    const fold = window && points[window.index]?.fold;
    if (!window || !fold || whole.has(window.index)) return;
    const isFirst = current !== stretch.window;
    current = stretch.window;
    const { registerId, index } = window;
    // From the mark before the window to its first reading no step was looked at.
    const isAccepted = !isFirst || fold.push(registerId, stretch.first.ts, stretch.first.value);
    if (!stretch.isRegular || !isAccepted) {
      fold.restart();
      whole.add(index);
      return;
    }
    if (!isFirst) fold.pushChecked(registerId, stretch.first.ts, stretch.first.value);
    fold.pushChecked(registerId, stretch.last.ts, stretch.last.value);
  });
  return readings;
}

async function foldWhole(
  client: Client,
  points: readonly PointFold[],
  indexes: readonly number[],
  period: TimeRange,
  cutOff: CutOff,
  changed: Changed,
): Promise<number> {
  const windows = indexes.flatMap((index) => {
    const point = points[index];
    return point ? windowsBefore(point, index, period.to) : [];
  });
  const pushers = windows.map((window) => new AsOfWindow(window, points[window.index]?.fold, changed));
  let readings = 0;
  let current = 0;
  await streamReadings(client, windows, cutOff, (n, ts, value) => {
    for (; current < n; current++) pushers[current]?.pushChangedBefore(Number.POSITIVE_INFINITY);
    pushers[n]?.push(ts, value);
    readings++;
  });
  for (; current < pushers.length; current++) pushers[current]?.pushChangedBefore(Number.POSITIVE_INFINITY);
  return readings;
}

async function foldAfter(
  client: Client,
  points: readonly PointFold[],
  indexes: readonly number[],
  period: TimeRange,
  cutOff: CutOff,
  changed: Changed,
): Promise<number> {
  let readings = 0;
  let open = indexes.map((index) => {
    const point = points[index];
    return point ? windowsAfter(point, index, period.to) : [];
  });
  for (let rows = AFTER_ROWS_FIRST; ; rows = AFTER_ROWS_MAX) {
    open = open.filter(([window]) => window && !points[window.index]?.fold.isComplete);
    const asked = open.flatMap(([window]) => window ?? []);
    if (asked.length === 0) return readings;
    const next = asked.map(({ from }) => from);
    const pushers = asked.map((window) => new AsOfWindow(window, points[window.index]?.fold, changed));
    const counts = await readFirst(client, asked, cutOff, rows, (n, ts, value) => {
      pushers[n]?.push(ts, value);
      next[n] = ts + 1;
      readings++;
    });
    // A window that gave fewer rows than asked for is exhausted: on to the point's next meter.
    open = open.map(([window, ...later], n) => {
      if (window && counts[n] === rows) return [{ ...window, from: next[n] ?? window.from }, ...later];
      pushers[n]?.pushChangedBefore(Number.POSITIVE_INFINITY);
      return later;
    });
  }
}

/** Hands a window's readings to its fold, with those that changed since the cut-off as they were. */
class AsOfWindow {
  readonly #window: ReadingWindow;
  readonly #fold: QuantityFold | undefined;
  readonly #changed: readonly ChangedReading[];
  #next = 0;

  constructor(window: ReadingWindow, fold: QuantityFold | undefined, changed: Changed) {
    this.#window = window;
    this.#fold = fold;
    this.#changed = (changed.get(window.registerId) ?? []).filter(
      ({ ts }) => ts >= window.from && (window.to === null || ts < window.to),
    );
  }

  push(ts: number, value: bigint): void {
    this.pushChangedBefore(ts);
    if (this.#changed[this.#next]?.ts === ts) this.pushChangedBefore(ts + 1);
    else this.#fold?.push(this.#window.registerId, ts, value);
  }

  pushChangedBefore(ts: number): void {
    for (
      let was = this.#changed[this.#next];
      was !== undefined && was.ts < ts;
      was = this.#changed[++this.#next]
    ) {
      if (was.value !== null) this.#fold?.push(this.#window.registerId, was.ts, was.value);
    }
  }
}

function windowsBefore(
  { point, installations, cuts, resume }: PointFold,
  index: number,
  to: number,
): readonly CheckedWindow[] {
  if (cuts.length === 0) return [];
  return installations.flatMap(({ registerId, startsAt, endsAt, modulus, multiplier }) => {
    const from = startsAfter(startsAt, resume);
    const until = Math.min(endsAt ?? to, to);
    const { maxRate } = point;
    return from < until ? [{ index, registerId, from, to: until, modulus, multiplier, maxRate, cuts }] : [];
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
