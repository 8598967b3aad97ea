import type { Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';

export interface Sighting {
  readonly deviceId: string;
  /** When the platform received its newest message. Epoch milliseconds. */
  readonly seenAt: number;
  /** The newest instant it says it measured at, if it said any. */
  readonly measuredAt: number | null;
  readonly firmware: string | null;
}

/** Moves last-seen and measured-at forward, never back. Leaves `online` to the broker. */
export async function storeSightings(db: Queryable, sightings: readonly Sighting[]): Promise<void> {
  if (sightings.length === 0) return;
  // In the order of their ids: the broker writes the same rows, and a fixed order cannot deadlock.
  const rows = [...sightings].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
  await db.query({
    name: 'store_sightings',
    text: `INSERT INTO device_states AS s (device_id, last_seen_at, measured_at, firmware)
           SELECT d, to_timestamp(a / 1000), to_timestamp(m / 1000), f
           FROM unnest($1::text[], $2::float8[], $3::float8[], $4::text[]) AS input (d, a, m, f)
           ON CONFLICT (device_id) DO UPDATE SET
             last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
             measured_at = greatest(s.measured_at, excluded.measured_at),
             firmware = coalesce(excluded.firmware, s.firmware)`,
    values: [
      textsParam(rows, (r) => r.deviceId),
      numbersParam(rows, (r) => r.seenAt),
      numbersParam(rows, (r) => r.measuredAt),
      textsParam(rows, (r) => r.firmware),
    ],
  });
}

export interface Presence {
  readonly deviceId: string;
  readonly online: boolean;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Notes connections that opened and closed. Devices that are no more are passed over. */
export async function storePresence(db: Queryable, presence: readonly Presence[]): Promise<void> {
  if (presence.length === 0) return;
  const rows = [...presence].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
  await db.query({
    name: 'store_presence',
    text: `INSERT INTO device_states AS s (device_id, online, online_changed_at, last_seen_at)
           SELECT i.d, i.o, to_timestamp(i.a / 1000), to_timestamp(i.a / 1000)
           FROM unnest($1::text[], $2::boolean[], $3::float8[]) WITH ORDINALITY AS i (d, o, a, nth)
           JOIN devices ON devices.id = i.d
           ORDER BY i.nth
           ON CONFLICT (device_id) DO UPDATE SET
             online = excluded.online,
             online_changed_at = CASE WHEN s.online = excluded.online THEN s.online_changed_at
               ELSE excluded.online_changed_at END,
             last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)`,
    values: [textsParam(rows, (r) => r.deviceId), rows.map((r) => r.online), numbersParam(rows, (r) => r.at)],
  });
}

/** After a crash: nobody is connected any more. */
export async function resetPresence(db: Queryable, at: Date): Promise<void> {
  await db.query('UPDATE device_states SET online = false, online_changed_at = $1 WHERE online', [at]);
}
