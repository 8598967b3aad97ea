import type { HISTORY_KINDS } from '../contracts/readings.ts';
import type { ManualPurpose } from '../domain/readings.ts';
import type { Queryable } from './database.ts';

export interface HistoryRow {
  readonly kind: (typeof HISTORY_KINDS)[number];
  readonly at: Date;
  readonly register: number | null;
  readonly serial: string | null;
  readonly value: string | null;
  readonly multiplier: string | null;
  readonly purpose: ManualPurpose | null;
  readonly photo: number | null;
  readonly movedFrom: Date | null;
  readonly actor: string | null;
  readonly action: string | null;
  readonly note: string | null;
  readonly period: string;
}

/** What actions about a metering point are recorded under. */
export const pointSubject = (pointId: number): string => `metering-point ${pointId}`;

/** What happened at a metering point, the newest first: `skip` those before. */
export async function readPointHistory(
  db: Queryable,
  point: { readonly id: number; readonly siteId: string },
  page: { readonly skip: number; readonly limit: number },
): Promise<readonly HistoryRow[]> {
  const { rows } = await db.query<
    Omit<HistoryRow, 'register' | 'photo'> & { register: string; photo: string }
  >(
    `WITH served AS (
       SELECT i.*, d.serial FROM installations i JOIN registers g ON g.id = i.register_id
         JOIN devices d ON d.id = g.device_id WHERE i.metering_point_id = $1)
     SELECT h.*, to_char(h.at AT TIME ZONE s.time_zone, 'YYYY-MM') AS period FROM (
       SELECT 'installed' AS kind, starts_at AS at, register_id AS register, serial, start_value::text AS value,
         multiplier::text AS multiplier, NULL AS purpose, NULL::bigint AS photo, NULL::timestamptz AS "movedFrom",
         NULL AS actor, NULL AS action, NULL AS note FROM served
       UNION ALL
       SELECT 'removed', ends_at, register_id, serial, end_value::text, multiplier::text, NULL, NULL, NULL, NULL, NULL,
         NULL FROM served WHERE ends_at IS NOT NULL
       UNION ALL
       SELECT 'manual', m.ts, m.register_id, d.serial, m.value::text, NULL, m.purpose, m.photo_id, m.moved_from,
         m.entered_by, NULL, m.note
       FROM manual_readings m JOIN registers g ON g.id = m.register_id JOIN devices d ON d.id = g.device_id
       WHERE EXISTS (SELECT FROM served v WHERE v.register_id = m.register_id AND v.starts_at <= m.ts
         AND (v.ends_at IS NULL OR m.ts <= v.ends_at))
       UNION ALL
       SELECT 'action', a.at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, a.actor, a.action, a.detail->>'note'
       FROM actions a WHERE a.site_id = $2 AND a.subject = $3) h, sites s
     WHERE s.id = $2 ORDER BY h.at DESC, h.kind, h.register, h.value, h.action OFFSET $4 LIMIT $5`,
    [point.id, point.siteId, pointSubject(point.id), page.skip, page.limit],
  );
  return rows.map((row) => ({
    ...row,
    register: row.register === null ? null : Number(row.register),
    photo: row.photo === null ? null : Number(row.photo),
  }));
}
