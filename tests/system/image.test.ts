import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meterPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { freePort } from '../../store/embedded/free-port.ts';
import {
  type ComposeService,
  compose,
  environmentOf,
  machines,
  platformServices,
} from '../support/compose.ts';
import { eventually } from '../support/eventually.ts';
import { skipHaproxy, startBalancer } from '../support/haproxy.ts';
import { buildImage, IMAGE } from '../support/image.ts';
import { balance, registerMeters } from '../support/meters.ts';
import { skipNats, startNats } from '../support/nats.ts';
import { ADMIN_TOKEN, request } from '../support/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const READY_MS_MAX = 120_000;

/** A container without Docker: a process on the image's files alone, with the environment of its service. */
interface Container {
  readonly env: Readonly<Record<string, string>>;
  /** The address that its health check asks. */
  readonly health: string;
  /** Settles with the exit code of the service's health check. */
  check(): Promise<number>;
  /** The end of what it said. */
  log(): string;
  /** As `docker compose stop` does it. */
  stop(): Promise<number | null>;
}

describe('the image that the Dockerfile makes', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-image-'));
  let image: string;
  let database: TestDatabase;
  const containers: Container[] = [];
  beforeAll(async () => {
    image = buildImage(dir);
    database = await createTestDatabase();
  }, 300_000);
  afterAll(async () => {
    await stopAll();
    await database?.drop();
    rmSync(dir, { recursive: true, force: true });
  });
  const stopAll = () => Promise.all(containers.splice(0).map((container) => container.stop()));

  function execute(command: readonly string[], env: Readonly<Record<string, string>>, log?: string) {
    const [program = '', ...args] = command;
    const fd = log === undefined ? 'ignore' : openSync(log, 'a');
    const child = spawn(program === 'node' ? process.execPath : program, args, {
      cwd: image,
      stdio: ['ignore', fd, fd],
      env: { ...{ PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'warn' }, ...env },
    });
    if (typeof fd === 'number') closeSync(fd);
    return child;
  }
  const codeOf = async (child: ChildProcess): Promise<number> => (await once(child, 'exit'))[0];

  async function start(name: string, service: ComposeService, away: Readonly<Record<string, string>>) {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const [HTTP_PORT, MQTT_PORT, METRICS_PORT] = ports.map(String) as [string, string, string];
    const DATA_DIR = join(dir, name);
    mkdirSync(DATA_DIR, { recursive: true });
    const set = environmentOf(service);
    const own = { ...{ HTTP_PORT, MQTT_PORT, DATA_DIR }, ...('METRICS_PORT' in set ? { METRICS_PORT } : {}) };
    const env = { ...set, ...away, ...own };
    const [, ...check] = service.healthcheck?.test ?? [];
    const local = check.map((word) =>
      word.replace(':8080', `:${HTTP_PORT}`).replace(':9090', `:${METRICS_PORT}`),
    );
    const log = join(DATA_DIR, 'log');
    const child = execute(service.command ?? IMAGE.command, env, log);
    const ended = codeOf(child);
    const container: Container = {
      env,
      health: /http:[^']+/.exec(local.at(-1) ?? '')?.[0] ?? '',
      check: () => codeOf(execute(local, {})),
      log: () => `${name}: ${readFileSync(log, 'utf8').slice(-2_000)}`,
      stop: () => {
        child.kill('SIGTERM');
        return ended;
      },
    };
    containers.push(container);
    return container;
  }
  async function becomesHealthy(container: Container): Promise<void> {
    await eventually(async () => {
      const ready = await fetch(container.health).catch(() => null);
      if (!ready?.ok) throw new Error(`not ready: ${(await ready?.text()) ?? container.log()}`);
    }, READY_MS_MAX);
    expect(await container.check()).toBe(0);
  }

  it('runs docker-compose.yml’s platform, dashboard and back-up included', { timeout: 180_000 }, async () => {
    const [[name, service] = ['', {}]] = platformServices(compose);
    const platform = await start(name, service, { DATABASE_URL: database.url, INFLUX_URL: '' });
    expect(await platform.check()).toBe(1);
    await becomesHealthy(platform);
    const url = `http://127.0.0.1:${platform.env.HTTP_PORT}`;
    for (const path of ['/', '/api/docs/']) {
      const page = await fetch(url + path);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('html')]);
    }
    const file = join(dir, 'market.tar');
    const run = (...command: string[]) => codeOf(execute(['node', ...command], platform.env));
    expect(await run('dist/server/backup.js', '--to', file)).toBe(0);
    expect(await run('dist/server/restore.js', '--verify', file)).toBe(0);
    expect(await run('dist/server/support-bundle.js', '--to', join(dir, 'bundle.json'))).toBe(0);
    expect(await platform.stop()).toBe(0);
  });

  it.skipIf(skipNats || skipHaproxy)(
    'runs every part of docker-compose.machines.yml, behind its balancer',
    {
      timeout: 240_000,
    },
    async () => {
      const nats = await startNats(3);
      const market = await createTestDatabase();
      const [http, mqtt] = [await freePort(), await freePort()];
      const away = { DATABASE_URL: market.url, JOURNAL_URL: nats.url, ADMIN_TOKEN, SHUTDOWN_DELAY: '0' };
      let balancer: { stop(): Promise<void> } | undefined;
      try {
        const started = await Promise.all(
          platformServices(machines).map(async ([name, service]) => ({
            name,
            container: await start(name, service, { ...away, JOURNAL_GB: '1' }),
          })),
        );
        expect(started).toHaveLength(8);
        await Promise.all(started.map(({ container }) => becomesHealthy(container)));

        const elsewhere: Record<string, string> = {
          'bind :8080': `bind 127.0.0.1:${http}`,
          'bind :1883': `bind 127.0.0.1:${mqtt}`,
        };
        for (const { name, container } of started) {
          const { HTTP_PORT, MQTT_PORT, METRICS_PORT } = container.env;
          const at = (there: number, here = '') => {
            elsewhere[`server ${name} ${name}:${there}`] =
              `server ${name} 127.0.0.1:${here} port ${METRICS_PORT}`;
          };
          if (name.startsWith('broker-')) at(1883, MQTT_PORT);
          if (name.startsWith('api-')) at(8080, HTTP_PORT);
        }
        balancer = await startBalancer(elsewhere);
        const url = `http://127.0.0.1:${http}`;
        await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200));
        const clients = await registerMeters({ api: (...asked) => request(url, ...asked) }, 10);
        const payload = meterPayload({ startTs: Date.now() - 60_000 });
        const load = {
          host: '127.0.0.1',
          port: mqtt,
          clients,
          window: 10,
          rate: 100,
          durationMs: 1_000,
          payload,
        };
        const sent = await runSwarm({ ...load, reconnectMs: 500 });
        expect(sent.acked).toBeGreaterThan(50);
        await eventually(async () => expect((await balance(market.db, sent, payload)).missing).toBe(0));
        const codes = await Promise.all(started.map(({ container }) => container.stop()));
        expect(codes).toEqual(started.map(() => 0));
      } finally {
        await balancer?.stop();
        await stopAll();
        await market.drop();
        await nats.stop();
      }
    },
  );
});
