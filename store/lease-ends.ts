import { RULE } from '../domain/cases.ts';
import { openCase } from './cases.ts';
import type { Queryable } from './database.ts';
import { NEAR_MS } from './handovers.ts';

/** Devices that were offline for a while report by then. */
const WAIT = '2 hours';
/** Ends from before this are not looked at any more. */
const LOOK_BACK = '35 days';
const CASES_MAX = 1_000;

const iso = (at: string): string => `to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
/** The installations that served a point at an instant. */
const served = (point: string, at: string): string =>
  `installations i WHERE i.metering_point_id = ${point} AND i.starts_at <= ${at} AND (i.ends_at IS NULL OR i.ends_at > ${at})`;
const near = (register: string, at: string): string =>
  `SELECT FROM readings r WHERE r.register_id = ${register} AND r.quality = 'good'
     AND r.ts BETWEEN ${at} - interval '${NEAR_MS} milliseconds' AND ${at} + interval '${NEAR_MS} milliseconds'`;

/**
 * Opens a case for each meter of which nothing was read when the agreed term of a merchant's lease ran out: whoever
 * pays from then on is another party. Closes those whose reading has come. What a person closed stays closed. Returns
 * how many it opened.
 */
export async function keepLeaseEnds(tx: Queryable, siteId: string, now: Date): Promise<number> {
  await closeReadEnds(tx, { siteId }, now);
  const { rows } = await tx.query<{ key: string; subject: Record<string, unknown> }>(
    `SELECT k.key, coalesce(c.subject, '{}') || jsonb_build_object('meteringPointId', m.id, 'at', ${iso('l.ends_at')},
       'lease', l.id, 'lastReadAt', ${iso('b.ts')}, 'lastValue', b.value::text) AS subject
     FROM leases l JOIN metering_points m ON m.place_id = l.place_id AND m.commodity IN ('electricity', 'water')
     CROSS JOIN LATERAL (SELECT i.* FROM ${served('m.id', 'l.ends_at')} LIMIT 1) i
     CROSS JOIN LATERAL (SELECT m.id || ' ' || ${iso('l.ends_at')} AS key) k
     LEFT JOIN LATERAL (SELECT ts, value FROM readings r WHERE r.register_id = i.register_id AND r.quality = 'good'
       AND r.ts < l.ends_at ORDER BY r.ts DESC LIMIT 1) b ON true
     LEFT JOIN cases c ON c.site_id = l.site_id AND c.kind = 'missing_reading' AND c.key = k.key AND c.status = 'open'
     WHERE l.site_id = $1 AND l.kind = 'merchant'
       AND l.ends_at BETWEEN $2::timestamptz - interval '${LOOK_BACK}' AND $2::timestamptz - interval '${WAIT}'
       AND NOT EXISTS (SELECT FROM leases n WHERE n.place_id = l.place_id AND n.party_id = l.party_id
         AND n.starts_at = l.ends_at)
       AND NOT EXISTS (${near('i.register_id', 'l.ends_at')})
       AND NOT coalesce(c.subject ? 'lease', false)
       AND NOT EXISTS (SELECT FROM cases d WHERE d.site_id = l.site_id AND d.kind = 'missing_reading' AND d.key = k.key
         AND d.status = 'closed' AND d.closed_by NOT IN ('billing', '${RULE}'))
     ORDER BY l.ends_at, m.id LIMIT ${CASES_MAX}`,
    [siteId, now],
  );
  for (const { key, subject } of rows) {
    await openCase(tx, { siteId, kind: 'missing_reading', key, subject, at: now });
  }
  return rows.length;
}

/** Closes the cases of ends of leases for which there is a good reading now; estimated ends are closed by billing. */
export async function closeReadEnds(
  tx: Queryable,
  of: { readonly siteId: string } | { readonly registerId: number },
  at: Date,
): Promise<void> {
  const end = `(c.subject->>'at')::timestamptz`;
  await tx.query(
    `UPDATE cases c SET status = 'closed', closed_at = $1, closed_by = '${RULE}', resolution = 'arrived'
     WHERE c.kind = 'missing_reading' AND c.status = 'open' AND c.subject ? 'lease' AND NOT c.subject ? 'estimate'
       AND ($2::text IS NULL OR c.site_id = $2)
       AND EXISTS (SELECT FROM ${served(`(c.subject->>'meteringPointId')::bigint`, end)}
         AND ($3::bigint IS NULL OR i.register_id = $3) AND EXISTS (${near('i.register_id', end)}))`,
    [at, 'siteId' in of ? of.siteId : null, 'registerId' in of ? of.registerId : null],
  );
}
