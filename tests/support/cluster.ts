import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../store/embedded/free-port.ts';
import { eventually } from './eventually.ts';
import { type LoadBalancer, startLoadBalancer } from './load-balancer.ts';
import { type NatsServers, startNats } from './nats.ts';
import { ADMIN_TOKEN, request } from './platform.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS_MAX = 240_000;

/** One process of the platform, as it would run on a machine of its own: with a DATA_DIR of its own. */
export interface Member {
  readonly pid: number;
  readonly mqttPort: number;
  readonly url: string;
  /** What it logged so far. */
  log(): string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: its connections stay open, and it says nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Again on the same ports and folder, after `kill`; resolves when it is ready. */
  start(): Promise<void>;
}

export interface Cluster {
  readonly nats: NatsServers;
  readonly brokers: readonly Member[];
  readonly ingests: readonly Member[];
  readonly apis: readonly Member[];
  /** In front of the brokers. */
  readonly mqtt: LoadBalancer;
  /** Asks the first api that answers. */
  api<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  remove(): Promise<void>;
}

export interface ClusterOptions {
  readonly databaseUrl: string;
  readonly partitions: number;
  /** NATS servers, each of which keeps every message. Default 3; with 0 all share the embedded journal in one folder. */
  readonly natsServers?: number;
  /** Of broker, ingest and api each. Default 2; on the embedded journal there is only one. */
  readonly members?: number;
  readonly compiled?: boolean;
}

/** Brokers, ingest workers and apis, each a process, on one NATS cluster and one Postgres. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { databaseUrl, partitions, natsServers = 3, members = 2 } = options;
  const nats = await startNats(natsServers);
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-cluster-'));
  const started: Started[] = [];
  const env = {
    DATABASE_URL: databaseUrl,
    ...(nats.count > 0
      ? {
          JOURNAL_URL: nats.url,
          JOURNAL_PARTITIONS: String(partitions),
          JOURNAL_REPLICAS: String(nats.count),
        }
      : {}),
    JOURNAL_GB: '1',
    AUTH_SECRET: 'the same secret for every api process',
  };
  const open = async (part: string): Promise<Member[]> => {
    const ports = await Promise.all(Array.from({ length: members * 2 }, freePort));
    const all = Array.from({ length: members }, (_, n) =>
      openMember({
        ...{
          part,
          env,
          compiled: options.compiled ?? false,
          dataDir: nats.count > 0 ? join(dir, `${part}-${n}`) : join(dir, 'all'),
        },
        ...{ mqttPort: ports[2 * n] ?? 0, httpPort: ports[2 * n + 1] ?? 0 },
      }),
    );
    started.push(...all);
    return all;
  };
  const close = async (): Promise<void> => {
    await Promise.all(started.map((member) => member.stop()));
    await nats.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const [brokers, ingests, apis] = [await open('broker'), await open('ingest'), await open('api')];
    await Promise.all(started.map((member) => member.start()));
    const mqtt = await startLoadBalancer(brokers.map(({ mqttPort }) => mqttPort));
    return {
      ...{ nats, brokers, ingests, apis, mqtt },
      async api(method, path, body) {
        for (const { url } of apis) {
          const alive = await fetch(`${url}/healthz`).catch(() => null);
          if (alive?.ok) return request(url, method, path, body);
        }
        throw new Error('no api answers');
      },
      async remove() {
        await mqtt.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface MemberOptions {
  readonly part: string;
  readonly env: Readonly<Record<string, string>>;
  readonly compiled: boolean;
  readonly dataDir: string;
  readonly mqttPort: number;
  readonly httpPort: number;
}

type Started = Member & { stop(): Promise<void> };

function openMember({ part, env, compiled, dataDir, mqttPort, httpPort }: MemberOptions): Started {
  const logFile = `${dataDir}-${part}.log`;
  const log = (): string => readFileSync(logFile, 'utf8');
  let child: ChildProcess | undefined;
  const alive = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || !alive()) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return {
    get pid() {
      return child?.pid ?? 0;
    },
    mqttPort,
    url: `http://127.0.0.1:${httpPort}`,
    log,
    kill: () => end('SIGKILL'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async start() {
      const fd = openSync(logFile, 'w');
      const entry = compiled ? ['dist/server/main.js'] : ['--import', 'tsx', 'main.ts'];
      child = spawn(process.execPath, [...entry, part], {
        cwd: ROOT,
        stdio: ['ignore', fd, fd],
        env: {
          ...{ PATH: process.env.PATH, HOME: process.env.HOME, ADMIN_TOKEN, DATA_DIR: dataDir, ...env },
          ...{ HTTP_PORT: String(httpPort), MQTT_PORT: String(mqttPort), LOG_LEVEL: 'info' },
        },
      });
      closeSync(fd);
      await eventually(() => {
        if (alive() && !log().includes('"ready:'))
          throw new Error(`${part} is not ready: ${log().slice(-3_000)}`);
      }, READY_MS_MAX);
      if (!alive()) throw new Error(`${part} has ended: ${log().slice(-3_000)}`);
    },
    async stop() {
      child?.kill('SIGCONT');
      await end('SIGTERM');
    },
  };
}
