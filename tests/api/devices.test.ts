import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openPostgresTelemetry } from '../../store/telemetry/postgres.ts';
import { createMarket, SITE } from './market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await createMarket(api.db, 2);
});
afterEach(() => api.way.mend());
afterAll(() => api.close());

const register = (serial: string, more: object = {}) =>
  api.call({
    method: 'POST',
    url: '/api/v1/devices',
    payload: { site: SITE, serial, profile: 'electricity-meter', ...more },
  });
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

test('a device is registered with its registers, and its secret is shown once and kept as a hash', async () => {
  const { status, body, headers } = await register('M1', { place: 'A001' });
  expect(status).toBe(201);
  expect(headers.location).toBe('/api/v1/devices/M1');
  expect(headers['cache-control']).toBe('no-store');
  expect(body).toMatchObject({
    id: 'M1',
    kind: 'electricity_meter',
    place: { code: 'A001' },
    online: false,
    stale: true,
    mqtt: { clientId: `${SITE}/M1`, username: `${SITE}/M1`, topic: `v1/${SITE}/M1/up` },
    registers: [{ point: 'energy_import' }],
  });
  expect(Buffer.from(body.secret, 'base64url').length * 8).toBeGreaterThanOrEqual(128);
  const { rows } = await api.db.$client.query('SELECT * FROM devices WHERE id = $1', ['M1']);
  expect(rows[0].secret_hash).toEqual(sha256(body.secret));
  const registers = await api.db.$client.query('SELECT modulus FROM registers WHERE device_id = $1', ['M1']);
  expect(registers.rows).toEqual([{ modulus: String(10 ** 6 * 1000) }]);
  const detail = await api.call({ url: '/api/v1/devices/M1' });
  expect(JSON.stringify(detail.body)).not.toContain(body.secret);
});

test('a serial is there once in a site; another site’s device with it gets another id', async () => {
  expect((await register('M2')).status).toBe(201);
  const again = await register('M2');
  expect(again.status).toBe(409);
  expect(again.body.detail).toBe('the site has a device with this serial');
  await api.call({ method: 'POST', url: '/api/v1/sites', payload: { id: 'm2', name: 'B', timeZone: 'UTC' } });
  expect((await register('M2', { site: 'm2' })).body).toMatchObject({
    id: 'M2-m2',
    serial: 'M2',
    site: 'm2',
  });
  const long = 'L'.repeat(64);
  expect((await register(long)).body.id).toBe(long);
  const second = await register(long, { site: 'm2' });
  expect(second.body.id).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
  expect(second.body.id).not.toBe(long);
});

test.each([
  [{ profile: 'toaster' }, 422],
  [{ site: 'nowhere' }, 422],
  [{ place: 'no such stall' }, 422],
  [{ serial: 'a/b' }, 400],
  [{ serial: '+' }, 400],
])('%j is refused', async (more, status) => {
  expect((await register('M3', more)).status).toBe(status);
});

test('devices are found by site, kind, connection and text', async () => {
  await register('FIND-9');
  const ids = async (query: string): Promise<string[]> =>
    (await api.call({ url: `/api/v1/devices?${query}` })).body.items.map(({ id }: { id: string }) => id);
  expect(await ids('q=find-9')).toEqual(['FIND-9']);
  expect(await ids('kind=stall_sensor')).toEqual(['S-A001', 'S-A002']);
  expect(await ids('q=A002')).toEqual(['S-A002']);
  expect(await ids('site=nowhere')).toEqual([]);
  expect(await ids('q=%25')).toEqual([]);
  expect(await ids('online=true')).toEqual([]);
  await api.db.$client.query(
    "UPDATE device_states SET online = true, last_seen_at = now() WHERE device_id = 'FIND-9'",
  );
  expect(await ids('online=true')).toEqual(['FIND-9']);
  expect((await api.call({ url: '/api/v1/devices/FIND-9' })).body).toMatchObject({
    online: true,
    stale: false,
  });
});

test('a rotated secret leaves the one before good for a while', async () => {
  const { body: made } = await register('M4');
  const rotated = await api.call({
    method: 'POST',
    url: '/api/v1/devices/M4/secret',
    payload: { overlapS: 60 },
  });
  expect(rotated.status).toBe(200);
  expect(rotated.body.secret).not.toBe(made.secret);
  expect(Date.parse(rotated.body.previousUntil)).toBeGreaterThan(Date.now());
  const { rows } = await api.db.$client.query('SELECT * FROM devices WHERE id = $1', ['M4']);
  expect(rows[0].secret_hash).toEqual(sha256(rotated.body.secret));
  expect(rows[0].previous_secret_hash).toEqual(sha256(made.secret));
  expect(rows[0].previous_secret_expires_at.toISOString()).toBe(rotated.body.previousUntil);
  expect((await api.call({ method: 'POST', url: '/api/v1/devices/none/secret', payload: {} })).status).toBe(
    404,
  );
});

test('a device is let in no longer, and again', async () => {
  await register('M5');
  const set = (enabled: boolean) =>
    api.call({ method: 'PATCH', url: '/api/v1/devices/M5', payload: { enabled } });
  expect((await set(false)).body.enabled).toBe(false);
  expect((await set(true)).body.enabled).toBe(true);
  expect(
    (await api.call({ method: 'PATCH', url: '/api/v1/devices/none', payload: { enabled: true } })).status,
  ).toBe(404);
});

test('profiles are listed with their points', async () => {
  const { body } = await api.call({ url: '/api/v1/profiles' });
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining(['electricity-meter', 'water-meter', 'stall-sensor', 'gate']),
  );
  expect(body.items[0].points.length).toBeGreaterThan(0);
});

test('telemetry is answered raw and as means, and says when there is more than one answer holds', async () => {
  await register('M6');
  const from = Date.UTC(2026, 9, 1);
  const telemetry = openPostgresTelemetry(api.db);
  await telemetry.write(
    Array.from({ length: 5_001 }, (_, n) => ({
      site: SITE,
      device: 'M6',
      ts: from + n * 1000,
      values: { power: n % 2 === 0 ? 100 : 200, voltage: 230 },
    })),
  );
  const ask = (query: Record<string, string>) =>
    api.call({
      url: '/api/v1/devices/M6/telemetry',
      query: { point: 'power', from: new Date(from).toISOString(), to: String(from + 7_200_000), ...query },
    });
  const raw = await ask({});
  expect(raw.status).toBe(200);
  expect(raw.body).toMatchObject({ point: 'power', unit: 'W', truncated: true });
  expect(raw.body.samples).toHaveLength(5_000);
  expect(raw.body.samples[0]).toEqual({ ts: '2026-10-01T00:00:00.000Z', value: 100 });
  const short = await ask({ to: String(from + 3_000) });
  expect(short.body).toMatchObject({ truncated: false, samples: [{}, {}, {}] });
  const means = await ask({ every: '1m', to: String(from + 120_000) });
  expect(means.body.samples).toEqual([
    { ts: '2026-10-01T00:00:00.000Z', value: 150 },
    { ts: '2026-10-01T00:01:00.000Z', value: 150 },
  ]);
  expect((await ask({ point: 'none' })).status).toBe(422);
  expect((await ask({ every: '5 minutes' })).status).toBe(400);
  expect((await ask({ to: String(from) })).status).toBe(422);
  expect((await ask({ from: '2020-01-01T00:00:00Z' })).status).toBe(422);
  expect((await ask({ from: 'yesterday' })).status).toBe(400);
  const detail = await api.call({ url: '/api/v1/devices/M6' });
  expect(detail.status).toBe(200);
});

test('a telemetry store that is away is 503, and the device is still shown', async () => {
  await register('M7');
  const away = () => Promise.reject(new Error('connect ECONNREFUSED 10.1.2.3'));
  const other = await startTestApi({
    telemetry: { write: away, query: away, latest: away, ping: away, close: async () => {} },
  });
  await createMarket(other.db, 1);
  const query = 'point=temperature&from=1764806400000&to=1764806500000';
  const answer = await other.call({ url: `/api/v1/devices/S-A001/telemetry?${query}` });
  expect(answer.status).toBe(503);
  expect(JSON.stringify(answer.body)).not.toContain('10.1.2.3');
  expect((await other.call({ url: '/api/v1/devices/S-A001' })).body).toMatchObject({
    id: 'S-A001',
    latest: null,
  });
  await other.close();
});

test('a command is queued, listed and shown; only what the profile knows is taken', async () => {
  await register('G1', { profile: 'gate' });
  const send = (payload: object, as?: 'integrator') =>
    api.call({ method: 'POST', url: '/api/v1/devices/G1/commands', payload, as });
  const sent = await send({ op: 'open', reason: '消防演练', args: { lane: 1 } });
  expect(sent.status).toBe(202);
  expect(sent.body).toMatchObject({ device: 'G1', op: 'open', status: 'queued', requestedBy: 'ADMIN_TOKEN' });
  expect(sent.headers.location).toBe(`/api/v1/commands/${sent.body.id}`);
  expect((await api.call({ url: `/api/v1/commands/${sent.body.id}` })).body).toEqual(sent.body);
  expect((await api.call({ url: '/api/v1/devices/G1/commands' })).body.items).toEqual([sent.body]);
  expect((await send({ op: 'explode' })).status).toBe(422);
  expect((await send({ op: 'open', expiresInS: 0 })).status).toBe(400);
  expect((await send({ op: 'open', args: { x: 'x'.repeat(20_000) } })).status).toBe(422);
  expect((await api.call({ url: '/api/v1/commands/00000000-0000-4000-8000-000000000000' })).status).toBe(404);
  await api.call({ method: 'PATCH', url: '/api/v1/devices/G1', payload: { enabled: false } });
  expect((await send({ op: 'open' })).status).toBe(409);
});

test('a device does not gather commands for ever', async () => {
  await register('G2', { profile: 'gate' });
  const statuses: number[] = [];
  for (let n = 0; n < 101; n++) {
    const payload = { op: 'open' };
    statuses.push((await api.call({ method: 'POST', url: '/api/v1/devices/G2/commands', payload })).status);
  }
  expect(statuses.slice(0, 100)).toEqual(Array(100).fill(202));
  expect(statuses[100]).toBe(429);
});
