import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import fastifyStatic from '@fastify/static';
import fastify from 'fastify';
import { isStale } from '../../domain/floor.ts';
import { may, type Permission } from '../../domain/permissions.ts';
import { has, page, problem } from './mock-answers.ts';
import { chargingRoutes } from './mock-charging.ts';
import { deviceRoutes } from './mock-devices.ts';
import { INTERVAL_S, type MockLive, startMockLive } from './mock-live.ts';
import { createMarket, type Market, PASSWORD, PEOPLE } from './mock-market.ts';
import { SITE } from './mock-site.ts';

/**
 * A server that keeps the wire contracts and a whole market in memory, and breaks on request. Sentinels: a device
 * with `OFFLINE` in its serial never acknowledges; the password is `correct-horse` for every role's name.
 */
export interface MockOptions {
  readonly dashboardDir?: string;
  readonly floors?: number;
  readonly stallsPerFloor?: number;
  /** Stalls that open or close in each delta (every 100 ms); 0 leaves them alone. */
  readonly changesPerDelta?: number;
  readonly port?: number;
}

export interface Mock extends Omit<MockLive, 'close'> {
  readonly url: string;
  readonly market: Market;
  /** Nothing is answered: connections are dropped. */
  down(): void;
  endSessions(): void;
  close(): Promise<void>;
}

export async function startMock(options: MockOptions = {}): Promise<Mock> {
  const { floors = 3, stallsPerFloor = 200, changesPerDelta = 0 } = options;
  const market = createMarket({ floors, stallsPerFloor, now: Date.now() });
  const app = fastify({ forceCloseConnections: true });
  const sessions = new Map<string, string>();
  let downNow = false;

  const userOf = (cookie: string | undefined): string | undefined =>
    sessions.get(/session=([\w-]+)/.exec(cookie ?? '')?.[1] ?? '');
  const raw = new Set<Socket>();
  app.server.on('connection', (socket) => {
    raw.add(socket);
    socket.on('close', () => raw.delete(socket));
    if (downNow) socket.destroy();
  });
  const live = startMockLive({
    server: app.server,
    market,
    changesPerDelta,
    admits: (cookie) => !downNow && userOf(cookie) !== undefined,
  });

  const stallView = (id: number) => {
    const stall = market.stalls.find((one) => one.id === id);
    const state = market.states.get(id);
    if (stall === undefined || state === undefined) return undefined;
    return {
      ...stall,
      lease: state.leased ? stall.lease : null,
      occupancy: state.occupancy,
      measuredAt: toIso(state.measuredAt),
      seenAt: toIso(state.seenAt),
      stale: isStale(state, INTERVAL_S, Date.now()),
    };
  };

  app.addHook('onRequest', async (request, reply) => {
    if (downNow) {
      request.raw.socket.destroy();
      return reply.hijack();
    }
    if (!request.url.startsWith('/api/v1/')) return;
    const person = userOf(request.headers.cookie);
    const me = person === undefined ? undefined : PEOPLE[person];
    if (me === undefined) return problem(reply, 401, 'sign in');
    const needs = NEEDS.find(([prefix]) => request.url.startsWith(`/api/v1/${prefix}`))?.[1] ?? [];
    if (needs.length > 0 && !needs.some((one) => may(me.role, one)))
      return problem(reply, 403, 'not allowed');
  });
  app.post<{ Body: { username: string; password: string } }>(
    '/api/auth/sign-in/username',
    (request, reply) => {
      const { username, password } = request.body;
      if (PEOPLE[username] === undefined || password !== PASSWORD) return problem(reply, 401, 'wrong');
      const token = randomUUID();
      sessions.set(token, username);
      return reply.header('set-cookie', `session=${token}; Path=/; HttpOnly; SameSite=Lax`).send({ token });
    },
  );
  app.post('/api/auth/sign-out', (request) => {
    sessions.delete(/session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '');
    return { success: true };
  });
  app.get('/api/v1/me', (request) => {
    const person = userOf(request.headers.cookie);
    return PEOPLE[person ?? ''];
  });
  app.get('/api/v1/sites', () => ({ items: [SITE], nextCursor: null }));
  app.get('/api/v1/floors', () => ({ items: market.floors, nextCursor: null }));
  app.get<{ Querystring: Record<string, string> }>('/api/v1/stalls', ({ query }) => {
    const wanted = market.stalls.filter((stall) => !query.floor || stall.floorId === Number(query.floor));
    return page(
      wanted.map((stall) => stallView(stall.id)),
      query,
    );
  });
  app.get<{ Params: { id: string } }>('/api/v1/stalls/:id', ({ params }, reply) => {
    const stall = stallView(Number(params.id));
    if (stall === undefined) return problem(reply, 404, 'there is no such stall');
    const devices = market.devices.filter((device) => device.place?.id === stall.id);
    return {
      ...stall,
      meters: devices
        .filter((device) => device.kind.endsWith('_meter'))
        .map((device, i) => ({
          meteringPointId: stall.id * 2 + i,
          commodity: device.kind === 'water_meter' ? 'water' : 'electricity',
          deviceId: device.id,
          serial: device.serial,
          registerId: stall.id * 2 + i,
          point: device.kind === 'water_meter' ? 'volume' : 'energy_import',
          multiplier: stall.id % 5 === 0 ? '30.0000' : '1.0000',
          online: device.online,
          lastReading: { ts: device.lastSeenAt, value: String(98_765_432 + stall.id) },
        })),
      devices: devices.map(({ id, kind, serial, online }) => ({ id, kind, serial, online })),
    };
  });

  deviceRoutes(app, market);
  app.get<{ Querystring: Record<string, string> }>('/api/v1/dead-letters', ({ query }) =>
    page(
      market.deadLetters.filter(
        (letter) => (!query.reason || letter.reason === query.reason) && has(letter.device, query.device),
      ),
      query,
    ),
  );
  chargingRoutes(app, market);

  if (options.dashboardDir !== undefined) {
    await app.register(fastifyStatic, { root: options.dashboardDir, preCompressed: true });
    app.setNotFoundHandler((request, reply) =>
      request.url.startsWith('/api/')
        ? problem(reply, 404, 'there is no such route')
        : reply.sendFile('index.html'),
    );
  }
  const url = await app.listen({ port: options.port ?? 0, host: '127.0.0.1' });

  return {
    url,
    market,
    ...live,
    down() {
      downNow = true;
      for (const socket of raw) socket.destroy();
    },
    restore() {
      live.restore();
      downNow = false;
    },
    endSessions: () => sessions.clear(),
    async close() {
      live.close();
      await app.close();
    },
  };
}

const NEEDS: readonly (readonly [string, readonly Permission[]])[] = [
  ['floors', ['floor:read']],
  ['stalls', ['floor:read']],
  ['devices', ['devices:read']],
  ['registers', ['readings:read']],
  ['dead-letters', ['dead-letters:read']],
  ['fee-lines', ['fee-lines:read', 'fee-lines:read-own']],
  ['billing', ['billing:run']],
  ['tariffs', ['tariffs:read']],
];

const toIso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
