import type { ReadingQuality, ReadingSource } from '../domain/readings.ts';
import type { Queryable } from './database.ts';
import { inChunks, numbersParam, textsParam } from './pg-arrays.ts';

export interface NewReading {
  readonly registerId: number;
  /** Epoch milliseconds. */
  readonly ts: number;
  /** Base units. */
  readonly value: bigint;
  readonly quality: ReadingQuality;
  readonly receivedAt: number;
  /** The journal frame it came in. */
  readonly journalSeq: number;
}

const ROWS_MAX = 5_000;

/**
 * Stores readings of devices. The same again is a no-op; another value for an instant that has one becomes a
 * conflict, never an overwrite. Of two values for one instant in `readings` the first is taken.
 * Their month's partition must exist.
 */
export async function insertReadings(db: Queryable, readings: readonly NewReading[]): Promise<void> {
  await inChunks(readings, ROWS_MAX, async (rows) => {
    const values = [
      numbersParam(rows, (r) => r.registerId),
      numbersParam(rows, (r) => r.ts),
      numbersParam(rows, (r) => r.value),
      textsParam(rows, (r) => r.quality),
      numbersParam(rows, (r) => r.receivedAt),
      numbersParam(rows, (r) => r.journalSeq),
    ];
    const { rowCount } = await db.query({
      name: 'insert_readings',
      text: `INSERT INTO readings (register_id, ts, value, quality, source, received_at, journal_seq)
             SELECT r, to_timestamp(t / 1000), v, q, 'device', to_timestamp(a / 1000), s
             FROM unnest($1::bigint[], $2::float8[], $3::bigint[], $4::text[], $5::float8[], $6::bigint[])
               AS input (r, t, v, q, a, s)
             ON CONFLICT DO NOTHING`,
      values,
    });
    // Only when something was there already, which is rare, is it worth asking whether it was the same.
    if (rowCount !== rows.length) await insertConflicts(db, rows);
  });
}

/** A conflict that is new opens the case of its instant, for a person to choose the value that stands. */
export async function insertConflicts(
  db: Queryable,
  rows: readonly Pick<NewReading, 'registerId' | 'ts' | 'value' | 'receivedAt'>[],
): Promise<void> {
  await db.query({
    name: 'insert_reading_conflicts',
    text: `WITH new AS (
           INSERT INTO reading_conflicts (register_id, ts, value, received_at)
           SELECT DISTINCT ON (i.r, i.ts, i.v) i.r, i.ts, i.v, i.at
           FROM (SELECT r, to_timestamp(t / 1000) AS ts, v, to_timestamp(a / 1000) AS at
                 FROM unnest($1::bigint[], $2::float8[], $3::bigint[], $4::float8[]) AS input (r, t, v, a)) i
           JOIN readings ON readings.register_id = i.r AND readings.ts = i.ts AND readings.value <> i.v
           ORDER BY i.r, i.ts, i.v, i.at
           ON CONFLICT DO NOTHING RETURNING register_id, ts, received_at)
           INSERT INTO cases (site_id, kind, key, subject, count, opened_at, last_seen_at)
           SELECT d.site_id, 'reading_conflict', n.register_id || ' ' || round(extract(epoch FROM n.ts) * 1000),
             jsonb_build_object('registerId', n.register_id, 'device', d.serial, 'deviceId', d.id, 'point', g.point,
               'unit', g.unit, 'stall', (SELECT p.code FROM installations i
                 JOIN metering_points m ON m.id = i.metering_point_id JOIN places p ON p.id = m.place_id
                 WHERE i.register_id = g.id AND i.starts_at <= n.ts ORDER BY i.starts_at DESC LIMIT 1), 'ts', to_char(n.ts AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
             count(*), min(n.received_at), max(n.received_at)
           FROM new n JOIN registers g ON g.id = n.register_id JOIN devices d ON d.id = g.device_id
           GROUP BY d.id, g.id, n.register_id, n.ts
           ON CONFLICT (site_id, kind, key) WHERE status = 'open'
           DO UPDATE SET count = cases.count + excluded.count,
             last_seen_at = greatest(cases.last_seen_at, excluded.last_seen_at)`,
    values: [
      numbersParam(rows, (r) => r.registerId),
      numbersParam(rows, (r) => r.ts),
      numbersParam(rows, (r) => r.value),
      numbersParam(rows, (r) => r.receivedAt),
    ],
  });
}

export interface StoredReading {
  readonly ts: number;
  readonly value: bigint;
  readonly quality: ReadingQuality;
  readonly source: ReadingSource;
  readonly receivedAt: number;
}

/** A register's readings in [from, to), epoch milliseconds, newest first, of every quality. */
export async function listReadings(
  db: Queryable,
  query: { readonly registerId: number; readonly from: number; readonly to: number; readonly limit: number },
): Promise<readonly StoredReading[]> {
  const { rows } = await db.query<{
    ts: Date;
    value: string;
    quality: ReadingQuality;
    source: ReadingSource;
    received_at: Date;
  }>(
    `SELECT ts, value, quality, source, received_at FROM readings
     WHERE register_id = $1 AND ts >= $2 AND ts < $3 ORDER BY ts DESC LIMIT $4`,
    [query.registerId, new Date(query.from), new Date(query.to), query.limit],
  );
  return rows.map((row) => ({
    ts: row.ts.getTime(),
    value: BigInt(row.value),
    quality: row.quality,
    source: row.source,
    receivedAt: row.received_at.getTime(),
  }));
}
