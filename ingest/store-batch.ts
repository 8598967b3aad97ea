import { finishCommands } from '../store/commands.ts';
import { type CursorMove, moveCursor } from '../store/cursors.ts';
import type { Database } from '../store/database.ts';
import { dropOldDeadLetters, insertDeadLetters } from '../store/dead-letters.ts';
import { insertDeviceEvents } from '../store/device-events.ts';
import { storeSightings } from '../store/device-states.ts';
import { notifyStalls } from '../store/notices.ts';
import { storeOccupancy } from '../store/occupancy.ts';
import type { MonthPartitions } from '../store/partitions.ts';
import { insertPasses } from '../store/passes.ts';
import { insertReadings } from '../store/readings.ts';
import { repeatableTransaction } from '../store/repeatable-transaction.ts';
import type { Batch } from './batch.ts';
import { LETTERS_MAX, type LetterLimit } from './letter-limit.ts';
import type { LetterLog } from './letter-log.ts';
import { deadLettersTotal } from './metrics.ts';
import type { SightingThrottle } from './sighting-throttle.ts';

export interface StoreDeps {
  readonly db: Database;
  readonly partitions: MonthPartitions;
  readonly throttle: SightingThrottle;
  readonly letterLimit: LetterLimit;
  readonly letterLog: LetterLog;
}

/** Everything that records became, and how far the reader has come, in one transaction. */
export async function storeBatch(
  { db, partitions, throttle, letterLimit, letterLog }: StoreDeps,
  batch: Batch,
  cursor: CursorMove | null,
): Promise<void> {
  const sightings = throttle.due(batch.sightings.values());
  const crowded = letterLimit.crowded(batch.deadLetters);
  try {
    await partitions.ensure(db.$client, batch.readings);
    await repeatableTransaction(db.$client, async (tx) => {
      await insertReadings(tx, batch.readings);
      await storeSightings(tx, sightings);
      await insertDeviceEvents(tx, batch.events);
      await insertPasses(tx, batch.passes);
      await finishCommands(tx, batch.acks);
      await insertDeadLetters(tx, batch.deadLetters);
      for (const device of crowded) await dropOldDeadLetters(tx, device, LETTERS_MAX);
      const stalls = await storeOccupancy(tx, batch.occupancy);
      for (const [site, ids] of bySite(batch, stalls)) await notifyStalls(tx, site, ids);
      if (cursor) await moveCursor(tx, cursor);
    });
  } catch (error) {
    partitions.forget();
    throw error;
  }
  throttle.stored(sightings);
  letterLimit.stored(batch.deadLetters, crowded);
  letterLog.note(batch.deadLetters);
  for (const { reason } of batch.deadLetters) deadLettersTotal.inc({ reason });
}

function bySite(batch: Batch, stalls: readonly number[]): ReadonlyMap<string, readonly number[]> {
  const siteOf = new Map(batch.occupancy.map((sample) => [sample.placeId, sample.site]));
  const grouped = new Map<string, number[]>();
  for (const id of stalls) {
    const site = siteOf.get(id);
    if (site === undefined) continue;
    const ids = grouped.get(site) ?? [];
    ids.push(id);
    grouped.set(site, ids);
  }
  return grouped;
}
