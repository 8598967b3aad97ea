import type { Sighting } from '../store/device-states.ts';

/** A sighting while a batch gathers it, and how often its device reports. */
export interface PacedSighting extends Sighting {
  readonly intervalS: number;
  seenAt: number;
  measuredAt: number | null;
  firmware: string | null;
}

const WRITE_MS_MIN = 5_000;
const WRITE_MS_MAX = 30_000;

/**
 * A device's last-seen is written at most every quarter of its interval, within 5 to 30 s: silence is judged by
 * twice the interval, and a write a message would be most of what ingest writes. New firmware goes at once.
 */
export class SightingThrottle {
  readonly #storedAt = new Map<string, number>();

  due(sightings: Iterable<PacedSighting>): PacedSighting[] {
    const due: PacedSighting[] = [];
    for (const sighting of sightings) {
      const everyMs = Math.min(WRITE_MS_MAX, Math.max(WRITE_MS_MIN, sighting.intervalS * 250));
      const storedAt = this.#storedAt.get(sighting.deviceId) ?? Number.NEGATIVE_INFINITY;
      if (sighting.firmware !== null || sighting.seenAt - storedAt >= everyMs) due.push(sighting);
    }
    return due;
  }

  /** After their transaction was committed. */
  stored(sightings: readonly Sighting[]): void {
    for (const { deviceId, seenAt } of sightings) this.#storedAt.set(deviceId, seenAt);
  }
}
