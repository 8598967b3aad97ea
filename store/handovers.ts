import type { Commodity } from '../domain/commodities.ts';
import type { Queryable } from './database.ts';

/** A reading this near to a handover measures it well enough. */
export const NEAR_MS = 15 * 60_000;

export interface StallMeter {
  readonly point: number;
  readonly code: string;
  readonly commodity: Commodity;
  readonly register: number;
  readonly serial: string;
  readonly lastReading: { readonly ts: string; readonly value: string } | null;
  /** The good reading nearest to the instant, within 15 minutes of it. */
  readonly near: { readonly ts: string; readonly value: string } | null;
}

/** The meters that serve a stall at an instant, with what is known of them then. */
export async function readStallMeters(
  db: Queryable,
  placeId: number,
  at: Date,
): Promise<readonly StallMeter[]> {
  const reading = `json_build_object('ts', to_char(r.ts AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'value', r.value::text)`;
  const { rows } = await db.query<{ meter: StallMeter }>(
    `SELECT json_build_object('point', m.id, 'code', m.code, 'commodity', m.commodity, 'register', g.id,
       'serial', d.serial,
       'lastReading', (SELECT ${reading} FROM readings r WHERE r.register_id = g.id AND r.ts <= $2
          AND r.quality = 'good' ORDER BY r.ts DESC LIMIT 1),
       'near', (SELECT ${reading} FROM readings r WHERE r.register_id = g.id AND r.quality = 'good'
          AND r.ts BETWEEN $2::timestamptz - $3::interval AND $2::timestamptz + $3::interval
          ORDER BY abs(extract(epoch FROM r.ts - $2)), r.ts LIMIT 1)) AS meter
     FROM metering_points m JOIN installations i ON i.metering_point_id = m.id
       JOIN registers g ON g.id = i.register_id JOIN devices d ON d.id = g.device_id
     WHERE m.place_id = $1 AND i.starts_at <= $2 AND (i.ends_at IS NULL OR i.ends_at > $2)
     ORDER BY m.id LIMIT 100`,
    [placeId, at, `${NEAR_MS} milliseconds`],
  );
  return rows.map(({ meter }) => meter);
}
