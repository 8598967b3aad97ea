import type { Queryable } from './database.ts';
import { inChunks, numbersParam } from './pg-arrays.ts';
import { instant } from './usage-inputs.ts';

/** More changes than this since the points were settled: it is simpler to settle all of them again. */
const CHANGES_MAX = 5_000;
/**
 * A run takes the time before it asks where ingest has come to, and processes' clocks differ: of so many frames before
 * its cut-off a reading may have been received after its start, and waits for the next run.
 */
const FRAMES_AT_ONCE_MAX = 10_000;
const ROWS_MAX = 2_000;

/**
 * The points of a site whose inputs for the period have changed since they were settled: late readings, and edits
 * of leases, tariffs, meters and readings. Null: so much changed that all may have.
 */
export async function readStalePoints(
  tx: Queryable,
  siteId: string,
  period: string,
): Promise<ReadonlySet<number> | null> {
  const { rows } = await tx.query<{ change: string; seq: string; start: Date; from: Date; to: Date }>(
    `SELECT min(r.change_id) AS change, min(r.journal_seq) AS seq, min(r.started_at) AS start,
       min(s.reads_from) AS from, max(s.reads_to) AS to
     FROM settled_points s JOIN billing_runs r ON r.id = s.run_id WHERE r.site_id = $1 AND s.period = $2`,
    [siteId, period],
  );
  const since = rows[0];
  if (!since?.change) return new Set();
  const { rows: counted } = await tx.query<{ n: string; everywhere: boolean | null }>(
    `SELECT count(*) AS n, bool_or(h.table_name = 'tariff_versions' OR (h.table_name IN ('leases', 'lease_tariffs')
         AND EXISTS (SELECT 1 FROM leases l WHERE l.place_id IS NULL AND l.id =
           CASE h.table_name WHEN 'leases' THEN h.row_key::bigint ELSE coalesce((h.old->>'lease_id')::bigint,
             (SELECT t.lease_id FROM lease_tariffs t WHERE t.id = h.row_key::bigint)) END))) AS everywhere
     FROM (SELECT * FROM change_history WHERE id > $1 ORDER BY id LIMIT ${CHANGES_MAX + 1}) h`,
    [since.change],
  );
  // A tariff and the house lease concern points all over the site.
  if (Number(counted[0]?.n) > CHANGES_MAX || counted[0]?.everywhere) return null;
  const { rows: stale } = await tx.query<{ point: string | null }>(
    `WITH h AS MATERIALIZED (SELECT table_name, row_key, old FROM change_history WHERE id > $1),
       lease AS (
         SELECT row_key::bigint AS id, (old->>'place_id')::bigint AS place_id FROM h WHERE table_name = 'leases'
         UNION ALL SELECT coalesce((old->>'lease_id')::bigint, t.lease_id), NULL
           FROM h LEFT JOIN lease_tariffs t ON t.id = h.row_key::bigint WHERE table_name = 'lease_tariffs'),
       place AS (
         SELECT place_id AS id FROM lease UNION ALL SELECT l.place_id FROM lease JOIN leases l USING (id)
         UNION ALL SELECT row_key::bigint FROM h WHERE table_name = 'places'),
       register AS (
         SELECT split_part(row_key, ' ', 1)::bigint AS id FROM h WHERE table_name = 'readings'
         UNION ALL SELECT register_id FROM readings WHERE journal_seq > $2 AND ts >= $3 AND ts <= $4
         UNION ALL SELECT register_id FROM readings WHERE journal_seq > $2 - ${FRAMES_AT_ONCE_MAX} AND journal_seq <= $2
           AND received_at > $5 AND ts >= $3 AND ts <= $4)
     SELECT p.id AS point FROM place JOIN metering_points p ON p.place_id = place.id
     UNION SELECT i.metering_point_id FROM register JOIN installations i ON i.register_id = register.id
     UNION SELECT coalesce(i.metering_point_id, (h.old->>'metering_point_id')::bigint)
       FROM h LEFT JOIN installations i ON i.id = h.row_key::bigint WHERE table_name = 'installations'
     UNION SELECT (old->>'metering_point_id')::bigint FROM h WHERE table_name = 'installations' AND old IS NOT NULL
     UNION SELECT row_key::bigint FROM h WHERE table_name = 'metering_points'`,
    [since.change, since.seq, since.from, since.to, since.start],
  );
  return new Set(stale.flatMap(({ point }) => (point === null ? [] : Number(point))));
}

/** Of these points, those that were settled whole for the period by this revision of the code. */
export async function readSettledPoints(
  tx: Queryable,
  pointIds: readonly number[],
  period: string,
  revision: number,
): Promise<ReadonlySet<number>> {
  const { rows } = await tx.query<{ point: string }>(
    `SELECT metering_point_id AS point FROM settled_points
     WHERE metering_point_id = ANY($1) AND period = $2 AND revision = $3`,
    [pointIds, period, revision],
  );
  return new Set(rows.map(({ point }) => Number(point)));
}

/** They were looked over again as of the run's cut-off, and nothing had changed. */
export async function keepSettledPoints(
  tx: Queryable,
  runId: number,
  period: string,
  pointIds: readonly number[],
): Promise<void> {
  if (pointIds.length === 0) return;
  await tx.query('UPDATE settled_points SET run_id = $1 WHERE period = $2 AND metering_point_id = ANY($3)', [
    runId,
    period,
    pointIds,
  ]);
}

export interface SettledPoint {
  readonly meteringPointId: number;
  /** Epoch milliseconds, both included. */
  readonly readsFrom: number;
  readonly readsTo: number;
}

/** What a run settled; of `pointIds`, those that are not among the settled ones are to be settled again. */
export async function writeSettledPoints(
  tx: Queryable,
  run: { readonly id: number; readonly revision: number },
  period: string,
  pointIds: readonly number[],
  settled: readonly SettledPoint[],
): Promise<void> {
  await forgetSettledPoints(tx, period, pointIds);
  await inChunks(settled, ROWS_MAX, (rows) =>
    tx.query(
      `INSERT INTO settled_points (metering_point_id, period, run_id, revision, reads_from, reads_to)
       SELECT point, $1, $2, $3, ${instant('f')}, ${instant('t')}
       FROM unnest($4::bigint[], $5::bigint[], $6::bigint[]) s(point, f, t)`,
      [
        ...[period, run.id, run.revision],
        numbersParam(rows, (row) => row.meteringPointId),
        numbersParam(rows, (row) => row.readsFrom),
        numbersParam(rows, (row) => row.readsTo),
      ],
    ),
  );
}

/** They are to be settled again. */
export async function forgetSettledPoints(
  tx: Queryable,
  period: string,
  pointIds: readonly number[],
): Promise<void> {
  await tx.query('DELETE FROM settled_points WHERE period = $1 AND metering_point_id = ANY($2)', [
    period,
    pointIds,
  ]);
}
