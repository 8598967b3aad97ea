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
  /** When the connection was opened or closed. Epoch milliseconds. */
  readonly at: number;
}

/** Connections of brokers that a newer one has replaced. */
export interface Superseded {
  /** Ours that another broker has a newer connection than. */
  readonly own: readonly Presence[];
  /** Ours that are newer than what another broker had. */
  readonly others: readonly Presence[];
}

/**
 * Notes connections that a broker opened and closed; of two brokers' connections of a device the newer one counts.
 * Devices that are no more are passed over. Each device once.
 */
export async function storePresence(
  db: Queryable,
  broker: number,
  presence: readonly Presence[],
): Promise<Superseded> {
  if (presence.length === 0) return { own: [], others: [] };
  const rows = [...presence].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
  const { rows: superseded } = await db.query<{ device: string; kept: boolean }>({
    name: 'store_presence',
    text: `WITH noted AS MATERIALIZED (
             SELECT i.* FROM unnest($1::text[], $2::boolean[], $3::float8[]) AS i (device, online, at)
             JOIN devices ON devices.id = i.device
           ), before AS MATERIALIZED (
             SELECT s.device_id AS device, s.online AND s.broker <> $4 AS elsewhere
             FROM device_states s JOIN noted ON noted.device = s.device_id ORDER BY s.device_id FOR UPDATE OF s
           ), written AS (
             INSERT INTO device_states AS s (device_id, online, online_changed_at, last_seen_at, broker, connected_at)
             SELECT device, online, to_timestamp(at / 1000), to_timestamp(at / 1000),
               CASE WHEN online THEN $4::int END, CASE WHEN online THEN to_timestamp(at / 1000) END
             FROM noted ORDER BY device
             ON CONFLICT (device_id) DO UPDATE SET
               online = excluded.online,
               online_changed_at = CASE WHEN s.online = excluded.online THEN s.online_changed_at
                 ELSE excluded.online_changed_at END,
               last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
               broker = excluded.broker,
               connected_at = excluded.connected_at
             WHERE NOT s.online OR s.broker IS NULL OR s.broker = $4
               OR (excluded.online AND s.connected_at < excluded.connected_at)
             RETURNING s.device_id AS device
           )
           SELECT device, written.device IS NOT NULL AS kept
           FROM noted JOIN before USING (device) LEFT JOIN written USING (device)
           WHERE noted.online AND before.elsewhere`,
    values: [
      textsParam(rows, (r) => r.deviceId),
      rows.map((r) => r.online),
      numbersParam(rows, (r) => r.at),
      broker,
    ],
  });
  const keptByDevice = new Map(superseded.map(({ device, kept }) => [device, kept]));
  return {
    own: rows.filter(({ deviceId }) => keptByDevice.get(deviceId) === false),
    others: rows.filter(({ deviceId }) => keptByDevice.get(deviceId) === true),
  };
}

const RESET_ROWS_MAX = 10_000;

/** Devices of brokers that are no more, and those that no broker is said to have, are connected no more. */
export async function resetPresence(db: Queryable, lost: readonly number[], at: Date): Promise<void> {
  for (let rows = RESET_ROWS_MAX; rows === RESET_ROWS_MAX; ) {
    const { rowCount } = await db.query({
      name: 'reset_presence',
      // What another transaction has in hand is either reset by it, or its device has just connected.
      text: `WITH left_behind AS MATERIALIZED (
               SELECT device_id FROM device_states WHERE online AND (broker = ANY ($1::int[]) OR broker IS NULL)
               LIMIT ${RESET_ROWS_MAX} FOR UPDATE SKIP LOCKED
             )
             UPDATE device_states s SET online = false, online_changed_at = $2, broker = NULL, connected_at = NULL
             FROM left_behind WHERE s.device_id = left_behind.device_id`,
      values: [lost, at],
    });
    rows = rowCount ?? 0;
  }
}
