/**
 * The ordered, durable record of everything devices sent. The broker appends; ingest reads.
 *
 * - record: one MQTT publish, as it came.
 * - frame: the records that one commit made durable, in the order they were appended; the unit of reading.
 * - seq: a frame's number; grows by at least one a frame, never reused, also after trimming.
 */
export interface JournalRecord {
  readonly site: string;
  readonly device: string;
  /** The topic's last segment: `up`, `event`, `state` or `ack`. */
  readonly kind: string;
  readonly payload: Uint8Array;
  /** Epoch milliseconds on the platform's clock. */
  readonly receivedAt: number;
  readonly retain: boolean;
}

export interface JournalFrame {
  readonly seq: number;
  readonly records: readonly JournalRecord[];
}

export interface ReadOptions {
  /** Stop after the frame that brings the records to this number. At least one frame is returned if there is one. */
  readonly recordsMax: number;
  /** Wait this long for a frame when there is none yet. Default 0. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * On one machine there is one journal. On more there are several, and a site's messages are all in the same one, so
 * that they stay in order while brokers and ingest workers share the sites (`journalOf`).
 */
export interface Journal {
  /**
   * Resolves only when the record would survive a power cut.
   * The record's bytes must not change until then.
   * @throws JournalFullError when the quota or the disk is exhausted, after which nothing of it was kept;
   *   JournalBusyError when too much is waiting for the disk already; JournalClosedError after close.
   */
  append(record: JournalRecord): Promise<void>;
  /** Frames with a seq above `after`, oldest first; empty when there are none (after `waitMs`). */
  read(after: number, options: ReadOptions): Promise<readonly JournalFrame[]>;
  /** Tells this journal from every other one, also from one that takes its place: a cursor is of one journal. */
  id(): Promise<string>;
  /** The newest durable frame's seq, 0 for an empty journal that never had one. */
  head(): Promise<number>;
  /**
   * Drops frames that every reader is past (`seq <= upTo`) and whose newest record was received before
   * `receivedBefore` (epoch ms), and then, oldest first and whatever their age, those that readers are past
   * until at most `bytesTo` bytes are kept. Returns how many were dropped.
   */
  trim(options: TrimOptions): Promise<number>;
  status(): Promise<JournalStatus>;
  close(): Promise<void>;
}

export interface TrimOptions {
  readonly upTo: number;
  readonly receivedBefore: number;
  readonly bytesTo?: number;
}

export interface JournalStatus {
  /** False while appends fail because the journal cannot take more. */
  readonly writable: boolean;
  readonly frames: number;
  readonly bytes: number;
  readonly bytesMax: number;
}

export class JournalFullError extends Error {
  override readonly name = 'JournalFullError';
}
export class JournalBusyError extends Error {
  override readonly name = 'JournalBusyError';
}
export class JournalClosedError extends Error {
  override readonly name = 'JournalClosedError';
}
