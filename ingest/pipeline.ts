import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { UPLINK_KINDS } from '../contracts/mqtt.ts';
import { CursorMovedError, openCursor } from '../store/cursors.ts';
import type { Database } from '../store/database.ts';
import { isDataError } from '../store/database-errors.ts';
import type { NewDeadLetter } from '../store/dead-letters.ts';
import { journalLag } from '../store/journal/lag.ts';
import type { Journal } from '../store/journal/port.ts';
import { monthPartitions } from '../store/partitions.ts';
import type { TelemetryStore } from '../store/telemetry/port.ts';
import { type Batch, emptyBatch, type Slice, type Sourced, slicesOf } from './batch.ts';
import { decodeRecords } from './decode.ts';
import type { DeviceCatalog } from './device-catalog.ts';
import { LetterLimit } from './letter-limit.ts';
import { LetterLog } from './letter-log.ts';
import { type LagSource, messagesTotal, rowsTotal, stageSeconds } from './metrics.ts';
import { deadLetter, joinLetters, lettersOfTelemetry } from './refusals.ts';
import { retryStage } from './retry.ts';
import { SightingThrottle } from './sighting-throttle.ts';
import { storeBatch } from './store-batch.ts';

export interface PipelineDeps {
  readonly db: Database;
  /** Whose cursor it moves. */
  readonly reader: string;
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

const READ_RECORDS_MAX = 4_096;
const READ_WAIT_MS = 1_000;
const ANSWER_MS_MAX = 30_000;
const HEAD_WAIT_MS = 500;
const HEAD_WAITS_MAX = 6;
/** Batches start at least this far apart: a batch costs some milliseconds however small it is. */
const BATCH_INTERVAL_MS = 20;

/**
 * read → decode → telemetry → one transaction. Two slices are in flight: while one is committed, the next is decoded
 * and its telemetry written. Transactions follow one another in the journal's order.
 */
export function openPipeline(deps: PipelineDeps): Pipeline {
  const { db, reader, journal, telemetry, catalog, log, clock, signal } = deps;
  const retryTelemetry = retryStage('telemetry', deps);
  const retryPostgres = retryStage('postgres', deps);
  const retryJournal = retryStage('journal', deps);
  const storeDeps = {
    db,
    partitions: monthPartitions('readings'),
    throttle: new SightingThrottle(),
    letterLimit: new LetterLimit(),
    letterLog: new LetterLog(log),
  };
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
    const { seq, base } = await retryPostgres(readOwnCursor);
    let after = seq;
    committed = after;
    let failure: unknown;
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    let inFlight: Promise<void> = Promise.resolve();
    while (!stop.aborted) {
      const startedAt = performance.now();
      const frames = await retryJournal(() =>
        journal.read(after, { recordsMax: READ_RECORDS_MAX, waitMs: READ_WAIT_MS, signal: stop }),
      );
      for (const slice of slicesOf(frames, base)) {
        if (stop.aborted) break;
        const from = after;
        const batch = await decodeSlice(slice);
        const written = writeTelemetry(batch);
        const previous = inFlight;
        inFlight = Promise.all([written, previous])
          .then(([letters]) => (failed.signal.aborted ? undefined : store(slice, batch, letters, from)))
          .catch((error) => {
            failure ??= error;
            failed.abort();
          });
        await previous;
        after = slice.to;
      }
      const idleMs = BATCH_INTERVAL_MS - (performance.now() - startedAt);
      if (idleMs > 0) await sleep(idleMs);
    }
    await inFlight;
    if (failure !== undefined) throw failure;
  }

  /** A cursor of another journal, or ahead of this one, is one of a journal that was lost: this one was never read. */
  async function readOwnCursor(): Promise<{ readonly seq: number; readonly base: number }> {
    const id = await journal.id();
    let opened = await answered(openCursor(db, { reader, journal: id, head: Number.POSITIVE_INFINITY }));
    let head = await journal.head();
    // On several machines a new leader may know the journal's newest frames only after a moment.
    for (let waits = 0; opened.seq > head && waits < HEAD_WAITS_MAX; waits++) {
      await sleep(HEAD_WAIT_MS, undefined, { signal });
      head = await journal.head();
    }
    if (opened.seq > head) opened = await answered(openCursor(db, { reader, journal: id, head }));
    const { restartedFrom, ...cursor } = opened;
    if (restartedFrom !== null) {
      log.error(
        { reader, cursor: restartedFrom, head },
        'ingest: another journal than the cursor’s, reading it from its start',
      );
    }
    return cursor;
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

  async function writeTelemetry(batch: Batch): Promise<NewDeadLetter[]> {
    const end = stageSeconds.startTimer({ stage: 'telemetry' });
    const refused = await retryTelemetry(() => telemetry.write(batch.telemetry));
    end();
    return lettersOfTelemetry(batch, refused);
  }

  async function store(
    slice: Slice,
    batch: Batch,
    ofTelemetry: NewDeadLetter[],
    from: number,
  ): Promise<void> {
    const end = stageSeconds.startTimer({ stage: 'store' });
    const cursor = { reader, from, to: slice.to };
    try {
      const deadLetters = joinLetters([...batch.deadLetters, ...ofTelemetry]);
      await retryPostgres(() => storeBatch(storeDeps, { ...batch, deadLetters }, cursor), isFinal);
    } catch (error) {
      if (!isPoison(error)) throw error;
      log.warn({ err: error, from, to: slice.to }, 'ingest: a batch was refused, looking for the record');
      await storePiecemeal(slice.records);
      const rest = { ...emptyBatch(), deadLetters: ofTelemetry };
      await retryPostgres(() => storeBatch(storeDeps, rest, cursor), isFinal);
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
    for (const { record } of records) {
      // A topic's last segment is the device's choice: not every one of them is worth a time series.
      const kind = UPLINK_KINDS.find((known) => known === record.kind) ?? 'other';
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    for (const [kind, messages] of kinds) messagesTotal.inc({ kind }, messages);
    rowsTotal.inc({ table: 'telemetry' }, batch.telemetry.length);
    rowsTotal.inc({ table: 'readings' }, batch.readings.length);
    rowsTotal.inc({ table: 'occupancy' }, batch.occupancy.length);
    rowsTotal.inc({ table: 'events' }, batch.events.length);
    rowsTotal.inc({ table: 'acks' }, batch.acks.length);
  }

  return {
    run,
    cursor: () => committed,
    lag: () => journalLag(journal, committed, clock()),
  };
}

/** A connection that fell silent must not hold the start up for ever. */
function answered<T>(promise: Promise<T>): Promise<T> {
  const late = sleep(ANSWER_MS_MAX, undefined, { ref: false }).then((): never => {
    throw new Error(`no answer within ${ANSWER_MS_MAX} ms`);
  });
  return Promise.race([promise, late]);
}

/** A fault of the data, or of our own code for it: the same again would fail again. */
function isPoison(error: unknown): boolean {
  return isDataError(error) || error instanceof TypeError || error instanceof RangeError;
}

function isFinal(error: unknown): boolean {
  return isPoison(error) || error instanceof CursorMovedError;
}
