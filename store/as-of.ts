import pg from 'pg';
import type { Queryable } from './database.ts';

/** What a run sees, however long it takes: it can be computed again later from the same. */
export interface CutOff {
  /** Readings received later wait for the next run. */
  readonly receivedUpTo: Date;
  /** So do those of later journal frames, which ingest had not come to. */
  readonly journalSeq: number;
  /** Changes after this one are not seen. */
  readonly changeId: number;
}

/** Tables whose changes are kept (triggers). */
export type HistoryTable =
  | 'leases'
  | 'lease_tariffs'
  | 'tariff_versions'
  | 'installations'
  | 'metering_points'
  | 'places'
  | 'vehicles'
  | 'vehicle_payers'
  | 'monthly_passes'
  | 'allocations';

/**
 * For FROM: the table as it was after change `changeId`, which is the rows that did not change since and the oldest
 * later `old` of those that did. Cheap where nothing changed since.
 */
export function asOf(table: HistoryTable, changeId: number): string {
  if (!Number.isSafeInteger(changeId)) throw new RangeError(`no change ${changeId}`);
  return `(SELECT t.* FROM ${table} t WHERE NOT EXISTS (SELECT 1 FROM change_history h
      WHERE h.table_name = '${table}' AND h.row_key = t.id::text AND h.id > ${changeId})
    UNION ALL SELECT r.* FROM (SELECT DISTINCT ON (row_key) old FROM change_history
        WHERE table_name = '${table}' AND id > ${changeId} ORDER BY row_key, id) h,
      jsonb_populate_record(NULL::${table}, h.old) r WHERE h.old IS NOT NULL)`;
}

/**
 * The newest change, and frame of the site's journal, such that nobody with a smaller number is still at work: the lock waits for
 * whoever has written history and not committed yet.
 */
export async function readCutOff(client: Queryable, siteId: string): Promise<Omit<CutOff, 'receivedUpTo'>> {
  // Two statements sent as one are one transaction: the lock is gone when the answer is here.
  const answers: unknown = await client.query(
    `LOCK TABLE change_history IN SHARE MODE;
     SELECT coalesce(max(id), 0) AS change, coalesce((SELECT base + seq FROM journal_cursors
         WHERE reader = 'ingest/' || journal_partition(${pg.escapeLiteral(siteId)})), 0) AS seq FROM change_history`,
  );
  const [, { rows }] = answers as [unknown, { readonly rows: readonly { change: string; seq: string }[] }];
  return { changeId: Number(rows[0]?.change), journalSeq: Number(rows[0]?.seq) };
}

export interface ChangedReading {
  readonly registerId: number;
  readonly ts: number;
  /** What it was at the cut-off; null where it was not there or not to be charged by. */
  readonly value: bigint | null;
}

/** Readings that people entered, changed or removed since the cut-off, by register and in order of time. */
export async function readChangedReadings(
  tx: Queryable,
  registerIds: readonly number[],
  { changeId, receivedUpTo, journalSeq }: CutOff,
): Promise<ReadonlyMap<number, readonly ChangedReading[]>> {
  const { rows } = await tx.query<{ register: string; ts: string; value: string | null }>(
    `SELECT register, ts, CASE WHEN old->>'quality' = 'good' AND (old->>'received_at')::timestamptz <= $2
       AND (old->>'journal_seq' IS NULL OR (old->>'journal_seq')::bigint <= $4) THEN (old->>'value')::bigint END AS value
     FROM (SELECT DISTINCT ON (row_key) split_part(row_key, ' ', 1)::bigint AS register,
         split_part(row_key, ' ', 2)::bigint AS ts, old
       FROM change_history WHERE table_name = 'readings' AND id > $1 ORDER BY row_key, id) changed
     WHERE register = ANY($3) ORDER BY ts`,
    [changeId, receivedUpTo, registerIds, journalSeq],
  );
  const byRegister = new Map<number, ChangedReading[]>();
  for (const row of rows) {
    const registerId = Number(row.register);
    const value = row.value === null ? null : BigInt(row.value);
    const list = byRegister.get(registerId) ?? [];
    list.push({ registerId, ts: Number(row.ts), value });
    byRegister.set(registerId, list);
  }
  return byRegister;
}
