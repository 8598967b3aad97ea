import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const BALANCER = 'docs/examples/haproxy.cfg';
const BINARY = 'haproxy';
const installed = spawnSync(BINARY, ['-v']).status === 0;
/** Use as `test.skipIf(skipHaproxy)`: without the program the test is skipped, in CI it fails. */
export const skipHaproxy = !installed && !process.env.CI;
if (skipHaproxy) console.warn('skipped: tests behind a load balancer, because haproxy is not installed');

/** What it finds wrong with a configuration; empty when nothing. */
export function checkBalancer(file: string): string {
  const { status, stdout, stderr } = spawnSync(BINARY, ['-c', '-f', file], { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** HAProxy with the example's configuration, but for what lies elsewhere here: text → text in its place. */
export async function startBalancer(
  elsewhere: Readonly<Record<string, string>>,
): Promise<{ stop(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-haproxy-'));
  const file = join(dir, 'haproxy.cfg');
  let text = readFileSync(BALANCER, 'utf8');
  for (const [there, here] of Object.entries(elsewhere)) {
    if (!text.includes(`${there}\n`)) throw new Error(`${BALANCER} does not say "${there}"`);
    text = text.replace(`${there}\n`, `${here}\n`);
  }
  writeFileSync(file, text);
  const child = spawn(BINARY, ['-db', '-f', file], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  return {
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
