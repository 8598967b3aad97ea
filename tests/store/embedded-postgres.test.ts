import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../store/embedded/postgres.ts';
import { eventually } from '../support/eventually.ts';

const dir = mkdtempSync(join(tmpdir(), 'stallgrid-embedded-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const serverPid = (): number =>
  Number(readFileSync(join(dir, 'cluster/postmaster.pid'), 'utf8').split('\n')[0]);

async function ask(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

test('a server that is killed comes back on the same address with its data', {
  timeout: 60_000,
}, async () => {
  const server = await startEmbeddedPostgres({ dir });
  await ask(server.url, 'CREATE TABLE kept AS SELECT 1 AS n');
  const before = serverPid();
  process.kill(before, 'SIGKILL');
  await eventually(async () => expect(await ask(server.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]));
  expect(serverPid()).not.toBe(before);
  await server.stop();
  await expect(ask(server.url, 'SELECT 1')).rejects.toThrow();
});

test('a server that a killed process left behind is taken over with its data', {
  timeout: 60_000,
}, async () => {
  const module = new URL('../../store/embedded/postgres.ts', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(async ({ startEmbeddedPostgres }) => {
    await startEmbeddedPostgres({ dir: ${JSON.stringify(dir)} });
    process.kill(process.pid, 'SIGKILL');
  });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: 'ignore',
  });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  const leftBehind = serverPid();
  const server = await startEmbeddedPostgres({ dir });
  expect(await ask(server.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  expect(serverPid()).not.toBe(leftBehind);
  await server.stop();
});
