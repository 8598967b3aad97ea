import pg from 'pg';
import { BASE_PER_DISPLAY } from '../domain/commodities.ts';
import { CLOCK_AHEAD_MS_MAX } from '../domain/readings.ts';
import type { CutOff } from './as-of.ts';
import type { Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';
import { instant, ms } from './usage-inputs.ts';

/** Readings of one register for one point, `from` ≤ ts < `to`; without `to`, all later ones. */
export interface ReadingWindow {
  /** Position of the point among those asked for. */
  readonly index: number;
  readonly registerId: number;
  readonly from: number;
  readonly to: number | null;
}
export type ClosedWindow = ReadingWindow & { readonly to: number };

/** `window` is the position of the window; readings of a window come in order of time. */
export type OnReading = (window: number, ts: number, value: bigint) => void;

const WINDOWS = `unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY w(register_id, from_ms, to_ms, n)`;
// A quantity is charged by what was good and had been taken in when the run started.
const CHARGED = `r.quality = 'good' AND r.received_at <= $4 AND (r.journal_seq IS NULL OR r.journal_seq <= $5)`;

const windowParams = (
  windows: readonly ReadingWindow[],
  { receivedUpTo, journalSeq }: CutOff,
): readonly unknown[] => [
  numbersParam(windows, (w) => w.registerId),
  numbersParam(windows, (w) => w.from),
  numbersParam(windows, (w) => w.to),
  receivedUpTo,
  journalSeq,
];

/** Constants that let the planner leave out the partitions of other months. */
const outerBounds = (windows: readonly ClosedWindow[]): readonly Date[] => [
  new Date(windows.reduce((min, { from }) => Math.min(min, from), Number.POSITIVE_INFINITY)),
  new Date(windows.reduce((max, { to }) => Math.max(max, to), 0)),
];

/** Hands over every reading of the windows as it arrives, so that memory does not grow with their number. */
export async function streamReadings(
  client: pg.PoolClient,
  windows: readonly ClosedWindow[],
  cutOff: CutOff,
  onReading: OnReading,
): Promise<void> {
  if (windows.length === 0) return;
  const text = `SELECT w.n, ${ms('r.ts')}, r.value FROM ${WINDOWS} JOIN readings r ON r.register_id = w.register_id
     AND r.ts >= ${instant('w.from_ms')} AND r.ts < ${instant('w.to_ms')}
     WHERE ${CHARGED} AND r.ts >= $6 AND r.ts < $7 ORDER BY w.n, r.ts`;
  const values = [...windowParams(windows, cutOff), ...outerBounds(windows)];
  await streamRows(client, text, values, ([n, ts, value]) => {
    onReading(Number(n) - 1, Number(ts), BigInt(value ?? 0));
  });
}

/** What the database needs to look the steps between readings over. */
export interface CheckedWindow extends ClosedWindow {
  readonly modulus: bigint;
  /** In 1/10,000. */
  readonly multiplier: bigint;
  /** Base units an hour that the metering point can use at most. */
  readonly maxRate: bigint;
  /** Ascending: a stretch ends where the next cut begins. */
  readonly cuts: readonly number[];
}

/** The readings of a window between two cuts. */
export interface Stretch {
  readonly window: number;
  readonly readings: number;
  /** All climb by steps that are possible for sure: the first and the last say all that the others could say. */
  readonly isRegular: boolean;
  readonly first: { readonly ts: number; readonly value: bigint };
  readonly last: { readonly ts: number; readonly value: bigint };
}

/** Rounding of a float must not let through what the exact rule refuses. */
const CERTAIN = 1 - 1e-9;
const HOUR_MS = 3_600_000;

/**
 * What the readings of each window come to between its cuts, in order: the database looks at them in place, which
 * is a third of the work of sending them. Its rule is that of `registerDelta` for a step that does not wrap, with
 * a hair less allowed; whatever it doubts must be read one by one.
 */
export async function readStretches(
  client: pg.PoolClient,
  windows: readonly CheckedWindow[],
  cutOff: CutOff,
  onStretch: (stretch: Stretch) => void,
): Promise<void> {
  if (windows.length === 0) return;
  const cutSets = new Map<readonly number[], string>();
  for (const { cuts } of windows) {
    if (!cutSets.has(cuts)) cutSets.set(cuts, `{${cuts.map((at) => new Date(at).toISOString()).join(',')}}`);
  }
  // Most points of a tariff have the same cuts: they cross once.
  const distinct = [...new Set(cutSets.values())];
  const numbers = new Map(distinct.map((text, i) => [text, i + 1]));
  const text = `WITH w AS MATERIALIZED (
      SELECT w.*, t.modulus, t.slope, t.cut_set FROM ${WINDOWS}
      JOIN unnest($8::bigint[], $9::float8[], $10::integer[]) WITH ORDINALITY t(modulus, slope, cut_set, n) USING (n)),
    c AS MATERIALIZED (SELECT n, cuts::timestamptz[] AS cuts FROM unnest($11::text[]) WITH ORDINALITY c(cuts, n))
    SELECT w.n, s.* FROM w JOIN c ON c.n = w.cut_set CROSS JOIN LATERAL (
      SELECT count(*), coalesce(bool_or(odd), false), ${ms('min(ts)')}, min(value), ${ms('max(ts)')} AS last, max(value)
      FROM (SELECT r.ts, r.value, width_bucket(r.ts, c.cuts) AS bucket,
          r.value < lag(r.value) OVER o OR r.value >= w.modulus OR r.value < 0
          OR (r.value - lag(r.value) OVER o > ${BASE_PER_DISPLAY} AND r.value - lag(r.value) OVER o - ${BASE_PER_DISPLAY}
            > w.slope * (date_part('epoch', r.ts - lag(r.ts) OVER o) * 1000 + ${CLOCK_AHEAD_MS_MAX})) AS odd
        FROM readings r WHERE r.register_id = w.register_id AND r.ts >= ${instant('w.from_ms')}
          AND r.ts < ${instant('w.to_ms')} AND ${CHARGED} AND r.ts >= $6 AND r.ts < $7
        WINDOW o AS (ORDER BY r.ts)) r GROUP BY bucket) s
    ORDER BY w.n, s.last`;
  const values = [
    ...windowParams(windows, cutOff),
    ...outerBounds(windows),
    numbersParam(windows, (w) => w.modulus),
    numbersParam(windows, (w) => ((Number(w.maxRate) * 10_000) / Number(w.multiplier) / HOUR_MS) * CERTAIN),
    numbersParam(windows, (w) => numbers.get(cutSets.get(w.cuts) ?? '') ?? 0),
    textsParam(distinct, (cuts) => cuts),
  ];
  // The planner thinks that the heap is read in order; a month of one register lies on as many pages as it has rows.
  await client.query('SET LOCAL enable_bitmapscan = off');
  await client.query('SET LOCAL jit = off');
  await streamRows(client, text, values, ([n, count, odd, firstTs, firstValue, lastTs, lastValue]) => {
    onStretch({
      window: Number(n) - 1,
      readings: Number(count),
      isRegular: odd === 'f',
      first: { ts: Number(firstTs), value: BigInt(firstValue ?? 0) },
      last: { ts: Number(lastTs), value: BigInt(lastValue ?? 0) },
    });
  });
  await client.query('SET LOCAL enable_bitmapscan = on');
}

/** Rows of text as they arrive. Rejects with what `onRow` throws. */
async function streamRows(
  client: pg.PoolClient,
  text: string,
  values: unknown[],
  onRow: (row: readonly (string | undefined)[]) => void,
): Promise<void> {
  const config: pg.QueryArrayConfig<unknown[]> = {
    ...{ text, values, rowMode: 'array' },
    // Numbers as they come: the default parser first looks at every digit of an int8 and then returns its text.
    types: { getTypeParser: () => (value: string) => value },
  };
  const query = new pg.Query<string[]>(config);
  await new Promise<void>((resolve, reject) => {
    let failure: unknown;
    query.on('row', (row) => {
      if (failure) return;
      try {
        onRow(row);
      } catch (error) {
        failure = error;
      }
    });
    query.on('error', reject);
    query.on('end', () => (failure ? reject(failure) : resolve()));
    client.query(query);
  });
}

/** The first readings of each window. Returns how many each had: as many as asked for means that more may follow. */
export async function readFirst(
  tx: Queryable,
  windows: readonly ReadingWindow[],
  cutOff: CutOff,
  rowsMax: number,
  onReading: OnReading,
): Promise<readonly number[]> {
  const counts = windows.map(() => 0);
  const { rows } = await tx.query<{ n: string; ts: string; value: string }>(
    `SELECT w.n, ${ms('f.ts')} AS ts, f.value FROM ${WINDOWS} CROSS JOIN LATERAL (
       SELECT r.ts, r.value FROM readings r WHERE r.register_id = w.register_id AND r.ts >= ${instant('w.from_ms')}
         AND (w.to_ms IS NULL OR r.ts < ${instant('w.to_ms')}) AND ${CHARGED} ORDER BY r.ts LIMIT $6) f
     ORDER BY w.n, f.ts`,
    [...windowParams(windows, cutOff), rowsMax],
  );
  for (const { n, ts, value } of rows) {
    const window = Number(n) - 1;
    counts[window] = (counts[window] ?? 0) + 1;
    onReading(window, Number(ts), BigInt(value));
  }
  return counts;
}
