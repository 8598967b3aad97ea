import { beforeEach, expect, test } from 'vitest';
import { LIVE_VERSION, SILENCE_MS_MAX, type StallTuple } from '../../../contracts/live.ts';
import {
  LiveClient,
  type LiveSocket,
  RETRY_MS_MAX,
  stateOf,
} from '../../../dashboard/src/floor/live-client.ts';
import { stateHash } from '../../../domain/floor.ts';

/** The server's clock runs 40 s ahead of this machine's. */
const AHEAD_MS = 40_000;

class FakeClock {
  at = 1_800_000_000_000;
  #timers: { readonly due: number; readonly run: () => void }[] = [];
  now = (): number => this.at;
  after = (ms: number, run: () => void): (() => void) => {
    const timer = { due: this.at + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };
  /** Time passes and timers fire. */
  pass(ms: number): void {
    const end = this.at + ms;
    for (;;) {
      const [next] = this.#timers.filter((one) => one.due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.at = Math.max(this.at, next.due);
      this.#timers = this.#timers.filter((one) => one !== next);
      next.run();
    }
    this.at = end;
  }
  /** Time passes as for a frozen tab: no timer fires. */
  freeze(ms: number): void {
    this.at += ms;
  }
}

interface FakeSocket extends LiveSocket {
  closed: boolean;
}

let clock: FakeClock;
let sockets: FakeSocket[];
let statuses: string[];
let changes: number[][];
let client: LiveClient;
/** The server's side: its states and how it numbers its messages. */
let server: Map<number, StallTuple>;
let seq: number;

const hash = (): string => stateHash([...server.values()].map(stateOf));
const last = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error('no socket was opened');
  return socket;
};
const say = (message: object): void => last().onmessage?.({ data: JSON.stringify(message) });
const now = (): number => clock.at + AHEAD_MS;

function snapshot(): void {
  say({
    type: 'snapshot',
    version: LIVE_VERSION,
    seq,
    now: now(),
    hash: hash(),
    intervalS: 60,
    stalls: [...server.values()],
  });
}
function delta(stalls: StallTuple[], options: { seq?: number; hash?: string; now?: number } = {}): void {
  seq += 1;
  for (const stall of stalls) server.set(stall[0], stall);
  say({ type: 'delta', seq, now: now(), hash: hash(), stalls, ...options });
}

beforeEach(() => {
  clock = new FakeClock();
  sockets = [];
  statuses = [];
  changes = [];
  seq = 7;
  server = new Map([1, 2, 3].map((id) => [id, [id, 0, 1, now(), now()]]));
  client = new LiveClient({
    clock,
    random: () => 0.5,
    connect() {
      const socket: FakeSocket = { onmessage: null, onclose: null, closed: false, close: () => {} };
      socket.close = () => {
        socket.closed = true;
      };
      sockets.push(socket);
      return socket;
    },
    onStates: (changed) => changes.push(changed.map((state) => state.id)),
    onStatus: () => statuses.push(client.status),
  });
});

test('a snapshot makes it live, on the server’s clock', () => {
  expect(client.status).toBe('connecting');
  snapshot();
  expect(client.status).toBe('live');
  expect(client.isLive()).toBe(true);
  expect(client.serverNow()).toBe(now());
  expect(client.hash).toBe(hash());
});

test('a delta changes what it names and nothing else', () => {
  snapshot();
  delta([[2, 1, 0, now(), now()]]);
  expect(changes).toEqual([[1, 2, 3], [2]]);
  expect(client.states.get(2)).toMatchObject({ occupancy: 'occupied', leased: false });
  expect(client.hash).toBe(hash());
});

test('after a thousand deltas the hash is still the server’s', () => {
  snapshot();
  for (let i = 0; i < 1000; i++) delta([[1 + (i % 5), i % 3, i % 2 === 0 ? 1 : 0, now() + i, now() + i]]);
  expect(client.status).toBe('live');
  expect(client.hash).toBe(hash());
  expect(client.states.size).toBe(5);
});

test.each([
  ['a gap in the sequence', () => delta([], { seq: 42 })],
  ['a repeated number', () => delta([], { seq: 7 })],
  ['another hash', () => delta([], { hash: '00000000' })],
  ['a heartbeat of another state', () => say({ type: 'heartbeat', seq, now: now(), hash: 'ffffffff' })],
  ['what is no message', () => last().onmessage?.({ data: '{"type":"gossip"}' })],
  ['what is no JSON', () => last().onmessage?.({ data: '<html>' })],
  ['a closed socket', () => last().onclose?.()],
  [
    'another version of the protocol',
    () => say({ type: 'snapshot', version: 2, seq, now: now(), hash: hash(), intervalS: 60, stalls: [] }),
  ],
])('%s loses the connection, keeps the states, and a fresh snapshot recovers', (_, cause) => {
  snapshot();
  const first = last();
  cause();
  expect(client.status).toBe('lost');
  expect(client.isLive()).toBe(false);
  expect(client.states.size).toBe(3);
  expect(first.closed || first.onclose !== null).toBe(true);
  clock.pass(1_000);
  expect(sockets).toHaveLength(2);
  server.set(3, [3, 1, 1, now(), now()]);
  snapshot();
  expect(client.status).toBe('live');
  expect(client.hash).toBe(hash());
});

test('a delta before any snapshot is not believed', () => {
  delta([[1, 1, 1, now(), now()]]);
  expect(client.status).toBe('lost');
  expect(client.states.size).toBe(0);
});

test('silence loses the connection within the limit', () => {
  snapshot();
  clock.pass(SILENCE_MS_MAX - 1);
  expect(client.status).toBe('live');
  clock.pass(1);
  expect(client.status).toBe('lost');
});

test('heartbeats keep a quiet floor live', () => {
  snapshot();
  for (let i = 0; i < 20; i++) {
    clock.pass(2_000);
    say({ type: 'heartbeat', seq, now: now(), hash: hash() });
  }
  expect(client.isLive()).toBe(true);
  expect(sockets).toHaveLength(1);
  expect(client.asOf).toBe(now());
});

test('waits longer after each failure, never longer than the limit, and afresh once it was live', () => {
  const waits: number[] = [];
  const fail = (): void => {
    const before = sockets.length;
    const since = clock.at;
    last().onclose?.();
    while (sockets.length === before) clock.pass(50);
    waits.push(clock.at - since);
  };
  for (let i = 0; i < 9; i++) fail();
  for (const [i, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(waits[i - 1] ?? 0);
  expect(Math.max(...waits)).toBeLessThanOrEqual(RETRY_MS_MAX);
  expect(waits.at(-1)).toBeGreaterThan(RETRY_MS_MAX / 2);
  snapshot();
  delta([]);
  fail();
  expect(waits.at(-1)).toBeLessThan(1_000);
});

test('a server that accepts and then fails every time is not hammered', () => {
  for (let i = 0; i < 6; i++) {
    snapshot();
    delta([], { hash: '00000000' });
    clock.pass(RETRY_MS_MAX);
  }
  const opened = sockets.length;
  snapshot();
  delta([], { hash: '00000000' });
  clock.pass(2_000);
  expect(sockets).toHaveLength(opened);
});

test('an attempt that never answers is given up', () => {
  clock.pass(SILENCE_MS_MAX);
  expect(client.status).toBe('lost');
  clock.pass(1_000);
  expect(sockets).toHaveLength(2);
});

test('after a frozen tab it is not live before anything else is asked', () => {
  snapshot();
  clock.freeze(60_000);
  expect(client.isLive()).toBe(false);
});

test('messages that waited while the tab was frozen do not make it live again', () => {
  snapshot();
  const old = now();
  clock.freeze(60_000);
  delta([[1, 1, 1, old, old]], { now: old });
  expect(client.status).toBe('lost');
  expect(client.isLive()).toBe(false);
});

test('messages that the network held back are late, not live', () => {
  snapshot();
  for (let i = 0; i < 4; i++) {
    clock.pass(3_000);
    if (client.status === 'live') say({ type: 'heartbeat', seq, now: now() - 3_000 * (i + 1), hash: hash() });
  }
  expect(client.status).toBe('lost');
});

test('waking up retries at once instead of waiting for the timer', () => {
  snapshot();
  clock.freeze(60_000);
  client.check();
  expect(sockets).toHaveLength(2);
  snapshot();
  expect(client.isLive()).toBe(true);
  client.check();
  expect(sockets).toHaveLength(2);
});

test('closing ends it for good', () => {
  snapshot();
  client.close();
  clock.pass(60_000);
  expect(last().closed).toBe(true);
  expect(sockets).toHaveLength(1);
  expect(statuses).toEqual(['live']);
});
