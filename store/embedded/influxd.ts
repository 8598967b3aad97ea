import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface LocalInfluxd {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const START_MS_MAX = 30_000;
const STOP_MS_MAX = 10_000;

/** Is there an `influxd` 1.x to start? */
export function influxdInstalled(): boolean {
  const { status, stdout } = spawnSync('influxd', ['version'], { encoding: 'utf8' });
  return status === 0 && / v?1\./.test(stdout);
}

/** Starts the installed InfluxDB 1.x with its data below `dir`, on loopback. `port` 0 or absent: a free one. */
export async function startInfluxd(options: {
  readonly dir: string;
  readonly port?: number;
}): Promise<LocalInfluxd> {
  mkdirSync(options.dir, { recursive: true });
  const port = options.port || (await freePort());
  const config = join(options.dir, 'influxdb.conf');
  // JSON's string syntax is also TOML's.
  const path = (name: string): string => JSON.stringify(join(options.dir, name));
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = ${path('meta')}
[data]
  dir = ${path('data')}
  wal-dir = ${path('wal')}
  index-version = "tsi1"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[logging]
  level = "warn"
`,
  );
  const log = openSync(join(options.dir, 'influxd.log'), 'a');
  const child = spawn('influxd', ['-config', config], { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended ??= `exit ${code ?? signal}`;
  });
  const stop = async (): Promise<void> => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (ended !== null) return;
      child.kill(signal);
      for (let waited = 0; waited < STOP_MS_MAX && ended === null; waited += 50) await sleep(50);
    }
  };
  const url = `http://127.0.0.1:${port}`;
  for (let waited = 0; waited < START_MS_MAX && ended === null; waited += 100) {
    const up = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
    if (up?.ok) return { url, pid: child.pid ?? 0, stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`influxd did not start (${ended ?? 'time-out'}): see ${join(options.dir, 'influxd.log')}`);
}
