import type { OccupancySample } from '../domain/occupancy-samples.ts';
import type { CommandAck } from '../store/commands.ts';
import type { NewDeadLetter } from '../store/dead-letters.ts';
import type { NewDeviceEvent } from '../store/device-events.ts';
import type { JournalFrame, JournalRecord } from '../store/journal/port.ts';
import type { NewPass } from '../store/passes.ts';
import type { NewReading } from '../store/readings.ts';
import type { TelemetryRow } from '../store/telemetry/port.ts';
import type { PacedSighting } from './sighting-throttle.ts';

/** A record and where in the journal it stands, counted on over journals that were lost. */
export interface Sourced {
  readonly record: JournalRecord;
  readonly seq: number;
  readonly index: number;
}

/** Consecutive frames that are worked off together. */
export interface Slice {
  readonly records: readonly Sourced[];
  /** The cursor after them. */
  readonly to: number;
}

/** What records became. */
export interface Batch {
  readonly telemetry: TelemetryRow[];
  /** The record of each telemetry row. */
  readonly telemetrySources: Sourced[];
  readonly readings: NewReading[];
  readonly occupancy: OccupancySample[];
  readonly sightings: Map<string, PacedSighting>;
  readonly events: NewDeviceEvent[];
  /** Of the events, those of gates that say who passed. */
  readonly passes: NewPass[];
  readonly acks: CommandAck[];
  readonly deadLetters: NewDeadLetter[];
}

export function emptyBatch(): Batch {
  return {
    telemetry: [],
    telemetrySources: [],
    readings: [],
    occupancy: [],
    sightings: new Map(),
    events: [],
    passes: [],
    acks: [],
    deadLetters: [],
  };
}

const RECORDS_MAX = 4_096;
/** Bounds the rows too: a value takes at least some twenty bytes of payload. */
const BYTES_MAX = 1024 * 1024;

/**
 * Groups frames into slices of at most about 4,096 records and 1 MiB, each of at least one frame. `base` is added to
 * the frames' numbers in the records, not in `to`.
 */
export function* slicesOf(frames: readonly JournalFrame[], base = 0): Generator<Slice> {
  let records: Sourced[] = [];
  let bytes = 0;
  let to = 0;
  for (const frame of frames) {
    const frameBytes = frame.records.reduce((sum, record) => sum + record.payload.length, 0);
    const full = records.length + frame.records.length > RECORDS_MAX || bytes + frameBytes > BYTES_MAX;
    if (to > 0 && full) {
      yield { records, to };
      records = [];
      bytes = 0;
    }
    for (let index = 0; index < frame.records.length; index++) {
      records.push({ record: frame.records[index] as JournalRecord, seq: base + frame.seq, index });
    }
    bytes += frameBytes;
    to = frame.seq;
  }
  if (to > 0) yield { records, to };
}
