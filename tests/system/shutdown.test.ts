import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { meterPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { freePort } from '../../store/embedded/free-port.ts';
import { createMarket } from '../api/market.ts';
import { eventually } from '../support/eventually.ts';
import { balance, registerMeters } from '../support/meters.ts';
import { ADMIN_TOKEN, type Platform, startPlatform } from '../support/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

interface LogLine {
  readonly severity: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

let database: TestDatabase;
let platform: Platform | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await platform?.remove();
  platform = undefined;
  await database.drop();
});

async function start(env: Record<string, string> = {}): Promise<Platform> {
  platform = await startPlatform({ env: { DATABASE_URL: database.url, LOG_LEVEL: 'info', ...env } });
  return platform;
}

const logOf = ({ dataDir }: Platform): LogLine[] =>
  readFileSync(join(dataDir, 'platform.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function ended(one: Platform): Promise<void> {
  await eventually(() => expect(() => process.kill(one.pid, 0)).toThrow(), 30_000);
}

test('what was acknowledged while a platform was told to stop is there once, and the next one goes on', {
  timeout: 180_000,
}, async () => {
  let running = await start();
  const clients = await registerMeters(running, 20);
  const payload = meterPayload({ startTs: Date.now() - 3_600_000 });
  const swarm = runSwarm({
    ...{ host: '127.0.0.1', port: running.mqttPort, clients, window: 20, rate: 500 },
    ...{ durationMs: 20_000, payload },
  });
  await sleep(4_000);
  await running.stop();
  const result = await swarm;
  expect(result.acked).toBeGreaterThan(100);
  const log = logOf(running);
  expect(log.at(-1)?.msg).toBe('stopped');
  expect(log.filter(({ severity }) => severity === 'error')).toEqual([]);

  running = await running.restart();
  platform = running;
  await eventually(async () => {
    expect((await balance(database.db, result, payload)).missing).toBe(0);
  });
  expect((await balance(database.db, result, payload)).wrong).toBe(0);
});

test('pages are told to come back, requests that are being sent are answered, and /readyz is red first', {
  timeout: 120_000,
}, async () => {
  const metricsPort = await freePort();
  const running = await start({ METRICS_PORT: String(metricsPort), SHUTDOWN_DELAY: '3' });
  const { floor } = await createMarket(database.db, 1);
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}/api/v1/live?floor=${floor}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  await once(socket, 'message');
  const closed = once(socket, 'close');

  // Its head has come, its body is on the way when the platform is told to stop.
  const sent = httpRequest(`${running.url}/api/v1/sites`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      'content-type': 'application/json',
      'x-request-id': 'in-flight.1',
      'transfer-encoding': 'chunked',
    },
  });
  const answered = once(sent, 'response');
  sent.write('{"id":"late","name":"Late",');
  await sleep(500);

  process.kill(running.pid, 'SIGTERM');
  await eventually(async () => {
    const response = await fetch(`http://127.0.0.1:${metricsPort}/readyz`);
    expect(response.status).toBe(503);
    const { checks } = (await response.json()) as { checks: Record<string, { ok: boolean; detail: string }> };
    expect(checks.process).toMatchObject({ ok: false, detail: expect.stringContaining('stopping') });
  });
  // Load balancers have not noticed yet: who comes now is served.
  expect((await fetch(`${running.url}/livez`)).status).toBe(200);

  const [code] = await closed;
  expect(code).toBe(1012);
  sent.end('"timeZone":"Asia/Shanghai","currency":"CNY"}');
  const [response] = await answered;
  expect(response.statusCode).toBe(201);
  expect(response.headers).toMatchObject({ connection: 'close', 'x-request-id': 'in-flight.1' });
  response.resume();
  await ended(running);
  expect(logOf(running).at(-1)?.msg).toBe('stopped');
  const { rows } = await database.db.$client.query(`SELECT id FROM sites WHERE id = 'late'`);
  expect(rows).toHaveLength(1);
});

test('every line of the log is JSON, and names request, site and device', { timeout: 120_000 }, async () => {
  const running = await start({ LOG_LEVEL: 'info' });
  const [meter] = await registerMeters(running, 1);
  if (!meter) throw new Error('no meter');
  const [site, device] = meter.clientId.split('/');

  const wrong = 'certainly-not-the-secret';
  await expect(
    connectAsync({
      ...{ host: '127.0.0.1', port: running.mqttPort, clientId: meter.clientId, username: meter.clientId },
      ...{ password: wrong, reconnectPeriod: 0 },
    }),
  ).rejects.toThrow();

  const client = await connectAsync({
    ...{ host: '127.0.0.1', port: running.mqttPort, clientId: meter.clientId, username: meter.clientId },
    ...{ password: meter.password ?? '', reconnectPeriod: 0 },
  });
  await client.publishAsync(`v1/${meter.clientId}/up`, 'this is not JSON', { qos: 1 });
  await client.endAsync();

  // A statement that fails in the middle of a request: its table is away for a moment.
  await database.db.$client.query('ALTER TABLE parties RENAME TO parties_away');
  try {
    const failed = await fetch(`${running.url}/api/v1/parties?site=${site}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'x-request-id': 'find-me' },
    });
    expect(failed.status).toBe(500);
    expect(failed.headers.get('x-request-id')).toBe('find-me');
  } finally {
    await database.db.$client.query('ALTER TABLE parties_away RENAME TO parties');
  }
  const odd = await fetch(`${running.url}/livez`, { headers: { 'x-request-id': 'two words' } });
  expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);

  await eventually(() => {
    const log = logOf(running);
    expect(log).toContainEqual(
      expect.objectContaining({ part: 'broker', msg: 'broker: wrong credentials', site, device }),
    );
    expect(log).toContainEqual(
      expect.objectContaining({
        part: 'ingest',
        msg: 'ingest: dead letter',
        site,
        device,
        reason: expect.any(String),
      }),
    );
    expect(log).toContainEqual(
      expect.objectContaining({
        part: 'api',
        msg: 'request failed',
        severity: 'error',
        requestId: 'find-me',
      }),
    );
  });
  const text = readFileSync(join(running.dataDir, 'platform.log'), 'utf8');
  for (const secret of [wrong, meter.password ?? wrong, ADMIN_TOKEN]) expect(text).not.toContain(secret);
});

test('a process without an api serves its own health and metrics, and ends with 0', {
  timeout: 120_000,
}, async () => {
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), 'stallgrid-billing-'));
  const child = spawn(process.execPath, ['--import', 'tsx', 'main.ts', 'billing'], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      METRICS_PORT: String(port),
    },
  });
  const exited = once(child, 'exit');
  try {
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), 60_000);
    const { checks } = (await (await fetch(`${url}/readyz`)).json()) as { checks: object };
    expect(Object.keys(checks).sort()).toEqual(['postgres', 'process']);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^stallgrid_billing_runs_open 0$/m);
  } finally {
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    rmSync(dataDir, { recursive: true, force: true });
  }
});
