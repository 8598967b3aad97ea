import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../store/embedded/free-port.ts';

export const ADMIN_TOKEN = 'token of the tests only';

/** The platform as its users run it: a process of its own, configured by the environment. */
export interface Platform {
  readonly pid: number;
  readonly url: string;
  readonly mqttPort: number;
  readonly dataDir: string;
  /** How the process ended: its exit code, or the signal that it died of. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Asks the REST API as an operator; throws with the problem's text unless the answer is 2xx. */
  api<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  /** SIGKILL, as a power cut would. The data stays. */
  kill(): Promise<void>;
  /** SIGTERM; returns after the process has ended. The data stays. */
  stop(): Promise<void>;
  /** The same platform again on the same data and ports, after `kill` or `stop`. */
  restart(): Promise<Platform>;
  /** Stops and deletes the data. */
  remove(): Promise<void>;
}

export interface PlatformOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Run the compiled code (as in production) and not the sources. */
  readonly compiled?: boolean;
  readonly dataDir?: string;
}

const READY_MS_MAX = 60_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Starts the platform and waits until `/readyz` is green. Remove it in the end. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'stallgrid-platform-'));
  const httpPort = await freePort();
  const mqttPort = await freePort();
  return run({ ...options, dataDir }, httpPort, mqttPort);
}

async function run(
  options: PlatformOptions & { readonly dataDir: string },
  httpPort: number,
  mqttPort: number,
): Promise<Platform> {
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true });
  const log = join(dataDir, 'platform.log');
  const fd = openSync(log, 'a');
  const entry = options.compiled ? ['dist/server/main.js'] : ['--import', 'tsx', 'main.ts'];
  const child: ChildProcess = spawn(process.execPath, [...entry, ...(options.args ?? [])], {
    cwd: ROOT,
    stdio: ['ignore', fd, fd],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATA_DIR: dataDir,
      HTTP_PORT: String(httpPort),
      MQTT_PORT: String(mqttPort),
      ADMIN_TOKEN,
      LOG_LEVEL: 'warn',
      ...options.env,
    },
  });
  closeSync(fd);
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (alive()) child.kill(signal);
    await ended;
  };
  const url = `http://127.0.0.1:${httpPort}`;
  const platform: Platform = {
    pid: child.pid ?? 0,
    url,
    mqttPort,
    dataDir,
    ended,
    api: (method, path, body) => request(url, method, path, body),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    restart: () => run(options, httpPort, mqttPort),
    async remove() {
      await end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  for (let waited = 0; waited < READY_MS_MAX && alive(); waited += 50) {
    const ready = await fetch(`${url}/readyz`).catch(() => null);
    if (ready?.ok) return platform;
    await sleep(50);
  }
  await end('SIGKILL');
  throw new Error(
    `the platform did not get ready: ${existsSync(log) ? readFileSync(log, 'utf8').slice(-3_000) : ''}`,
  );
}

/** As `Platform.api`, at any address. */
export async function request<T>(url: string, method: string, path: string, body: unknown): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
}
