import { setTimeout as sleep } from 'node:timers/promises';
import { commitSeconds, recordsTotal, refusedRecords } from './metrics.ts';
import { JournalBusyError, JournalClosedError, JournalFullError, type JournalRecord } from './port.ts';

/** Limits of one frame; whichever is reached first closes it. */
const FRAME_RECORDS_MAX = 2_000;
export const FRAME_BYTES_MAX = 256 * 1024;
/** Waiting to be committed. Beyond it, appends are refused. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
/** A commit that takes longer has failed as far as its appenders are told. */
const COMMIT_MS_MAX = 30_000;
const RECORD_OVERHEAD_BYTES = 24;

/** The next frame while it gathers; all who append to it share one promise. */
interface Gathering {
  readonly records: JournalRecord[];
  bytes: number;
  readonly durable: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface FrameWriterOptions {
  /** Resolves when the frame would survive a power cut. */
  readonly commit: (records: readonly JournalRecord[]) => Promise<void>;
  /** Commits start at least this far apart: a commit costs something however small it is. */
  readonly intervalMs: number;
  /** A commit outlasted its time. */
  readonly onStall?: () => void;
}

/**
 * Gathers records into frames and commits one frame after the other, so that what a device sent stays in order:
 * while a commit runs, the next frame gathers.
 */
export class FrameWriter {
  readonly #options: FrameWriterOptions;
  readonly #queue: Gathering[] = [];
  #pendingBytes = 0;
  #closed = false;
  #stalled = false;
  #writing: Promise<void> | undefined;
  #lastCommitAt = Number.NEGATIVE_INFINITY;

  constructor(options: FrameWriterOptions) {
    this.#options = options;
  }

  /** A commit has outlasted its time and is still going on. */
  get isStalled(): boolean {
    return this.#stalled;
  }

  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  append(record: JournalRecord): Promise<void> {
    if (this.#closed) return refuse(new JournalClosedError('the journal is closed'));
    if (this.#stalled) return refuse(new JournalFullError('the last frame was not taken in time'));
    const bytes = bytesOf(record);
    if (this.#pendingBytes + bytes > PENDING_BYTES_MAX) {
      return refuse(new JournalBusyError(`${this.#pendingBytes} bytes wait to be committed`));
    }
    let frame = this.#queue.at(-1);
    if (!frame || frame.records.length >= FRAME_RECORDS_MAX || frame.bytes + bytes > FRAME_BYTES_MAX) {
      frame = gather();
      this.#queue.push(frame);
    }
    frame.records.push(record);
    frame.bytes += bytes;
    this.#pendingBytes += bytes;
    this.#writing ??= this.#write();
    return frame.durable;
  }

  /** Commits what has gathered, one frame after the other, until nothing is left. */
  async #write(): Promise<void> {
    // What else is appended in this turn of the event loop comes along.
    await new Promise(setImmediate);
    while (this.#queue.length > 0) {
      const idleMs = this.#options.intervalMs - (performance.now() - this.#lastCommitAt);
      if (idleMs > 0 && this.#queue.length === 1 && !this.#closed) await sleep(idleMs);
      const frame = this.#queue.shift();
      if (!frame) break;
      this.#lastCommitAt = performance.now();
      await this.#commit(frame);
      this.#pendingBytes -= frame.bytes;
    }
    this.#writing = undefined;
  }

  async #commit(frame: Gathering): Promise<void> {
    const timer = setTimeout(() => this.#stall(frame), COMMIT_MS_MAX);
    const startedAt = performance.now();
    try {
      await this.#options.commit(frame.records);
      frame.resolve();
      commitSeconds.observe((performance.now() - startedAt) / 1000);
      recordsTotal.inc(frame.records.length);
    } catch (error) {
      frame.reject(refusedRecords(error as Error, frame.records.length));
    } finally {
      clearTimeout(timer);
      this.#stalled = false;
    }
  }

  /** Nobody waits longer; should the commit end after all, its records are there and their senders repeat them. */
  #stall(frame: Gathering): void {
    this.#stalled = true;
    this.#options.onStall?.();
    const error = new JournalFullError(`a frame was not taken within ${COMMIT_MS_MAX} ms`);
    for (const { reject, records } of [frame, ...this.#queue]) reject(refusedRecords(error, records.length));
    for (const { bytes } of this.#queue.splice(0)) this.#pendingBytes -= bytes;
  }

  /** Takes no more, and waits for what was appended; not for a commit that has stalled. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#stalled) await this.#writing;
  }
}

const refuse = (error: Error): Promise<never> => Promise.reject(refusedRecords(error));

function gather(): Gathering {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const durable = new Promise<void>((onDurable, onFailed) => {
    resolve = onDurable;
    reject = onFailed;
  });
  return { records: [], bytes: 0, durable, resolve, reject };
}

function bytesOf({ site, device, kind, payload }: JournalRecord): number {
  return site.length + device.length + kind.length + payload.byteLength + RECORD_OVERHEAD_BYTES;
}
