import { type LiveMessage, SILENCE_MS_MAX, type StallTuple, zLiveMessage } from '../../../contracts/live.ts';
import { type StallState, stateHash } from '../../../domain/floor.ts';
import { OCCUPANCY } from '../../../domain/occupancy.ts';

/** The part of a WebSocket that the client uses. */
export interface LiveSocket {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  close(): void;
}
/** Epoch milliseconds of this machine (never shown: only differences are used) and its timers. */
export interface LiveClock {
  now(): number;
  after(ms: number, run: () => void): () => void;
}
export interface LiveClientDeps {
  readonly connect: () => LiveSocket;
  readonly clock: LiveClock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Called after the states changed: every stall after a snapshot, else those of the delta. */
  readonly onStates: (changed: readonly StallState[], previous: ReadonlyMap<number, StallState>) => void;
  readonly onStatus: () => void;
}

/**
 * connecting ──snapshot──▶ live ──close, silence, gap, other hash, old message──▶ lost ──snapshot──▶ live
 *
 * The states outlive a lost connection: they are shown as of `asOf`, never blanked.
 */
export type LiveStatus = 'connecting' | 'live' | 'lost';

export const RETRY_MS_MAX = 10_000;
const RETRY_MS_MIN = 500;

export const stateOf = ([id, occupancy, leased, measuredAt, seenAt]: StallTuple): StallState => ({
  id,
  occupancy: OCCUPANCY[occupancy] ?? 'unknown',
  leased: leased === 1,
  measuredAt,
  seenAt,
});

const hashOf = (state: StallState): number => Number.parseInt(stateHash([state]), 16);

export class LiveClient {
  status: LiveStatus = 'connecting';
  readonly states = new Map<number, StallState>();
  intervalS = 60;
  /** The server's clock at its last message: what the states are as of. */
  asOf: number | null = null;

  readonly #deps: LiveClientDeps;
  #socket: LiveSocket | null = null;
  #seq: number | null = null;
  /** stateHash is a sum over states, so a delta is checked without walking the floor. */
  #hash = 0;
  #heardAt = 0;
  /** This machine's clock minus the server's, from the snapshot. */
  #offset = 0;
  #attempt = 0;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(deps: LiveClientDeps) {
    this.#deps = deps;
    this.#open();
  }

  /** The server's clock now, as well as this machine knows it. */
  serverNow(): number {
    return this.#deps.clock.now() - this.#offset;
  }

  get hash(): string {
    return this.#hash.toString(16).padStart(8, '0');
  }

  /** Asks the clock, not a timer: the first frame after sleep is already known not to be live. */
  isLive(): boolean {
    return this.status === 'live' && this.#deps.clock.now() - this.#heardAt <= SILENCE_MS_MAX;
  }

  /** For waking up and for the browser's `online` event: notices silence at once, and does not wait to retry. */
  check(): void {
    if (this.#closed || this.isLive()) return;
    if (this.status === 'live') this.#lose();
    this.#attempt = 0;
    this.#disconnect();
    this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#disconnect();
  }

  #open(): void {
    const socket = this.#deps.connect();
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => this.#lose();
    this.#watch();
  }

  #watch(): void {
    this.#cancel();
    this.#cancel = this.#deps.clock.after(SILENCE_MS_MAX, () => this.#lose());
  }

  #disconnect(): void {
    this.#cancel();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #lose(): void {
    this.#disconnect();
    if (this.#closed) return;
    this.#seq = null;
    this.status = 'lost';
    const step = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#attempt);
    this.#attempt += 1;
    // Half fixed, half random: a server that comes back is not met by every screen in the same instant.
    this.#cancel = this.#deps.clock.after(step * (0.5 + this.#deps.random() / 2), () => this.#open());
    this.#deps.onStatus();
  }

  #receive(data: unknown): void {
    const message = parse(data);
    if (message === null) {
      this.#lose();
      return;
    }
    const now = this.#deps.clock.now();
    if (message.type === 'snapshot') {
      this.#offset = now - message.now;
      this.#heardAt = now;
    }
    // What waited in a frozen tab's queue, or behind a stalled network, is history and not live.
    const hole = now - this.#heardAt > SILENCE_MS_MAX;
    const late = now - this.#offset - message.now > SILENCE_MS_MAX;
    if (hole || late || !this.#apply(message)) {
      this.#lose();
      return;
    }
    this.#heardAt = now;
    this.asOf = message.now;
    this.#watch();
    // A snapshot alone proves nothing: a floor that fails its first delta every time must back off.
    if (message.type !== 'snapshot') this.#attempt = 0;
    if (this.status !== 'live') {
      this.status = 'live';
      this.#deps.onStatus();
    }
  }

  /** False when the states are not what the server says they are. */
  #apply(message: LiveMessage): boolean {
    if (message.type === 'heartbeat') return message.seq === this.#seq && message.hash === this.hash;
    if (message.type === 'delta' && (this.#seq === null || message.seq !== this.#seq + 1)) return false;
    const previous = new Map<number, StallState>();
    if (message.type === 'snapshot') {
      for (const [id, state] of this.states) previous.set(id, state);
      this.states.clear();
      this.#hash = 0;
      this.intervalS = message.intervalS;
    }
    const changed = message.stalls.map(stateOf);
    for (const state of changed) {
      const before = this.states.get(state.id);
      if (before !== undefined) {
        previous.set(state.id, before);
        this.#hash -= hashOf(before);
      }
      this.#hash = (this.#hash + hashOf(state)) >>> 0;
      this.states.set(state.id, state);
    }
    this.#seq = message.seq;
    this.#deps.onStates(changed, previous);
    return message.hash === this.hash;
  }
}

function parse(data: unknown): LiveMessage | null {
  if (typeof data !== 'string') return null;
  try {
    return zLiveMessage.parse(JSON.parse(data));
  } catch {
    return null;
  }
}
