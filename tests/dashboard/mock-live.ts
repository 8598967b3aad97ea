import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { HEARTBEAT_MS, LIVE_VERSION, type LiveMessage, type StallTuple } from '../../contracts/live.ts';
import { isStale, type StallState, stateHash } from '../../domain/floor.ts';
import { OCCUPANCY } from '../../domain/occupancy.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import type { Market } from './mock-market.ts';

export interface MockLive {
  sockets(): number;
  /** Ends every live socket; with `refuse` no new one is let in until `restore`. */
  cut(options?: { refuse?: boolean }): void;
  /** Sockets stay open and say nothing, as behind a dead network. */
  mute(): void;
  restore(): void;
  set(stall: number, change: Partial<Omit<StallState, 'id'>>): void;
  hash(floor: number): string;
  /** Sends one delta with a hash that is not the floor's. */
  corrupt(): void;
  close(): void;
}

export const INTERVAL_S = 60;
const DELTA_MS = 100;

/** The live protocol over a market's states: a snapshot, then a delta each 100 ms in which something changed. */
export function startMockLive(options: {
  readonly server: Server;
  readonly market: Market;
  readonly changesPerDelta: number;
  readonly admits: (cookie: string | undefined) => boolean;
}): MockLive {
  const { server, market, changesPerDelta, admits } = options;
  const floorOf = new Map(market.stalls.map((stall) => [stall.id, stall.floorId]));
  const random = randomNumbers(11);
  const clients = new Map<WebSocket, { readonly floor: number; seq: number; sentAt: number }>();
  const changed = new Set<number>();
  const wss = new WebSocketServer({ noServer: true });
  let refusing = false;
  let muted = false;

  const statesOf = (floor: number): StallState[] =>
    [...market.states.values()].filter((state) => floorOf.get(state.id) === floor);
  const hash = (floor: number): string => stateHash(statesOf(floor));
  const send = (ws: WebSocket, message: LiveMessage) => {
    if (!muted) ws.send(JSON.stringify(message));
  };
  const set: MockLive['set'] = (id, change) => {
    const state = market.states.get(id);
    if (state === undefined) throw new Error(`there is no stall ${id}`);
    market.states.set(id, { ...state, ...change });
    changed.add(id);
  };

  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (refusing || url.pathname !== '/api/v1/live' || !admits(request.headers.cookie)) {
      socket.destroy();
      return;
    }
    wss.handleUpgrade(request, socket, head, (ws) => {
      const floor = Number(url.searchParams.get('floor'));
      clients.set(ws, { floor, seq: 1, sentAt: Date.now() });
      ws.on('close', () => clients.delete(ws));
      const states = statesOf(floor);
      send(ws, {
        type: 'snapshot',
        version: LIVE_VERSION,
        seq: 1,
        now: Date.now(),
        hash: stateHash(states),
        intervalS: INTERVAL_S,
        stalls: states.map(toTuple),
      });
    });
  });

  /** Some stalls open or close; every healthy sensor reports once a minute, changed or not. */
  function passTime(now: number): void {
    for (let n = 0; n < changesPerDelta; n++) {
      const stall = market.stalls[Math.floor(random() * market.stalls.length)];
      const state = stall && market.states.get(stall.id);
      if (state === undefined || isStale(state, INTERVAL_S, now)) continue;
      const occupancy = state.occupancy === 'occupied' ? 'vacant' : 'occupied';
      set(state.id, { occupancy, measuredAt: now, seenAt: now });
    }
    for (const state of market.states.values()) {
      const age = now - (state.seenAt ?? 0);
      if (age > 55_000 && age < 70_000) set(state.id, { seenAt: now, measuredAt: now });
    }
  }

  let hashes = new Map<number, string>();
  const ticker = setInterval(() => {
    const now = Date.now();
    passTime(now);
    if (muted) return;
    if (changed.size > 0) hashes = new Map(market.floors.map((floor) => [floor.id, hash(floor.id)]));
    for (const [ws, client] of clients) {
      const stalls = [...changed].filter((id) => floorOf.get(id) === client.floor);
      const floorHash = hashes.get(client.floor) ?? hash(client.floor);
      if (stalls.length > 0) {
        client.seq += 1;
        const states = stalls.flatMap((id) => market.states.get(id) ?? []);
        send(ws, { type: 'delta', seq: client.seq, now, hash: floorHash, stalls: states.map(toTuple) });
      } else if (now - client.sentAt >= HEARTBEAT_MS) {
        send(ws, { type: 'heartbeat', seq: client.seq, now, hash: floorHash });
      } else continue;
      client.sentAt = now;
    }
    changed.clear();
  }, DELTA_MS);

  return {
    set,
    hash,
    sockets: () => clients.size,
    cut({ refuse = false } = {}) {
      refusing = refuse;
      for (const ws of clients.keys()) ws.terminate();
    },
    mute() {
      muted = true;
    },
    restore() {
      refusing = false;
      muted = false;
    },
    corrupt() {
      for (const [ws, client] of clients) {
        client.seq += 1;
        send(ws, { type: 'delta', seq: client.seq, now: Date.now(), hash: '00000000', stalls: [] });
      }
    },
    close() {
      clearInterval(ticker);
      for (const ws of clients.keys()) ws.terminate();
      wss.close();
    },
  };
}

const toTuple = (state: StallState): StallTuple => [
  state.id,
  OCCUPANCY.indexOf(state.occupancy),
  state.leased ? 1 : 0,
  state.measuredAt,
  state.seenAt,
];
