import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { BUILT_IN_PROFILES } from '../../domain/built-in-profiles.ts';
import { type ById, has, page, problem } from './mock-answers.ts';
import { INTERVAL_S } from './mock-live.ts';
import type { Market, MockDevice } from './mock-market.ts';
import { SITE } from './mock-site.ts';

/** Devices, their telemetry, readings and commands. */
export function deviceRoutes(app: FastifyInstance, market: Market): void {
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
}

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
