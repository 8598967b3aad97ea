import type { Occupancy } from './occupancy.ts';

/** What a stall's sensor said at an instant, or only that it was heard (`occupancy` null). */
export interface OccupancySample {
  readonly site: string;
  readonly placeId: number;
  readonly deviceId: string;
  readonly occupancy: Occupancy | null;
  /** Epoch milliseconds, as are all times here. */
  readonly measuredAt: number;
  readonly receivedAt: number;
}

export interface MeasuredStall {
  readonly placeId: number;
  readonly deviceId: string;
  readonly occupancy: Occupancy;
  readonly measuredAt: number;
  readonly seenAt: number;
}

export interface OccupancyChange {
  readonly placeId: number;
  readonly ts: number;
  readonly occupancy: Occupancy;
}

/**
 * The state after the samples, and every change on the way. The latest measured wins, so disorder and duplicates
 * do no harm; of two samples of the same instant the later in `samples` wins. A sample older than the state is only
 * heard: when its value ended is not known, so it makes no change.
 *
 * @param stored null before the stall's first sample.
 * @param samples of one stall, in the order in which they were received.
 */
export function foldOccupancy(
  stored: MeasuredStall | null,
  samples: readonly OccupancySample[],
): { state: MeasuredStall | null; changes: readonly OccupancyChange[] } {
  const byInstant = new Map<number, OccupancySample & { occupancy: Occupancy }>();
  for (const sample of samples) {
    const { occupancy, measuredAt } = sample;
    if (occupancy === null || (stored !== null && measuredAt < stored.measuredAt)) continue;
    byInstant.set(measuredAt, { ...sample, occupancy });
  }
  let state = stored;
  const changes: OccupancyChange[] = [];
  for (const sample of [...byInstant.values()].sort((a, b) => a.measuredAt - b.measuredAt)) {
    const { placeId, deviceId, occupancy, measuredAt, receivedAt } = sample;
    if (state?.occupancy !== occupancy) changes.push({ placeId, ts: measuredAt, occupancy });
    state = { placeId, deviceId, occupancy, measuredAt, seenAt: receivedAt };
  }
  if (state === null) return { state, changes };
  const seenAt = samples.reduce((latest, s) => Math.max(latest, s.receivedAt), stored?.seenAt ?? 0);
  return { state: { ...state, seenAt }, changes };
}
