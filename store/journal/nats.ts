import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { decodeFrame, encodeFrame } from './frame-codec.ts';
import { FRAME_BYTES_MAX, FrameWriter } from './frame-writer.ts';
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

export interface NatsJournalsOptions {
  /** `nats://host:4222`, or several with commas between them; may hold `user:password@`. With `tls://` only over TLS. */
  readonly url: string;
  /** How many journals share the sites. */
  readonly partitions: number;
  /** Servers that keep each frame. */
  readonly replicas: number;
  /** Of all journals together. */
  readonly bytesMax: number;
}

export const streamOf = (partition: number): string => `STALLGRID_JOURNAL_${partition}`;
/** A frame that was not answered is sent again under the same id, which the server stores once within this time. */
const DUPLICATE_WINDOW_NS = 120_000_000_000;
const PUBLISH_MS_MAX = 3_000;
/** A question that went to a server that is no more is asked again. */
const ANSWER_MS_MAX = 2_500;
/** A new leader is elected within a few seconds. */
const RETRY_FOR_MS = 20_000;
const RETRY_MS = 250;
/** The time in which what gathers costs less than a round trip. */
const FRAME_INTERVAL_MS = 2;
/** After a full stream refused a frame, the next one is tried this much later. */
const FULL_RETRY_MS = 1_000;
/** While there is nothing it is asked less and less often. */
const POLL_MS = { first: 10, most: 80 } as const;
/** Frames that are asked for at once. */
const READ_AHEAD = 16;
const READ_BYTES_MAX = 16 * 1024 * 1024;
/** Epoch milliseconds at which the newest record of a frame was received. */
export const RECEIVED = 'Stallgrid-Received';
/** https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const FULL = new Set([10_023, 10_047, 10_077]);

/**
 * Opens the journals of a platform on several machines: a JetStream stream each, created where there is none. A frame
 * is acknowledged when most of its replicas have it; they survive the loss of the others, not of the power of all at
 * once (servers write to the disk at intervals).
 * @throws when no server answers.
 */
export async function openNatsJournals(options: NatsJournalsOptions): Promise<readonly Journal[]> {
  const connection = await connect(connectOptions(options.url));
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS_MAX });
  const client = jetstream(connection);
  let open = options.partitions;
  const closed = async (): Promise<void> => {
    if (--open === 0) await connection.close();
  };
  const bytesMax = Math.floor(options.bytesMax / options.partitions);
  const partitions = Array.from({ length: options.partitions }, (_, n) => n);
  return Promise.all(
    partitions.map(async (n) => {
      const stream = streamOf(n);
      await ensureStream(manager, stream, { ...options, bytesMax });
      return new NatsJournal({ connection, manager, client, stream, bytesMax, closed });
    }),
  );
}

export function connectOptions(text: string) {
  const urls = text.split(',').map((part) => new URL(part.trim()));
  const [{ username, password } = { username: '', password: '' }] = urls;
  return {
    servers: urls.map(({ host }) => host),
    // Absent, a server that offers no TLS would be spoken to without.
    ...(urls.some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {}),
    ...(username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    ignoreAuthErrorAbort: true,
  };
}

export const subjectOf = (stream: string): string => `stallgrid.journal.${stream}`;

interface StreamSize {
  readonly replicas: number;
  readonly bytesMax: number;
}

export const newStream = (stream: string, { replicas, bytesMax }: StreamSize) => ({
  name: stream,
  subjects: [subjectOf(stream)],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  // Rather refuse a message than lose an old one that nobody has read.
  discard: DiscardPolicy.New,
  duplicate_window: DUPLICATE_WINDOW_NS,
  allow_direct: true,
  num_replicas: replicas,
  max_bytes: bytesMax,
});

async function ensureStream(
  manager: JetStreamManager,
  stream: string,
  { replicas, bytesMax }: StreamSize,
): Promise<void> {
  const deadline = performance.now() + RETRY_FOR_MS;
  for (;;) {
    try {
      const known = await manager.streams.info(stream).catch((error: unknown) => {
        if (error instanceof JetStreamApiError && error.code === 10_059) return null;
        throw error;
      });
      if (!known) await manager.streams.add(newStream(stream, { replicas, bytesMax }));
      else if (known.config.num_replicas !== replicas || known.config.max_bytes !== bytesMax)
        await manager.streams.update(stream, { num_replicas: replicas, max_bytes: bytesMax });
      return;
    } catch (error) {
      // A cluster that has just started has no leader yet.
      if (performance.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

interface NatsJournalDeps {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly stream: string;
  readonly bytesMax: number;
  readonly closed: () => Promise<void>;
}

interface Stored {
  readonly seq: number;
  readonly data: Uint8Array;
  readonly receivedAt: number;
}

class NatsJournal implements Journal {
  readonly #deps: NatsJournalDeps;
  readonly #writer: FrameWriter;
  readonly #closing = new AbortController();
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(deps: NatsJournalDeps) {
    this.#deps = deps;
    this.#writer = new FrameWriter({
      commit: (records) => this.#commit(records),
      intervalMs: FRAME_INTERVAL_MS,
    });
  }

  append(record: JournalRecord): Promise<void> {
    if (!this.#closing.signal.aborted && this.#isRefusing()) {
      return Promise.reject(refusedRecords(new JournalFullError('the stream refused the last frame')));
    }
    return this.#writer.append(record);
  }

  #isRefusing(): boolean {
    return performance.now() < this.#fullAt + FULL_RETRY_MS;
  }

  /** Until the stream says that it has the frame or that it cannot: a frame without an answer may be there. */
  async #commit(records: readonly JournalRecord[]): Promise<void> {
    const { client, stream } = this.#deps;
    const newest = records.reduce((max, { receivedAt }) => Math.max(max, receivedAt), 0);
    const about = headers();
    about.set(RECEIVED, String(newest));
    const data = encodeFrame(records);
    const msgID = randomUUID();
    const deadline = performance.now() + RETRY_FOR_MS;
    for (;;) {
      try {
        await client.publish(subjectOf(stream), data, { msgID, headers: about, timeout: PUBLISH_MS_MAX });
        return;
      } catch (error) {
        if (error instanceof JetStreamApiError && FULL.has(error.code)) {
          this.#fullAt = performance.now();
          throw new JournalFullError(`the stream ${stream} is full`, { cause: error });
        }
        if (performance.now() > deadline)
          throw new JournalFullError(`the stream ${stream} did not take a frame`, { cause: error });
        await sleep(RETRY_MS);
      }
    }
  }

  async read(after: number, options: ReadOptions): Promise<readonly JournalFrame[]> {
    const { recordsMax, waitMs = 0, signal } = options;
    const deadline = performance.now() + waitMs;
    const stop = AbortSignal.any(signal ? [signal, this.#closing.signal] : [this.#closing.signal]);
    for (let pollMs: number = POLL_MS.first; ; pollMs = Math.min(POLL_MS.most, 2 * pollMs)) {
      this.#assertOpen();
      const frames = await this.#readNow(after, recordsMax).catch((error: unknown) => {
        this.#assertOpen();
        throw error;
      });
      const leftMs = deadline - performance.now();
      if (frames.length > 0 || leftMs <= 0 || signal?.aborted) return frames;
      await sleep(Math.min(pollMs, leftMs), undefined, { signal: stop }).catch(() => {});
    }
  }

  async #readNow(after: number, recordsMax: number): Promise<JournalFrame[]> {
    const frames: JournalFrame[] = [];
    let records = 0;
    let bytes = 0;
    let run: readonly (Stored | null)[] = [await this.#next(after + 1)];
    for (;;) {
      let last = after;
      for (const stored of run) {
        if (!stored) return frames;
        const frame = { seq: stored.seq, records: decodeFrame(stored.data) };
        frames.push(frame);
        records += frame.records.length;
        bytes += stored.data.length;
        last = stored.seq;
        if (records >= recordsMax || bytes >= READ_BYTES_MAX) return frames;
      }
      run = await Promise.all(Array.from({ length: READ_AHEAD }, (_, i) => this.#at(last + 1 + i)));
    }
  }

  /** The first frame from `seq` on: trimming may have dropped some. */
  #next(seq: number): Promise<Stored | null> {
    return this.#get({ seq, next_by_subj: subjectOf(this.#deps.stream) });
  }

  #at(seq: number): Promise<Stored | null> {
    return this.#get({ seq });
  }

  async #get(query: { readonly seq: number; readonly next_by_subj?: string }): Promise<Stored | null> {
    const { manager, stream } = this.#deps;
    const message = await manager.direct.getMessage(stream, query);
    return (
      message && { seq: message.seq, data: message.data, receivedAt: Number(message.header.get(RECEIVED)) }
    );
  }

  async id(): Promise<string> {
    return (await this.#info()).created;
  }

  async head(): Promise<number> {
    return (await this.#info()).state.last_seq;
  }

  async #info(): Promise<StreamInfo> {
    this.#assertOpen();
    return this.#deps.manager.streams.info(this.#deps.stream);
  }

  async trim({ upTo, receivedBefore, bytesTo = Number.POSITIVE_INFINITY }: TrimOptions): Promise<number> {
    const before = (await this.#info()).state;
    const last = Math.min(upTo, before.last_seq);
    await this.#purge(await this.#firstReceivedFrom(before.first_seq, last + 1, receivedBefore));
    for (
      let { state } = await this.#info();
      state.bytes > bytesTo && state.first_seq <= last && state.messages > 0;
    ) {
      const share = Math.ceil(((state.bytes - bytesTo) / state.bytes) * state.messages);
      await this.#purge(Math.min(state.first_seq + Math.max(1, share), last + 1));
      state = (await this.#info()).state;
    }
    return before.messages - Math.min(before.messages, (await this.#info()).state.messages);
  }

  /** Drops everything before `seq`. The server takes 1 for "everything". */
  async #purge(seq: number): Promise<void> {
    if (seq <= 1) return;
    await this.#deps.manager.streams.purge(this.#deps.stream, { seq });
  }

  /** The first of `from` ≤ seq < `to` that was received at `instant` or later; `to` when none was. */
  async #firstReceivedFrom(from: number, to: number, instant: number): Promise<number> {
    let [low, high] = [from, Math.max(from, to)];
    while (low < high) {
      const middle = (low + high) >> 1;
      const stored = await this.#at(middle);
      if (stored && stored.receivedAt >= instant) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  async status(): Promise<JournalStatus> {
    const { bytesMax } = this.#deps;
    const { bytes, messages } = (await this.#info()).state;
    const writable = !this.#writer.isStalled && bytes + FRAME_BYTES_MAX <= bytesMax;
    return { writable, frames: messages, bytes, bytesMax };
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new JournalClosedError('the journal is closed');
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#writer.close();
    await this.#deps.closed();
  }
}
