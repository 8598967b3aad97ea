import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test } from 'vitest';
import { zFleetProgress } from '../../contracts/fleet.ts';
import { type RawBroker, startRawBroker } from './raw-broker.ts';

const CLI = fileURLToPath(new URL('../../device-sim/cli.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'stallgrid-sim-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let broker: RawBroker | undefined;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await broker?.close();
});

const start = (args: readonly string[]): ChildProcess => {
  const child = fork(CLI, args, { execArgv: ['--import', 'tsx'], silent: true });
  children.push(child);
  return child;
};

/** Runs the CLI to its end. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = start(args);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (text) => (out += text));
  child.stderr?.on('data', (text) => (err += text));
  const [code] = await once(child, 'close');
  return { code, out, err };
}

test('explains itself', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  for (const command of ['device', 'fleet', 'swarm']) expect(out).toContain(command);
  expect((await run('swarm', '--help')).out).toContain('example:');
});

test.each([
  [['frobnicate'], 'there is no command "frobnicate"'],
  [['swarm', '--windw', '3'], "Unknown option '--windw'"],
  [['swarm', '--window', 'x'], '--window x is wrong: a number from 1 to 65535'],
  [['swarm', '--payload', 'gif'], '--payload gif is wrong'],
  [['swarm', '--host', '192.0.2.1'], 'add --allow-remote'],
  [['swarm', '--credentials', '/nowhere'], '--credentials /nowhere'],
  [['device', '--site', 'demo'], '--device is needed'],
  [['device', '--site', 'demo', '--device', 'x', '--secret', 'y', '--trade', 'z'], '--trade z is wrong'],
  [['fleet', '--config', CLI, '--url', 'mqtt://127.0.0.1:1'], `--config ${CLI}`],
])('%j is answered with one line', async (args, line) => {
  const { code, err } = await run(...args);
  expect(err).toContain(line);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
});

test('swarm reports as JSON, with the clients of a file', async () => {
  broker = await startRawBroker();
  const file = join(dir, 'clients.csv');
  writeFileSync(file, 'a,user-a,secret-a,v1/x/a/up\n\nb,,,v1/x/b/up\n');
  const { code, out } = await run(
    ...['swarm', '--port', String(broker.port), '--credentials', file, '--messages', '50', '--json'],
  );
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ clients: 2, sent: 100, acked: 100, errors: {} });
  const seen = broker.connects.map((c) => [c.clientId, c.username, c.password && String(c.password)]);
  expect(seen).toEqual(expect.arrayContaining([['a', 'user-a', 'secret-a']]));
});

test('device prints what it sends, and ends by itself', async () => {
  broker = await startRawBroker();
  const { code, out } = await run(
    ...['device', '--url', `mqtt://127.0.0.1:${broker.port}`, '--site', 'demo', '--device', 'M-1'],
    ...['--secret', 's', '--profile', 'water-meter', '--history', '5', '--seconds', '3'],
  );
  expect(code).toBe(0);
  expect(out).toMatch(/^state {"online":true/m);
  expect(out).toMatch(/^up {4}\[{"ts":\d+,"values":{"volume":/m);
});

test('fleet tells the process that started it how far it is, and ends when that one is gone', async () => {
  broker = await startRawBroker();
  const config = join(dir, 'fleet.json');
  const devices = [{ id: 'E1', secret: 's', kind: 'electricity_meter', trade: 'meat', size: 900 }];
  const historyFrom = Math.floor(Date.now() / 3_600_000 - 10) * 3_600_000;
  writeFileSync(config, JSON.stringify({ site: 'x', timeZone: 'UTC', seed: 's', historyFrom, devices }));
  const child = start(['fleet', '--config', config, '--url', `mqtt://127.0.0.1:${broker.port}`]);
  const ended = once(child, 'exit');
  const progress = await new Promise((resolve) => {
    child.on('message', (message) => zFleetProgress.parse(message).historyDone && resolve(message));
  });
  expect(progress).toMatchObject({ devices: 1, connected: 1, backfilled: 11, backfillTotal: 11 });
  child.disconnect();
  expect(await ended).toEqual([0, null]);
});
