import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('an api of several machines does not start without the secret that all of them share', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-secret-'));
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'main.ts', 'api'], {
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: dir },
      // Nobody listens there: it must not come to that.
      ...{ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', JOURNAL_URL: 'nats://127.0.0.1:1' },
    },
    encoding: 'utf8',
    timeout: 60_000,
  });
  rmSync(dir, { recursive: true, force: true });
  expect(stderr).toContain('AUTH_SECRET is needed with JOURNAL_URL');
  expect(status).toBe(2);
}, 90_000);
