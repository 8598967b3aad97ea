import pg from 'pg';
import type { Queryable } from './database.ts';
import { numbersParam } from './pg-arrays.ts';
import { instant, ms } from './usage-inputs.ts';

/** Readings of one register for one point, `from` ≤ ts < `to`; without `to`, all later ones. */
export interface ReadingWindow {
  /** Position of the point among those asked for. */
  readonly index: number;
  readonly registerId: number;
  readonly from: number;
  readonly to: number | null;
}

/** `window` is the position of the window; readings of a window come in order of time. */
export type OnReading = (window: number, ts: number, value: bigint) => void;

const WINDOWS = `unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY w(register_id, from_ms, to_ms, n)`;
// A quantity is charged by what was good and had been received when the run started.
const CHARGED = `r.quality = 'good' AND r.received_at <= $4`;

const windowParams = (windows: readonly ReadingWindow[], receivedUpTo: Date): unknown[] => [
  numbersParam(windows, (w) => w.registerId),
  numbersParam(windows, (w) => w.from),
  numbersParam(windows, (w) => w.to),
  receivedUpTo,
];

/** Hands over every reading of the windows as it arrives, so that memory does not grow with their number. */
export async function streamReadings(
  client: pg.PoolClient,
  windows: readonly (ReadingWindow & { readonly to: number })[],
  receivedUpTo: Date,
  onReading: OnReading,
): Promise<void> {
  if (windows.length === 0) return;
  const earliest = windows.reduce((min, { from }) => Math.min(min, from), Number.POSITIVE_INFINITY);
  const latest = windows.reduce((max, { to }) => Math.max(max, to), 0);
  // The constant bounds let the planner leave out the partitions of other months.
  const config: pg.QueryArrayConfig<unknown[]> = {
    text: `SELECT w.n, ${ms('r.ts')}, r.value FROM ${WINDOWS} JOIN readings r ON r.register_id = w.register_id
       AND r.ts >= ${instant('w.from_ms')} AND r.ts < ${instant('w.to_ms')}
       WHERE ${CHARGED} AND r.ts >= $5 AND r.ts < $6 ORDER BY w.n, r.ts`,
    values: [...windowParams(windows, receivedUpTo), new Date(earliest), new Date(latest)],
    rowMode: 'array',
    // Numbers as they come: the default parser first looks at every digit of an int8 and then returns its text.
    types: { getTypeParser: () => (text: string) => text },
  };
  const query = new pg.Query<[n: string, ts: string, value: string]>(config);
  await new Promise<void>((resolve, reject) => {
    let failure: unknown;
    query.on('row', ([n, ts, value]) => {
      if (failure) return;
      try {
        onReading(Number(n) - 1, Number(ts), BigInt(value));
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
  receivedUpTo: Date,
  rowsMax: number,
  onReading: OnReading,
): Promise<readonly number[]> {
  const counts = windows.map(() => 0);
  const { rows } = await tx.query<{ n: string; ts: string; value: string }>(
    `SELECT w.n, ${ms('f.ts')} AS ts, f.value FROM ${WINDOWS} CROSS JOIN LATERAL (
       SELECT r.ts, r.value FROM readings r WHERE r.register_id = w.register_id AND r.ts >= ${instant('w.from_ms')}
         AND (w.to_ms IS NULL OR r.ts < ${instant('w.to_ms')}) AND ${CHARGED} ORDER BY r.ts LIMIT $5) f
     ORDER BY w.n, f.ts`,
    [...windowParams(windows, receivedUpTo), rowsMax],
  );
  for (const { n, ts, value } of rows) {
    const window = Number(n) - 1;
    counts[window] = (counts[window] ?? 0) + 1;
    onReading(window, Number(ts), BigInt(value));
  }
  return counts;
}
