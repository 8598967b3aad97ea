import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyReply } from 'fastify';
import { BUILT_IN_PROFILES } from '../../domain/built-in-profiles.ts';
import { isStale } from '../../domain/floor.ts';
import { may, type Permission } from '../../domain/permissions.ts';
import { INTERVAL_S, type MockLive, startMockLive } from './mock-live.ts';
import { createMarket, type Market, type MockDevice, PASSWORD, PEOPLE } from './mock-market.ts';
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

  const problem = (reply: FastifyReply, status: number, detail: string) =>
    reply
      .code(status)
      .type('application/problem+json')
      .send({ type: 'about:blank', title: detail, status, detail });
  const page = <T>(items: readonly T[], query: Record<string, string>) => {
    const from = Number(query.cursor ?? 0);
    const limit = Number(query.limit ?? 100);
    const next = from + limit;
    return { items: items.slice(from, next), nextCursor: next < items.length ? String(next) : null };
  };
  const has = (text: string, part: string | undefined) =>
    part === undefined || text.toLowerCase().includes(part.toLowerCase());
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

  const profileOf = (id: string) => BUILT_IN_PROFILES.find((profile) => profile.id === id);
  const viewPoints = (id: string) =>
    (profileOf(id)?.points ?? []).map(({ name, type, unit }) => ({ name, type, unit: unit ?? null }));
  app.get<{ Querystring: Record<string, string> }>('/api/v1/devices', ({ query }) =>
    page(
      market.devices.filter(
        (device) =>
          (!query.kind || device.kind === query.kind) &&
          (!query.online || String(device.online) === query.online) &&
          has(`${device.serial} ${device.place?.code ?? ''}`, query.q),
      ),
      query,
    ),
  );
  app.get('/api/v1/profiles', () => ({
    items: BUILT_IN_PROFILES.map(({ id, revision, kind, name, intervalS }) => ({
      id,
      revision,
      kind,
      name,
      intervalS,
      points: viewPoints(id),
    })),
    nextCursor: null,
  }));
  app.post<{ Body: { site: string; serial: string; profile: string; place?: string } }>(
    '/api/v1/devices',
    ({ body }, reply) => {
      const profile = profileOf(body.profile);
      if (profile === undefined) return problem(reply, 422, 'body.profile: there is no such profile');
      if (market.devices.some((device) => device.serial === body.serial)) {
        return problem(reply, 409, 'the site has a device with this serial');
      }
      const stall = market.stalls.find((one) => one.code === body.place);
      if (body.place && stall === undefined)
        return problem(reply, 422, 'body.place: the site has no such place');
      const device: MockDevice = {
        id: body.serial,
        site: SITE.id,
        serial: body.serial,
        profile: profile.id,
        profileRevision: 1,
        kind: profile.kind,
        place: stall ? { id: stall.id, code: stall.code } : null,
        enabled: true,
        online: false,
        lastSeenAt: null,
        measuredAt: null,
        firmware: null,
        stale: true,
        createdAt: new Date().toISOString(),
      };
      market.devices.unshift(device);
      return reply.code(201).send({ ...device, ...secretOf(device), registers: registersOf(device) });
    },
  );
  const secretOf = (device: MockDevice) => ({
    secret: 'q7Yk2mXv9Rb4Tn6Lw1Zs8A',
    mqtt: {
      clientId: `${SITE.id}/${device.id}`,
      username: `${SITE.id}/${device.id}`,
      topic: `v1/${SITE.id}/${device.id}/up`,
    },
  });
  const registersOf = (device: MockDevice) =>
    (profileOf(device.profile)?.points ?? [])
      .filter((point) => point.register !== undefined)
      .map((point, i) => ({ id: 70_000 + market.devices.indexOf(device) * 2 + i, point: point.name }));
  type ById = { Params: { id: string } };
  const deviceOf = (id: string) => market.devices.find((one) => one.id === id);
  app.get<ById>('/api/v1/devices/:id', ({ params }, reply) => {
    const device = deviceOf(params.id);
    if (device === undefined) return problem(reply, 404, 'there is no such device');
    const values: Record<string, unknown> = {};
    for (const point of viewPoints(device.profile)) {
      values[point.name] = point.type === 'boolean' ? true : sampleOf(point.name, Date.now());
    }
    return {
      ...device,
      points: viewPoints(device.profile),
      commands: profileOf(device.profile)?.commands ?? [],
      intervalS: INTERVAL_S,
      registers: registersOf(device),
      latest: device.measuredAt === null ? null : { ts: device.measuredAt, values },
    };
  });
  app.post<ById>('/api/v1/devices/:id/secret', ({ params }, reply) => {
    const device = deviceOf(params.id);
    if (device === undefined) return problem(reply, 404, 'there is no such device');
    return { ...secretOf(device), previousUntil: new Date(Date.now() + 86_400_000).toISOString() };
  });
  app.get<{ Params: { id: string }; Querystring: Record<string, string> }>(
    '/api/v1/devices/:id/telemetry',
    ({ params, query }, reply) => {
      const from = Date.parse(query.from ?? '');
      const to = Date.parse(query.to ?? '');
      const step = Math.max(60_000, (to - from) / 180);
      const point = query.point ?? '';
      const unit =
        viewPoints(deviceOf(params.id)?.profile ?? '').find((one) => one.name === point)?.unit ?? null;
      const type = viewPoints(deviceOf(params.id)?.profile ?? '').find((one) => one.name === point)?.type;
      if (type === 'boolean' && query.every) return problem(reply, 422, 'there is no mean of a boolean');
      const samples = [];
      for (let at = from; at < to; at += step) {
        samples.push({ ts: new Date(at).toISOString(), value: sampleOf(point, at) });
      }
      return { point, unit, samples, truncated: false };
    },
  );
  app.get<{ Querystring: Record<string, string> }>('/api/v1/registers/:id/readings', ({ query }) => {
    const to = query.to ? Date.parse(query.to) : Date.now();
    const count = query.from ? Math.min(800, (to - Date.parse(query.from)) / 3_600_000) : 200;
    const items = Array.from({ length: Math.floor(count) }, (_, i) => ({
      ts: new Date(to - i * 3_600_000).toISOString(),
      value: String(Math.round(98_765_432 - i * 1_700)),
      unit: 'Wh',
      quality: i === 3 ? 'quarantined' : 'good',
      source: 'device',
      receivedAt: new Date(to - i * 3_600_000 + 400).toISOString(),
    }));
    return page(items, query);
  });
  app.get<ById>('/api/v1/devices/:id/commands', ({ params }) => ({
    items: market.commands.filter((one) => one.device === params.id).toReversed(),
    nextCursor: null,
  }));
  app.post<{ Params: { id: string }; Body: { op: string; reason?: string } }>(
    '/api/v1/devices/:id/commands',
    ({ params, body }, reply) => {
      const command: Market['commands'][number] = {
        id: randomUUID(),
        device: params.id,
        op: body.op,
        args: {},
        reason: body.reason ?? null,
        requestedBy: '王运营',
        status: 'queued',
        createdAt: new Date().toISOString(),
        expiresAt: new Date(Date.now() + 30_000).toISOString(),
        sentAt: null,
        finishedAt: null,
        result: null,
      };
      market.commands.push(command);
      setTimeout(
        () => Object.assign(command, { status: 'sent', sentAt: new Date().toISOString() }),
        500,
      ).unref();
      setTimeout(() => {
        const status = params.id.includes('OFFLINE') ? 'expired' : 'succeeded';
        Object.assign(command, { status, finishedAt: new Date().toISOString() });
      }, 2_500).unref();
      return reply.code(201).send(command);
    },
  );
  app.get<{ Querystring: Record<string, string> }>('/api/v1/dead-letters', ({ query }) =>
    page(
      market.deadLetters.filter(
        (letter) => (!query.reason || letter.reason === query.reason) && has(letter.device, query.device),
      ),
      query,
    ),
  );
  app.get<{ Querystring: Record<string, string> }>('/api/v1/fee-lines', ({ query }) =>
    page(
      market.feeLines.filter(
        (line) =>
          (!query.period || line.period === query.period) &&
          (!query.commodity || line.commodity === query.commodity) &&
          (!query.stall || line.lease.stall === query.stall),
      ),
      query,
    ),
  );
  app.get<ById>('/api/v1/fee-lines/:id', ({ params }, reply) => {
    const line = market.feeLines.find((one) => one.id === Number(params.id));
    return line ?? problem(reply, 404, 'there is no such fee line');
  });
  app.get('/api/v1/billing/runs', () => ({ items: market.runs.toReversed(), nextCursor: null }));
  app.get('/api/v1/periods', () => ({ items: [], nextCursor: null }));
  app.get<ById>('/api/v1/billing/runs/:id', ({ params }, reply) => {
    const run = market.runs.find((one) => one.id === Number(params.id));
    return run ?? problem(reply, 404, 'there is no such run');
  });
  app.post<{ Body: { period: string } }>('/api/v1/billing/runs', ({ body }, reply) => {
    const run: Market['runs'][number] = {
      id: market.runs.length + 1,
      site: SITE.id,
      period: body.period,
      kind: 'charge',
      comparedRunId: null,
      status: 'queued',
      requestedBy: '李会计',
      requestedAt: new Date().toISOString(),
      startedAt: null,
      finishedAt: null,
      pointsTotal: 0,
      pointsDone: 0,
      linesPosted: 0,
      amountPosted: '0',
      problems: [],
      error: null,
    };
    market.runs.push(run);
    const step = setInterval(() => {
      const done = Math.min(620, run.pointsDone + 155);
      Object.assign(run, {
        status: 'running',
        startedAt: run.requestedAt,
        pointsTotal: 620,
        pointsDone: done,
      });
      if (done < 620) return;
      clearInterval(step);
      Object.assign(run, {
        status: 'succeeded',
        finishedAt: new Date().toISOString(),
        linesPosted: market.feeLines.length,
        amountPosted: String(market.feeLines.reduce((sum, line) => sum + BigInt(line.amount), 0n)),
        problems: [
          { meteringPointId: 42, code: 'no_reading', detail: 'no reading after the end of the period' },
        ],
      });
    }, 400);
    step.unref();
    return reply.code(202).send(run);
  });
  app.get('/api/v1/tariffs', () => ({ items: market.tariffs, nextCursor: null }));
  app.post<{ Body: { usage: { quantity?: string } } }>('/api/v1/tariffs/preview', ({ body }) => {
    const quantity = BigInt(body.usage.quantity ?? '1000000');
    const amount = String((quantity * 95n) / 10_000n);
    return {
      currency: 'CNY',
      digits: 2,
      quantity: String(quantity),
      amount,
      lines: [
        {
          component: 'water',
          band: 'all',
          quantity: String(quantity),
          unitPrice: '9.5',
          unrounded: '9.5',
          amount,
        },
      ],
    };
  });

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
/** A plausible day: quiet at night, a morning rush. */
function sampleOf(point: string, at: number): number {
  const hour = (at / 3_600_000 + 8) % 24;
  const load = Math.exp(-(((hour - 8) / 4) ** 2)) + 0.5 * Math.exp(-(((hour - 16) / 3) ** 2)) + 0.08;
  if (point === 'power') return Math.round(2_400 * load + 60 * Math.sin(at / 400_000));
  if (point === 'voltage') return 229.8;
  if (point === 'temperature') return 21.4;
  if (point === 'battery') return 87;
  return Math.round((at / 3_600_000 - 480_000) * 1.7 * 1000) / 1000;
}
