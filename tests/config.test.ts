import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../config.ts';

test('an empty environment gives the documented defaults', () => {
  expect(readConfig({ HTTP_PORT: ' ' })).toMatchObject({
    HTTP_PORT: 8080,
    MQTT_PORT: 1883,
    MQTTS_PORT: 8883,
    DATA_DIR: './data',
    INFLUX_API: 'v2',
    JOURNAL_DAYS: 7,
    LOG_LEVEL: 'info',
  });
});

test.each([
  ['HTTP_PORT', 'eighty', /^HTTP_PORT="eighty" is wrong: it accepts a port number/],
  ['MQTT_PORT', '70000', /^MQTT_PORT="70000" is wrong/],
  ['DATABASE_URL', 'mysql://root:hunter2@db/x', /^DATABASE_URL=… is wrong: it accepts a URL like postgres:/],
  ['INFLUX_API', 'v3', /^INFLUX_API="v3" is wrong: it accepts v2 /],
  ['JOURNAL_DAYS', '0', /^JOURNAL_DAYS="0" is wrong/],
  [
    'JOURNAL_URL',
    'nats://a:4222,http://b',
    /^JOURNAL_URL=.* is wrong: it accepts NATS servers with JetStream/,
  ],
  ['TRUSTED_PROXIES', '10.0.0.0/33', /^TRUSTED_PROXIES="10.0.0.0\/33" is wrong: it accepts addresses or/],
  ['ADMIN_TOKEN', 'short', /^ADMIN_TOKEN=… is wrong: it accepts a secret of at least 16/],
  ['LOG_LEVEL', 'loud', /^LOG_LEVEL="loud" is wrong/],
  ['TLS_CERT', '/nowhere/cert.pem', /^TLS_CERT="\/nowhere\/cert.pem" is wrong: .*PEM certificate/],
])('a wrong %s is answered with one line that names it and what it accepts', (name, value, message) => {
  const read = () => readConfig({ [name]: value });
  expect(read).toThrow(message);
  expect(read).not.toThrow(/\n|hunter2/);
});

test('what several machines need is read', () => {
  const env = {
    JOURNAL_URL: 'nats://user:secret@a:4222, tls://b:4222',
    TRUSTED_PROXIES: '10.1.2.3, fd00::/8',
  };
  expect(readConfig(env)).toMatchObject({ ...env, JOURNAL_PARTITIONS: 8, JOURNAL_REPLICAS: 3 });
});

test('a certificate without its key is refused', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-config-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'cert.pem');
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\n');
  expect(() => readConfig({ TLS_CERT: file })).toThrow('TLS_CERT and TLS_KEY go together');
});
