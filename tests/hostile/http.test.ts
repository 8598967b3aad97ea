import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '../../store/auth.ts';
import { ADMIN_TOKEN, startTestApi, type TestApi } from '../api/support.ts';
import { eventually } from '../support/eventually.ts';
import { RawHttpClient } from './http-client.ts';

const LIMITS = {
  connectionsMaxEach: 20,
  headersMsMax: 1_500,
  requestMsMax: 2_000,
  lookEveryMs: 50,
  stalledMsMax: 1_500,
  keepAliveMs: 2_000,
  takingMsMax: 6_000,
  requestsPerConnectionMax: 50,
};
const BIG = 'assets/big.js';
let dashboardDir: string;
let api: TestApi;
let port: number;
beforeAll(async () => {
  dashboardDir = mkdtempSync(join(tmpdir(), 'stallgrid-hostile-'));
  mkdirSync(join(dashboardDir, 'assets'));
  writeFileSync(join(dashboardDir, 'index.html'), '');
  // More than the kernel takes off the server's hands.
  writeFileSync(join(dashboardDir, BIG), Buffer.alloc(64 * 1024 * 1024, 'x'));
  api = await startTestApi({ limits: LIMITS, dashboardDir });
  port = await api.listen();
});
afterAll(async () => {
  await api.close();
  rmSync(dashboardDir, { recursive: true });
});

/** Somebody on another network asks for something and gets it. */
async function goodUserIsServed(): Promise<void> {
  const good = await RawHttpClient.open(port, { from: '127.0.0.9' });
  good.socket.write(
    `GET /api/v1/sites HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\nConnection: close\r\n\r\n`,
  );
  await good.closed;
  expect(good.statuses).toEqual([200]);
}

async function refusals(reason: string): Promise<number> {
  const text = await register.metrics();
  return Number(
    new RegExp(`^stallgrid_api_refused_total\\{reason="${reason}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0,
  );
}

describe('a client that sends', () => {
  it('no request at all is closed after the time for headers', async () => {
    const silent = await RawHttpClient.open(port);
    await silent.closed;
  });

  it('its headers a byte at a time is closed, and the reason counted', async () => {
    const before = await refusals('slow_request');
    const slow = await RawHttpClient.open(port);
    void slow.drip(`GET /healthz HTTP/1.1\r\nX-Slow: ${'a'.repeat(10_000)}`, 20);
    await goodUserIsServed();
    await slow.closed;
    expect(await refusals('slow_request')).toBeGreaterThan(before);
  });

  it('its body a byte at a time is closed', async () => {
    const slow = await RawHttpClient.open(port);
    slow.socket.write(
      `POST /api/v1/sites HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n`,
    );
    void slow.drip('x'.repeat(10_000), 20);
    await goodUserIsServed();
    await slow.closed;
  });

  it('headers without end is told so and closed', async () => {
    const endless = await RawHttpClient.open(port);
    endless.socket.write(`GET /healthz HTTP/1.1\r\nX-Long: ${'a'.repeat(100_000)}`);
    await endless.closed;
    expect(endless.statuses).toEqual([431]);
  });

  it('a body beyond the limit is told so', async () => {
    const { status } = await api.call({
      method: 'POST',
      url: '/api/v1/sites',
      payload: { id: 'x'.repeat(1024 * 1024) },
    });
    expect(status).toBe(413);
  });

  it.each([
    ['arrays', `{"id":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['objects', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ])('%s within one another without end is told so', async (_what, payload) => {
    const before = await refusals('too_deep');
    const headers = { 'content-type': 'application/json' };
    const { status, body } = await api.call({ method: 'POST', url: '/api/v1/sites', headers, payload });
    expect(status).toBe(400);
    expect(body.detail).toContain('64 levels');
    expect(await refusals('too_deep')).toBe(before + 1);
  });

  it.each(['{"__proto__":{"role":"operator"}}', '{"constructor":{"prototype":{"role":"operator"}}}'])(
    '%s changes no prototype and is told that it is wrong',
    async (payload) => {
      const headers = { 'content-type': 'application/json' };
      const { status } = await api.call({ method: 'POST', url: '/api/v1/sites', headers, payload });
      expect(status).toBe(400);
      expect(({} as { role?: string }).role).toBeUndefined();
    },
  );
});

describe('a client that does not read', () => {
  it('its answer is closed when nothing has moved for the limit, and others are served meanwhile', async () => {
    const before = await refusals('slow_reader');
    const deaf = await RawHttpClient.open(port, { reads: false });
    deaf.socket.write(`GET /${BIG} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await goodUserIsServed();
    await eventually(async () => expect(await refusals('slow_reader')).toBe(before + 1));
    deaf.end();
  });

  it('fast enough is closed when its answer takes longer than the limit', async () => {
    const before = await refusals('slow_reader');
    const slow = await RawHttpClient.open(port, { reads: false });
    slow.socket.write(`GET /${BIG} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const sips = setInterval(() => slow.socket.read(200_000), 100);
    await eventually(async () => expect(await refusals('slow_reader')).toBe(before + 1));
    clearInterval(sips);
    slow.end();
  });
});

describe('a client that sends requests in advance', () => {
  const request = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';

  it('is answered in order as long as they are few', async () => {
    const client = await RawHttpClient.open(port);
    client.socket.write(request.repeat(10));
    await eventually(() => expect(client.statuses).toEqual(Array(10).fill(200)));
    client.end();
  });

  it('without end is refused and closed, and others are served meanwhile', async () => {
    const before = await refusals('too_many_at_once');
    const flood = await RawHttpClient.open(port);
    flood.socket.write(request.repeat(20_000));
    await goodUserIsServed();
    await flood.closed;
    expect(flood.statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(50);
    expect(await refusals('too_many_at_once')).toBeGreaterThan(before);
  });
});

describe('a network that opens connections without end', () => {
  it('gets so many, and another network gets its own', async () => {
    const before = await refusals('too_many_connections_of_network');
    const many = await Promise.all(
      Array.from({ length: 40 }, () => RawHttpClient.open(port, { from: '127.0.0.5' })),
    );
    await goodUserIsServed();
    await eventually(async () => expect(await refusals('too_many_connections_of_network')).toBe(before + 20));
    for (const client of many) client.end();
    await eventually(async () => {
      const again = await RawHttpClient.open(port, { from: '127.0.0.5' });
      again.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await again.closed;
      expect(again.statuses).toEqual([200]);
    });
  });
});

describe('a network that tries passwords', () => {
  it('all at once has a few checked, and no more wrong ones than the limit', async () => {
    await createUser(api.db, { username: 'ops', password: 'correct horse', name: 'Ops', role: 'operator' });
    const tries = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        api.call({
          method: 'POST',
          url: '/api/auth/sign-in/username',
          as: 'nobody',
          payload: { username: 'ops', password: `guess ${n}` },
        }),
      ),
    );
    const checked = tries.filter(({ status }) => status === 401).length;
    expect(checked).toBeGreaterThan(0);
    expect(checked).toBeLessThanOrEqual(8);
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(60 - checked);
    await goodUserIsServed();
  });
});
