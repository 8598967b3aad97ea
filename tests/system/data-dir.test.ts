import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const isRoot = process.getuid?.() === 0;
/** Permissions do not bind root. */
const AS_NOBODY = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
const [command = '', ...args] = [...AS_NOBODY, process.execPath, '--import', 'tsx', '-e', ''];
const nobodyCanRun = spawnSync(command, args).status === 0;
if (!nobodyCanRun) console.log('nobody but root can run node here: what permissions forbid is skipped');

const root = mkdtempSync(join(tmpdir(), 'stallgrid-data-dir-'));
const temporary = join(root, 'tmp');
let database: TestDatabase;
let dir: string;
let dirs = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  chmodSync(root, 0o755);
  mkdirSync(temporary);
  chmodSync(temporary, 0o777);
});
beforeEach(() => {
  dir = join(root, `${dirs++}`);
  mkdirSync(dir);
  chmodSync(dir, 0o777);
});
afterAll(async () => {
  await database?.drop();
  rmSync(root, { recursive: true, force: true });
});

/** How a broker there ends, and its last words. */
function end(dataDir: string, as: readonly string[] = []) {
  const [file = '', ...rest] = [...as, process.execPath, '--import', 'tsx', 'main.ts', 'broker'];
  const { status, stderr } = spawnSync(file, rest, {
    env: {
      ...{ PATH: process.env.PATH, TMPDIR: temporary, DATA_DIR: dataDir, DATABASE_URL: database.url },
      ...{ MQTT_PORT: '0', LOG_LEVEL: 'error' },
    },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stderr };
}

const naming = (what: string, code: string) => ({
  status: 1,
  stderr: `${what} cannot be used (${code}): DATA_DIR must be a folder that this user may write in, on a disk that is not read-only\n`,
});

describe('a platform ends with one sentence that says what is wrong when', { timeout: 90_000 }, () => {
  it('DATA_DIR lies below a file', () => {
    writeFileSync(join(dir, 'file'), '');
    const dataDir = join(dir, 'file', 'data');
    expect(end(dataDir)).toEqual(naming(dataDir, 'ENOTDIR'));
  });

  it('DATA_DIR is a file', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    expect(end(file)).toEqual(naming(file, 'EEXIST'));
  });

  it('the journal’s folder is a file', () => {
    writeFileSync(join(dir, 'journal'), '');
    expect(end(dir)).toEqual(naming('the journal in DATA_DIR', 'ENOTDIR'));
  });

  it.skipIf(!nobodyCanRun)('its user may not write in DATA_DIR', () => {
    chmodSync(dir, 0o555);
    expect(end(dir, AS_NOBODY)).toEqual(naming(join(dir, 'broker.lock'), 'EACCES'));
  });

  it.skipIf(!nobodyCanRun)('its user may not write in the journal’s folder', () => {
    mkdirSync(join(dir, 'journal'));
    chmodSync(join(dir, 'journal'), 0o555);
    expect(end(dir, AS_NOBODY)).toEqual(naming('the journal in DATA_DIR', 'EACCES'));
  });

  it.skipIf(!isRoot)('the disk is read-only', ({ skip }) => {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', dir]).status !== 0) return skip();
    try {
      expect(end(dir)).toEqual(naming(join(dir, 'broker.lock'), 'EROFS'));
    } finally {
      spawnSync('umount', ['-l', dir]);
    }
  });
});
