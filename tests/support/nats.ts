import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../store/embedded/free-port.ts';
import { eventually } from './eventually.ts';

const BINARY = 'nats-server';
const installed = spawnSync(BINARY, ['--version']).status === 0;
/** Use as `describe.skipIf(skipNats)`: without the server binary the suite is skipped, in CI it fails. */
export const skipNats = !installed && !process.env.CI;
if (skipNats) console.warn('skipped: tests on NATS JetStream, because nats-server is not installed');

export interface NatsServers {
  /** All of them, as JOURNAL_URL takes it. */
  readonly url: string;
  readonly count: number;
  pids(): readonly number[];
  kill(index: number): void;
  start(index: number): void;
  stop(): Promise<void>;
}

/** Starts servers with JetStream on loopback; more than one make a cluster. Each keeps its data when it is killed. */
export async function startNats(count = 1): Promise<NatsServers> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-nats-'));
  const ports: number[] = [];
  while (ports.length < count * 2) ports.push(await freePort());
  const routes = ports.slice(count).map((port) => `nats://127.0.0.1:${port}`);
  const children: ChildProcess[] = [];
  const start = (n: number): void => {
    const args = ['-a', '127.0.0.1', '-p', `${ports[n]}`, '-n', `n${n}`, '-js', '-sd', join(dir, `n${n}`)];
    if (count > 1) {
      args.push('--cluster_name', 'test', '--cluster', routes[n] ?? '', '--routes', routes.join(','));
    }
    children[n] = spawn(BINARY, args, { stdio: 'ignore' });
  };
  for (let n = 0; n < count; n++) start(n);
  await eventually(() => Promise.all((count > 1 ? ports : ports.slice(0, 1)).map(accepts)));
  return {
    url: ports
      .slice(0, count)
      .map((port) => `nats://127.0.0.1:${port}`)
      .join(','),
    count,
    pids: () => children.flatMap(({ pid }) => pid ?? []),
    kill: (n) => void children[n]?.kill('SIGKILL'),
    start,
    async stop() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const accepts = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
