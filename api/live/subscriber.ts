import type { WebSocket } from 'ws';
import { snapshotsSent } from './metrics.ts';

/** Above this a socket gets nothing more until it has read what it has. A snapshot of 5,000 stalls is 0.25 MB. */
export const BUFFERED_BYTES_MAX = 1024 * 1024;
const BUFFERED_BYTES_LOW = 64 * 1024;
/** A socket that cannot take a new snapshot for so long is closed. */
export const BEHIND_MS_MAX = 30_000;

/**
 * One socket that watches a floor. Once it has too much unread it is *behind*: it gets no deltas, and a snapshot
 * when it has caught up, so that nothing queues without end.
 */
export class Subscriber {
  readonly #socket: Pick<WebSocket, 'send' | 'close' | 'terminate' | 'ping' | 'bufferedAmount'>;
  readonly principalId: string;
  /** Asks again whether the session or key still stands. */
  readonly recheck: () => Promise<boolean>;
  #behindSince: number | null = null;
  #answered = true;
  #hasSnapshot = false;

  constructor(
    socket: Pick<WebSocket, 'send' | 'close' | 'terminate' | 'ping' | 'bufferedAmount'>,
    principalId: string,
    recheck: () => Promise<boolean>,
  ) {
    this.#socket = socket;
    this.principalId = principalId;
    this.recheck = recheck;
  }

  get behind(): boolean {
    return this.#behindSince !== null;
  }

  /** A delta or heartbeat: not sent to a socket that is behind. */
  send(text: string, now: number): void {
    if (this.#behindSince !== null) return;
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) this.#behindSince = now;
    else this.#socket.send(text);
  }

  /** A snapshot, which brings a socket that was behind up to date if it has read enough by now. */
  sendSnapshot(snapshot: () => string, now: number): void {
    if (this.#socket.bufferedAmount > (this.behind ? BUFFERED_BYTES_LOW : BUFFERED_BYTES_MAX)) {
      this.#behindSince ??= now;
      if (now - this.#behindSince > BEHIND_MS_MAX) this.#socket.terminate();
      return;
    }
    this.#behindSince = null;
    this.#socket.send(snapshot());
    snapshotsSent.inc({ reason: this.#hasSnapshot ? 'again' : 'new' });
    this.#hasSnapshot = true;
  }

  onPong(): void {
    this.#answered = true;
  }

  /** Ends a peer that has not answered since the last time, and asks again. */
  ping(): void {
    if (this.#answered) this.#socket.ping();
    else this.#socket.terminate();
    this.#answered = false;
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}
