import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keptSecret, lockDataDir } from '../../store/data-dir.ts';

const root = mkdtempSync(join(tmpdir(), 'stallgrid-lock-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a folder that a living process holds is refused, and free again after it lets go', () => {
  const dir = join(root, 'held');
  const release = lockDataDir(dir, 'broker');
  const own = readFileSync(join(dir, 'broker.lock'), 'utf8');
  release();
  // The parent process is alive too: pretend that it holds the folder.
  const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  writeFileSync(join(dir, 'broker.lock'), `${process.ppid} ${started}`);
  expect(() => lockDataDir(dir, 'broker')).toThrow(`in use by process ${process.ppid}`);
  writeFileSync(join(dir, 'broker.lock'), `${process.ppid} 1`);
  lockDataDir(dir, 'broker')();
  expect(own).toMatch(new RegExp(`^${process.pid} \\d+$`));
});

test('the lock of a killed process is taken over', () => {
  const dir = join(root, 'left');
  lockDataDir(dir, 'broker')();
  writeFileSync(join(dir, 'broker.lock'), '999999999 1');
  lockDataDir(dir, 'broker')();
});

test('a kept secret is made once', () => {
  const first = keptSecret(root, 'secret');
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(keptSecret(root, 'secret')).toBe(first);
});
