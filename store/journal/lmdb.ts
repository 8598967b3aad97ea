import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, RootDatabase } from 'lmdb';
import type { DiskReserve } from './disk-reserve.ts';
import { decodeFrame, encodeFrame } from './frame-codec.ts';
import { FRAME_BYTES_MAX, FrameWriter } from './frame-writer.ts';
import {
  type FrameKey,
  type LmdbEnvironment,
  type LmdbOptions,
  openEnvironment,
} from './lmdb-environment.ts';
import { refusedRecords } from './metrics.ts';
import {
  type Journal,
  JournalClosedError,
  type JournalFrame,
  JournalFullError,
  type JournalRecord,
  type JournalStatus,
  type ReadOptions,
  type TrimOptions,
} from './port.ts';

/** A commit costs 0.3 ms of CPU however small it is: gathering this long bounds that to a tenth of a core. */
const FRAME_INTERVAL_MS = 4;
/** After the disk refused a write, the next one is tried this much later. */
const DISK_RETRY_MS = 1_000;
const READ_BYTES_MAX = 16 * 1024 * 1024;
/** How often a waiting reader looks for frames of another process. */
const POLL_MS = 50;
const TRIM_FRAMES_MAX = 64;

/**
 * A journal in a folder, by LMDB: one process appends, any number read and trim.
 * @throws JournalFullError when there is none in the folder, and no room on the disk.
 */
export async function openLmdbJournal(options: LmdbJournalOptions): Promise<Journal> {
  return new LmdbJournal(await openEnvironment(options), options);
}

export interface LmdbJournalOptions extends LmdbOptions {
  /** It was closed, and until then everything that was read could be. */
  readonly onClosed?: () => void;
}

class LmdbJournal implements Journal {
  readonly #root: RootDatabase;
  readonly #frames: Database<Buffer, FrameKey>;
  readonly #meta: Database<number | string | Buffer, string>;
  readonly #reserve: DiskReserve;
  readonly #bytesMax: number;
  readonly #writer: FrameWriter;
  readonly #waiting = new Set<() => void>();
  #closed = false;
  /** When the disk refused a write, by `performance.now()`; undefined once it took one again. */
  #refusedAt: number | undefined;

  readonly #onClosed: (() => void) | undefined;
  #unreadable = false;

  constructor({ root, frames, meta, reserve }: LmdbEnvironment, { bytesMax, onClosed }: LmdbJournalOptions) {
    this.#root = root;
    this.#frames = frames;
    this.#meta = meta;
    this.#reserve = reserve;
    this.#bytesMax = bytesMax;
    this.#onClosed = onClosed;
    this.#writer = new FrameWriter({
      commit: (records) => this.#commit(records),
      intervalMs: FRAME_INTERVAL_MS,
      onStall: () => this.#refuse(),
    });
  }

  append(record: JournalRecord): Promise<void> {
    if (!this.#closed && !this.#isTimeToRetry()) {
      return Promise.reject(refusedRecords(new JournalFullError('the disk refused the last frame')));
    }
    return this.#writer.append(record);
  }

  async #commit(records: readonly JournalRecord[]): Promise<void> {
    const value = encodeFrame(records);
    const { bytes } = this.#usage();
    if (!this.#hasRoom(bytes)) {
      throw new JournalFullError(`the journal holds ${bytes} of ${this.#bytesMax} bytes`);
    }
    const newest = records.reduce((max, record) => Math.max(max, record.receivedAt), 0);
    await this.#write(value.length, bytes, () => this.#frames.put([this.#head() + 1, newest], value));
    this.#refusedAt = undefined;
    for (const wake of this.#waiting) wake();
  }

  /** lmdb-js rejects with a general error whose `commitError` is a promise that rejects with the cause. */
  async #write(bytes: number, used: number, write: () => Promise<unknown>): Promise<void> {
    try {
      await this.#reserve.take(bytes, used);
      await write();
    } catch (error) {
      this.#refuse();
      if (error instanceof JournalFullError) throw error;
      const cause = await Promise.race([
        Promise.resolve((error as { commitError?: Promise<never> }).commitError).catch((reason) => reason),
        sleep(100, error),
      ]);
      throw new JournalFullError('the disk refused a frame', { cause });
    }
  }

  #refuse(): void {
    this.#refusedAt = performance.now();
  }

  #isTimeToRetry(): boolean {
    return this.#refusedAt === undefined || performance.now() >= this.#refusedAt + DISK_RETRY_MS;
  }

  async read(after: number, options: ReadOptions): Promise<readonly JournalFrame[]> {
    const { recordsMax, waitMs = 0, signal } = options;
    const deadline = performance.now() + waitMs;
    for (;;) {
      this.#assertOpen();
      const frames = this.#readOrNote(after, recordsMax);
      const leftMs = deadline - performance.now();
      if (frames.length > 0 || leftMs <= 0 || signal?.aborted) return frames;
      await this.#appended(Math.min(POLL_MS, leftMs), signal);
    }
  }

  #readOrNote(after: number, recordsMax: number): JournalFrame[] {
    try {
      return this.#readNow(after, recordsMax);
    } catch (error) {
      this.#unreadable = true;
      throw error;
    }
  }

  #readNow(after: number, recordsMax: number): JournalFrame[] {
    this.#frames.resetReadTxn();
    const frames: JournalFrame[] = [];
    let records = 0;
    let bytes = 0;
    for (const key of this.#frames.getKeys({ start: [after + 1] as unknown as FrameKey })) {
      // A copy of its own, so that its records stay good, and go when they go.
      const value = this.#frames.getBinary(key);
      if (!value) break;
      const frame = { seq: key[0], records: decodeFrame(value) };
      frames.push(frame);
      records += frame.records.length;
      bytes += value.length;
      if (records >= recordsMax || bytes >= READ_BYTES_MAX) break;
    }
    return frames;
  }

  /** Settles at the next commit of this process, or after `waitMs`. */
  #appended(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      signal?.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }

  async id(): Promise<string> {
    this.#assertOpen();
    const known = (): string | undefined => this.#meta.get('id') as string | undefined;
    // Whoever opens it first names it.
    await this.#meta.ifNoExists('id', () => void this.#meta.put('id', randomUUID()));
    return known() ?? '';
  }

  async head(): Promise<number> {
    this.#assertOpen();
    return this.#head();
  }

  #head(): number {
    this.#frames.resetReadTxn();
    const [newest] = this.#frames.getKeys({ reverse: true, limit: 1 });
    return newest?.[0] ?? this.#trimmed();
  }

  #trimmed(): number {
    return (this.#meta.get('seq') as number | undefined) ?? 0;
  }

  async trim({ upTo, receivedBefore, bytesTo = Number.POSITIVE_INFINITY }: TrimOptions): Promise<number> {
    let dropped = 0;
    for (;;) {
      this.#assertOpen();
      const overfull = this.#usage().bytes > bytesTo;
      const keys: FrameKey[] = [];
      for (const key of this.#frames.getKeys({ limit: TRIM_FRAMES_MAX })) {
        if (key[0] > upTo || (key[1] >= receivedBefore && !overfull)) break;
        keys.push(key);
      }
      const last = keys.at(-1);
      if (!last) return dropped;
      await this.#write(0, 0, () =>
        this.#frames.batch(() => {
          for (const key of keys) void this.#frames.remove(key);
          void this.#meta.put('seq', Math.max(last[0], this.#trimmed()));
        }),
      );
      dropped += keys.length;
    }
  }

  async status(): Promise<JournalStatus> {
    this.#assertOpen();
    const { frames, bytes } = this.#usage();
    if (this.#refusedAt !== undefined && this.#isTimeToRetry() && !this.#writer.isWriting)
      await this.#probe(bytes);
    const writable = this.#refusedAt === undefined && this.#hasRoom(bytes);
    return { writable, frames, bytes, bytesMax: this.#bytesMax };
  }

  /** Nobody may be publishing any more, so whoever asks finds out whether the disk has room again. */
  async #probe(used: number): Promise<void> {
    try {
      await this.#write(FRAME_BYTES_MAX, used, () => this.#meta.put('probe', 0));
      this.#refusedAt = undefined;
    } catch {
      // Still full: `#write` has noted when.
    }
  }

  /** Whether the largest frame still fits: the same answer in every process that has the journal open. */
  #hasRoom(bytesUsed: number): boolean {
    return bytesUsed + FRAME_BYTES_MAX <= this.#bytesMax;
  }

  #usage(): { frames: number; bytes: number } {
    this.#frames.resetReadTxn();
    const stats = this.#frames.getStats() as Record<
      'pageSize' | 'treeBranchPageCount' | 'treeLeafPageCount' | 'overflowPages' | 'entryCount',
      number
    >;
    const pages = stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages;
    return { frames: stats.entryCount, bytes: pages * stats.pageSize };
  }

  #assertOpen(): void {
    if (this.#closed) throw new JournalClosedError('the journal is closed');
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const wake of this.#waiting) wake();
    await this.#writer.close();
    // A commit that stalled may still be going on.
    if (this.#writer.isStalled) return;
    await this.#root.close();
    if (!this.#unreadable) this.#onClosed?.();
  }
}
