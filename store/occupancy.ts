import type { Occupancy } from '../domain/occupancy.ts';
import {
  foldOccupancy,
  type MeasuredStall,
  type OccupancyChange,
  type OccupancySample,
} from '../domain/occupancy-samples.ts';
import type { Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';

/**
 * Brings the stalls' states up to date, and records every measured change.
 * @param samples in the order in which they were received.
 * @returns the stalls whose state is another now, be it only that their sensor was heard.
 */
export async function storeOccupancy(
  db: Queryable,
  samples: readonly OccupancySample[],
): Promise<readonly number[]> {
  if (samples.length === 0) return [];
  const byStall = new Map<number, OccupancySample[]>();
  for (const sample of samples) {
    const of = byStall.get(sample.placeId);
    if (of) of.push(sample);
    else byStall.set(sample.placeId, [sample]);
  }
  const stored = await lockStates(db, [...byStall.keys()]);
  const states: MeasuredStall[] = [];
  const changes: OccupancyChange[] = [];
  for (const [placeId, ofStall] of byStall) {
    const folded = foldOccupancy(stored.get(placeId) ?? null, ofStall);
    if (folded.state) states.push(folded.state);
    changes.push(...folded.changes);
  }
  await writeStates(db, states);
  await writeChanges(db, changes);
  return states.map((state) => state.placeId);
}

async function lockStates(db: Queryable, placeIds: readonly number[]): Promise<Map<number, MeasuredStall>> {
  const { rows } = await db.query<{
    place_id: string;
    device_id: string;
    occupancy: Occupancy;
    measured_at: Date;
    seen_at: Date;
  }>({
    name: 'lock_stall_states',
    text: `SELECT place_id, device_id, occupancy, measured_at, seen_at FROM stall_states
           WHERE place_id = ANY ($1::bigint[]) ORDER BY place_id FOR UPDATE`,
    values: [numbersParam(placeIds, (id) => id)],
  });
  return new Map(
    rows.map((row) => [
      Number(row.place_id),
      {
        placeId: Number(row.place_id),
        deviceId: row.device_id,
        occupancy: row.occupancy,
        measuredAt: row.measured_at.getTime(),
        seenAt: row.seen_at.getTime(),
      },
    ]),
  );
}

async function writeStates(db: Queryable, states: readonly MeasuredStall[]): Promise<void> {
  if (states.length === 0) return;
  await db.query({
    name: 'write_stall_states',
    text: `INSERT INTO stall_states (place_id, device_id, occupancy, measured_at, seen_at)
           SELECT p, d, o, to_timestamp(m / 1000), to_timestamp(s / 1000)
           FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::float8[]) AS input (p, d, o, m, s)
           ON CONFLICT (place_id) DO UPDATE SET device_id = excluded.device_id, occupancy = excluded.occupancy,
             measured_at = excluded.measured_at, seen_at = excluded.seen_at`,
    values: [
      numbersParam(states, (s) => s.placeId),
      textsParam(states, (s) => s.deviceId),
      textsParam(states, (s) => s.occupancy),
      numbersParam(states, (s) => s.measuredAt),
      numbersParam(states, (s) => s.seenAt),
    ],
  });
}

async function writeChanges(db: Queryable, changes: readonly OccupancyChange[]): Promise<void> {
  if (changes.length === 0) return;
  await db.query({
    name: 'write_occupancy_changes',
    text: `INSERT INTO occupancy_changes (place_id, ts, occupancy)
           SELECT p, to_timestamp(t / 1000), o
           FROM unnest($1::bigint[], $2::float8[], $3::text[]) AS input (p, t, o)
           ON CONFLICT (place_id, ts) DO UPDATE SET occupancy = excluded.occupancy`,
    values: [
      numbersParam(changes, (c) => c.placeId),
      numbersParam(changes, (c) => c.ts),
      textsParam(changes, (c) => c.occupancy),
    ],
  });
}
