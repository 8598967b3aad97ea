import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { CursorMovedError, readCursor } from '../store/cursors.ts';
import type { Database } from '../store/database.ts';
import type { Journal } from '../store/journal/port.ts';
import { monthPartitions } from '../store/partitions.ts';
import { isDataError } from '../store/pg-errors.ts';
import type { TelemetryStore } from '../store/telemetry/port.ts';
import { type Batch, emptyBatch, type Slice, type Sourced, slicesOf } from './batch.ts';
import { decodeRecords } from './decode.ts';
import type { DeviceCatalog } from './device-catalog.ts';
import { deadLettersTotal, type LagSource, messagesTotal, rowsTotal, stageSeconds } from './metrics.ts';
import { deadLetter } from './refusals.ts';
import { retryStage } from './retry.ts';
import { SightingThrottle } from './sighting-throttle.ts';
import { storeBatch } from './store-batch.ts';

export interface PipelineDeps {
  readonly db: Database;
  readonly journal: Journal;
  readonly telemetry: TelemetryStore;
  readonly catalog: DeviceCatalog;
  readonly log: Logger;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

export interface Pipeline extends LagSource {
  /** Settles once the signal has aborted and the batch in flight is through or given up. */
  run(): Promise<void>;
  /** The last frame that is worked off and committed. */
  cursor(): number;
}

const READER = 'ingest';
const READ_RECORDS_MAX = 4_096;
const READ_WAIT_MS = 1_000;
/** Batches start at least this far apart: a batch costs some milliseconds however small it is. */
const BATCH_INTERVAL_MS = 20;

/**
 * read → decode → telemetry → one transaction. Two slices are in flight: while one is committed, the next is decoded
 * and its telemetry written. Transactions follow one another in the journal's order.
 */
export function openPipeline(deps: PipelineDeps): Pipeline {
  const { db, journal, telemetry, catalog, log, clock, signal } = deps;
  const retryTelemetry = retryStage('telemetry', deps);
  const retryPostgres = retryStage('postgres', deps);
  const retryJournal = retryStage('journal', deps);
  const storeDeps = { db, partitions: monthPartitions('readings'), throttle: new SightingThrottle() };
  let committed = 0;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await runFromCursor();
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: error }, 'ingest: starts again from the stored cursor');
        await sleep(1_000, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Returns when the signal aborts; throws when another process moved the cursor. */
  async function runFromCursor(): Promise<void> {
    let after = await retryPostgres(() => readCursor(db, READER));
    committed = after;
    let failure: unknown;
    let inFlight: Promise<void> = Promise.resolve();
    while (!signal.aborted && failure === undefined) {
      const startedAt = performance.now();
      const frames = await retryJournal(() =>
        journal.read(after, { recordsMax: READ_RECORDS_MAX, waitMs: READ_WAIT_MS, signal }),
      );
      for (const slice of slicesOf(frames)) {
        const from = after;
        const batch = await decodeSlice(slice);
        const written = writeTelemetry(slice, batch);
        const previous = inFlight;
        inFlight = previous
          .then(() => written)
          .then(() => store(slice, batch, from))
          .catch((error) => {
            failure ??= error;
          });
        await previous;
        if (signal.aborted || failure !== undefined) break;
        after = slice.to;
      }
      const idleMs = BATCH_INTERVAL_MS - (performance.now() - startedAt);
      if (idleMs > 0) await sleep(idleMs);
    }
    await inFlight;
    if (failure !== undefined) throw failure;
  }

  async function decodeSlice({ records }: Slice): Promise<Batch> {
    const unknown = new Set<string>();
    for (const { record } of records) if (!catalog.get(record.device)) unknown.add(record.device);
    if (unknown.size > 0) await retryPostgres(() => catalog.lookUp(unknown));
    const end = stageSeconds.startTimer({ stage: 'decode' });
    const batch = decodeRecords(records, catalog.get);
    end();
    return batch;
  }

  /** What the telemetry store will never take becomes dead letters of the messages it came in. */
  async function writeTelemetry({ records }: Slice, batch: Batch): Promise<void> {
    const end = stageSeconds.startTimer({ stage: 'telemetry' });
    const refused = await retryTelemetry(() => telemetry.write(batch.telemetry));
    end();
    for (const { device, ts, points, fault } of refused) {
      const at = batch.telemetry.findIndex((row) => row.device === device && row.ts === ts);
      const sourced = records.find(({ record }) => record.device === device);
      if (at < 0 || !sourced) continue;
      batch.deadLetters.push(
        deadLetter(sourced, {
          reason: 'internal',
          detail: `telemetry refused ${points.join(', ')}: ${fault}`,
        }),
      );
    }
  }

  async function store(slice: Slice, batch: Batch, from: number): Promise<void> {
    const end = stageSeconds.startTimer({ stage: 'store' });
    const cursor = { reader: READER, from, to: slice.to };
    try {
      await retryPostgres(() => storeBatch(storeDeps, batch, cursor), isFinal);
    } catch (error) {
      if (!isPoison(error)) throw error;
      log.warn({ err: error, from, to: slice.to }, 'ingest: a batch was refused, looking for the record');
      await storePiecemeal(slice.records);
      await retryPostgres(() => storeBatch(storeDeps, { ...emptyBatch() }, cursor), isFinal);
    }
    end();
    committed = slice.to;
    count(slice, batch);
  }

  /** In halves, so that one record that Postgres refuses costs only itself. What is stored twice is a no-op. */
  async function storePiecemeal(records: readonly Sourced[]): Promise<void> {
    try {
      await retryPostgres(() => storeBatch(storeDeps, decodeRecords(records, catalog.get), null), isFinal);
    } catch (error) {
      if (!isPoison(error)) throw error;
      const [first] = records;
      if (records.length > 1) {
        const middle = records.length >> 1;
        await storePiecemeal(records.slice(0, middle));
        await storePiecemeal(records.slice(middle));
      } else if (first) {
        const letter = deadLetter(first, { reason: 'internal', detail: String(error) });
        await retryPostgres(() => storeBatch(storeDeps, { ...emptyBatch(), deadLetters: [letter] }, null));
      }
    }
  }

  function count({ records }: Slice, batch: Batch): void {
    const kinds = new Map<string, number>();
    for (const { record } of records) kinds.set(record.kind, (kinds.get(record.kind) ?? 0) + 1);
    for (const [kind, messages] of kinds) messagesTotal.inc({ kind }, messages);
    rowsTotal.inc({ table: 'telemetry' }, batch.telemetry.length);
    rowsTotal.inc({ table: 'readings' }, batch.readings.length);
    for (const { reason } of batch.deadLetters) deadLettersTotal.inc({ reason });
  }

  return {
    run,
    cursor: () => committed,
    async lag() {
      const [oldest] = await journal.read(committed, { recordsMax: 1 });
      const receivedAt = oldest?.records[0]?.receivedAt;
      return {
        frames: Math.max(0, (await journal.head()) - committed),
        oldestSeconds: receivedAt === undefined ? 0 : Math.max(0, clock() - receivedAt) / 1000,
      };
    },
  };
}

/** A fault of the data, or of our own code for it: the same again would fail again. */
function isPoison(error: unknown): boolean {
  return isDataError(error) || error instanceof TypeError || error instanceof RangeError;
}

function isFinal(error: unknown): boolean {
  return isPoison(error) || error instanceof CursorMovedError;
}
