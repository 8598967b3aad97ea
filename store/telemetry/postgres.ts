import type { Database } from '../database.ts';
import { isDataError } from '../database-errors.ts';
import { monthPartitions } from '../partitions.ts';
import { inChunks, jsonParam, numbersParam, textsParam } from '../pg-arrays.ts';
import { repeatableTransaction } from '../repeatable-transaction.ts';
import type { PointValue, TelemetryRow, TelemetrySample, TelemetryStore } from './port.ts';
import { mergeInstants, writeBisecting } from './write-bisecting.ts';

const ROWS_MAX = 5_000;
/** A point that a device's last hundred messages did not carry is not shown as its latest. */
const LATEST_ROWS = 100;

/** Telemetry in the platform's own database: a partitioned table, one row a message. */
export function openPostgresTelemetry(db: Database): TelemetryStore {
  const pool = db.$client;
  const partitions = monthPartitions('telemetry');

  async function insert(rows: readonly TelemetryRow[]): Promise<void> {
    await repeatableTransaction(pool, (tx) =>
      inChunks(rows, ROWS_MAX, (chunk) =>
        tx.query({
          name: 'write_telemetry',
          text: `INSERT INTO telemetry AS t (device_id, ts, values)
                 SELECT d, to_timestamp(m / 1000), v::jsonb
                 FROM unnest($1::text[], $2::float8[], string_to_array($3, E'\\n')) AS input (d, m, v)
                 ON CONFLICT (device_id, ts) DO UPDATE SET values = t.values || excluded.values
                   WHERE NOT t.values @> excluded.values`,
          values: [
            textsParam(chunk, (r) => r.device),
            numbersParam(chunk, (r) => r.ts),
            jsonParam(chunk, (r) => r.values),
          ],
        }),
      ),
    );
  }

  return {
    async write(rows) {
      if (rows.length === 0) return [];
      try {
        await partitions.ensure(pool, rows);
        return await writeBisecting(mergeInstants(rows), insert, (e) => (isDataError(e) ? String(e) : null));
      } catch (error) {
        partitions.forget();
        throw error;
      }
    },
    async query({ device, point, from, to, everyS, limit }) {
      const range = [device, new Date(from), new Date(to), point, limit];
      const { rows } = await pool.query<{ ts: Date; value: PointValue }>(
        everyS === undefined
          ? `SELECT ts, values -> $4 AS value FROM telemetry
             WHERE device_id = $1 AND ts >= $2 AND ts < $3 AND values ? $4 ORDER BY ts LIMIT $5`
          : `SELECT date_bin(make_interval(secs => $6), ts, 'epoch') AS ts, avg((values ->> $4)::float8) AS value
             FROM telemetry WHERE device_id = $1 AND ts >= $2 AND ts < $3 AND jsonb_typeof(values -> $4) = 'number'
             GROUP BY 1 ORDER BY 1 LIMIT $5`,
        everyS === undefined ? range : [...range, everyS],
      );
      return rows.map((row): TelemetrySample => ({ ts: row.ts.getTime(), value: row.value }));
    },
    async latest(site, devices) {
      const { rows } = await pool.query<{ device_id: string; ts: Date; values: TelemetryRow['values'] }>(
        `SELECT d.id AS device_id, t.ts, t.values FROM unnest($1::text[]) AS d (id), LATERAL (
           SELECT ts, values FROM telemetry
           WHERE device_id = d.id AND ts > now() - interval '7 days' ORDER BY ts DESC LIMIT ${LATEST_ROWS}) t
         ORDER BY d.id, t.ts DESC`,
        [devices],
      );
      const latest = new Map<string, TelemetryRow>();
      for (const row of rows) {
        const newer = latest.get(row.device_id);
        latest.set(row.device_id, {
          site,
          device: row.device_id,
          ts: newer?.ts ?? row.ts.getTime(),
          values: { ...row.values, ...newer?.values },
        });
      }
      return latest;
    },
    async ping() {
      await pool.query('SELECT 1');
    },
    // The pool is the caller's.
    async close() {},
  };
}
