import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../../store/embedded/free-port.ts';
import { eventually } from './eventually.ts';

const BINARY = 'prometheus';
const installed = spawnSync(BINARY, ['--version']).status === 0;
/** Use as `describe.skipIf(skipPrometheus)`: without the server binary the suite is skipped, in CI it fails. */
export const skipPrometheus = !installed && !process.env.CI;
if (skipPrometheus)
  console.warn('skipped: tests with a Prometheus server, because prometheus is not installed');

export interface Prometheus {
  /** `data` of an answer of its HTTP API; throws what it says of a wrong question. */
  ask<T>(path: string, parameters?: Readonly<Record<string, string>>): Promise<T>;
  stop(): Promise<void>;
}

/** Prometheus on loopback with `ops/prometheus` as it is, but for the targets, and that it looks every second. */
export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-prometheus-'));
  cpSync('ops/prometheus', dir, { recursive: true });
  const file = join(dir, 'prometheus.yml');
  const config = parse(readFileSync(file, 'utf8'));
  config.global = { ...config.global, scrape_interval: '1s', evaluation_interval: '1s' };
  config.scrape_configs[0].static_configs = [{ targets }];
  writeFileSync(file, stringify(config));
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(
    BINARY,
    [
      ...[`--config.file=${file}`, `--storage.tsdb.path=${join(dir, 'data')}`],
      ...[`--web.listen-address=${new URL(url).host}`, '--log.level=warn'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await eventually(async () => {
      const ready = await fetch(`${url}/-/ready`).catch(() => null);
      if (!ready?.ok) throw new Error(`prometheus is not ready: ${log}`);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    async ask<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
      const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
      const answer = (await response.json()) as { status: string; data: T; error?: string };
      if (answer.status !== 'success') throw new Error(answer.error);
      return answer.data;
    },
    stop,
  };
}
