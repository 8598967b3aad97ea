import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalInfluxd, startInfluxd } from '../../store/embedded/influxd.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../store/embedded/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** A database server in processes of its own, with a proxy before it. */
export interface Server {
  readonly name: string;
  /** Past the proxy. */
  readonly url: string;
  readonly proxy: TcpProxy;
  /** Tries again until it comes up: what was killed may take a while to let go of its files. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** SIGKILL, without any farewell to its files. */
  kill(): Promise<void>;
  /** SIGSTOP to all its processes. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

const START_MS_MAX = 90_000;

interface Handle {
  readonly url: string;
  stop(): Promise<void>;
}

export async function openPostgres(dir: string): Promise<Server> {
  const pid = (): number =>
    Number(readFileSync(join(dir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);
  return openServer<EmbeddedPostgres>('Postgres', (port) => startEmbeddedPostgres({ dir, ...port }), pid);
}

export async function openInfluxd(dir: string): Promise<Server> {
  return openServer<LocalInfluxd>(
    'InfluxDB',
    (port) => startInfluxd({ dir, ...port }),
    ({ pid }) => pid,
  );
}

async function openServer<H extends Handle>(
  name: string,
  launch: (port: { port?: number }) => Promise<H>,
  pidOf: (handle: H) => number,
): Promise<Server> {
  let handle = await launch({});
  let frozen: number[] = [];
  const { url } = handle;
  const port = Number(new URL(url).port);
  const proxy = await startTcpProxy(port);
  const thaw = (): void => {
    for (const pid of frozen) signal(pid, 'SIGCONT');
    frozen = [];
  };
  return {
    ...{ name, url, proxy, thaw },
    async start() {
      const deadline = performance.now() + START_MS_MAX;
      for (;;) {
        try {
          handle = await launch({ port });
          return;
        } catch (error) {
          if (performance.now() > deadline) throw error;
          await sleep(500);
        }
      }
    },
    stop: () => handle.stop(),
    async kill() {
      signal(pidOf(handle), 'SIGKILL');
      // It must not come back by itself.
      await handle.stop();
    },
    freeze() {
      const pid = pidOf(handle);
      signal(pid, 'SIGSTOP');
      frozen = [pid, ...childrenOf(pid)];
      for (const each of frozen) signal(each, 'SIGSTOP');
    },
    async close() {
      thaw();
      await handle.stop();
      await proxy.close();
    },
  };
}

/** The URL that leads through the server's proxy. */
export function throughProxy({ url, proxy }: Server): string {
  const through = new URL(url);
  through.port = String(proxy.port);
  return through.href.replace(/\/$/, '');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Its direct children, as far as /proc tells. */
function childrenOf(parent: number): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => parentOf(pid) === parent);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
