import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInfluxTelemetry } from '../../../store/telemetry/influx.ts';
import type { TelemetryStore } from '../../../store/telemetry/port.ts';
import { skipInflux, startTestInfluxd } from '../../support/influxd.ts';
import { describeTelemetryStore } from './contract.ts';

describe.skipIf(skipInflux)('InfluxDB 1.x', () => {
  let server: Awaited<ReturnType<typeof startTestInfluxd>>;
  beforeAll(async () => {
    server = await startTestInfluxd();
  });
  afterAll(() => server?.remove());
  const openStore = (bucket: string) =>
    openInfluxTelemetry({ url: server.url, token: '', org: '', bucket, api: 'v1' });

  describeTelemetryStore('InfluxDB 1.x', async () => ({
    store: openStore('market'),
    remove: async () => {},
  }));

  it('creates its database at the first write, whatever its name', async () => {
    const store = openStore('a "strange" name');
    expect(
      await store.write([{ site: 's', device: 'd', ts: 1_700_000_000_000, values: { power: 1 } }]),
    ).toEqual([]);
    const query = {
      site: 's',
      device: 'd',
      point: 'power',
      from: 1_699_999_999_999,
      to: 1_700_000_000_001,
      limit: 9,
    };
    await expect.poll(() => store.query(query)).toEqual([{ ts: 1_700_000_000_000, value: 1 }]);
  });

  it('stores everything but the point whose type the server refuses, and says which it was', async () => {
    const store = openStore('conflicts');
    const at = (ts: number, device: string, values: Record<string, number | string>) => ({
      site: 's',
      device,
      ts,
      values,
    });
    const ts = 1_700_000_000_000;
    await store.write([at(ts, 'a', { mode: 1 })]);
    const rows = Array.from({ length: 50 }, (_, i) =>
      at(ts + i, 'b', { power: i, mode: i === 17 ? 'eco' : i }),
    );
    const refused = await store.write(rows);
    expect(refused).toEqual([
      { device: 'b', ts: ts + 17, points: ['mode'], fault: expect.stringContaining('field type conflict') },
    ]);
    const query = { site: 's', device: 'b', from: ts, to: ts + 50, limit: 100 };
    await expect.poll(async () => (await store.query({ ...query, point: 'power' })).length).toBe(50);
    await expect.poll(async () => (await store.query({ ...query, point: 'mode' })).length).toBe(49);
  });

  it('does not insist on what is older than the operator keeps', async () => {
    const statement = 'CREATE DATABASE short WITH DURATION 1h SHARD DURATION 1h NAME short';
    await fetch(`${server.url}/query`, { method: 'POST', body: new URLSearchParams({ q: statement }) });
    const store = openStore('short');
    const now = Date.now();
    const row = (ts: number) => ({ site: 's', device: 'd', ts, values: { power: ts } });
    expect(await store.write([row(now - 86_400_000), row(now)])).toEqual([]);
    const query = { site: 's', device: 'd', point: 'power', from: 0, to: now + 1, limit: 9 };
    await expect.poll(() => store.query(query)).toEqual([{ ts: now, value: now }]);
  });

  it('rejects a write while the server is away', async () => {
    const away = openInfluxTelemetry({
      url: 'http://127.0.0.1:1',
      token: '',
      org: '',
      bucket: 'x',
      api: 'v1',
    });
    await expect(away.write([{ site: 's', device: 'd', ts: 1, values: { power: 1 } }])).rejects.toThrow(
      /ECONNREFUSED/,
    );
    await expect(away.ping()).rejects.toThrow();
  });
});

/** Only the wire is tested here: no 2.x server can be installed for tests. */
describe('InfluxDB 2.x', () => {
  const row = { site: 's', device: 'd', ts: 1_700_000_000_000, values: { power: 1.5, open: true } };
  let status = 204;
  const requests: {
    method: string | undefined;
    url: string | undefined;
    token: string | undefined;
    body: string;
  }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    requests.push({ method, url, token: headers.authorization, body });
    if (status === 0) return;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 204 ? undefined : JSON.stringify({ code: 'x', message: 'field type conflict' }));
  });
  let store: TelemetryStore;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    store = openInfluxTelemetry({
      url,
      token: 'secret',
      org: 'the org',
      bucket: 'b/1',
      api: 'v2',
      timeoutMs: 300,
    });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('takes line protocol on the v2 path, with the token', async () => {
    expect(await store.write([row])).toEqual([]);
    expect(requests.at(-1)).toEqual({
      method: 'POST',
      url: '/api/v2/write?org=the%20org&bucket=b%2F1&precision=ms',
      token: 'Token secret',
      body: 'telemetry,device=d,site=s power=1.5,open=true 1700000000000',
    });
  });

  it('is asked again when it fails, times out or has no room, but not when it refuses the data', async () => {
    for (status of [401, 404, 429, 500, 503]) await expect(store.write([row])).rejects.toThrow();
    status = 0;
    await expect(store.write([row])).rejects.toThrow(/abort/i);
    status = 422;
    expect(await store.write([row])).toEqual([
      { device: 'd', ts: row.ts, points: ['power'], fault: 'field type conflict' },
      { device: 'd', ts: row.ts, points: ['open'], fault: 'field type conflict' },
    ]);
  });
});
