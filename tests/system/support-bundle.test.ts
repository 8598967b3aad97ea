import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const dir = mkdtempSync(join(tmpdir(), 'stallgrid-support-'));
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database?.drop();
  rmSync(dir, { recursive: true, force: true });
});

test('a support bundle says how the platform is, and nothing about anybody', {
  timeout: 60_000,
}, async () => {
  const planted = ['张三丰', '13800138000', '沪A12345', 'hunter2hunter2hunter2', 'nothing-but-this-payload'];
  const [name, phone, plate, secret, payload] = planted;
  await database.db.$client.query(
    `INSERT INTO sites (id, name, time_zone) VALUES ('s', '${name}的市场', 'Asia/Shanghai');
     INSERT INTO parties (kind, name) VALUES ('merchant', '${name} ${phone}');
     INSERT INTO dead_letters (site_id, device_id, topic, payload, reason, detail, received_at, journal_seq, record_index)
       VALUES ('s', '${plate}', 't', '${payload}', 'not_json', '${name}', now(), 1, 0)`,
  );
  const log = join(dir, 'platform.log');
  const err = {
    type: 'Error',
    code: '23505',
    message: `Key (name)=(${name})`,
    stack: `Error: ${phone}\n    at f (file:///x/pipeline.ts:10:5)`,
  };
  writeFileSync(
    log,
    [{ msg: 'ingest: waits for a dependency', err }, { msg: `${plate} came in` }, { msg: err.message, err }]
      .map((line) => JSON.stringify({ level: 50, time: Date.UTC(2026, 9, 31), plate, ...line }))
      .join('\n'),
  );
  const to = join(dir, 'bundle.json');
  const env = {
    DATA_DIR: dir,
    DATABASE_URL: database.url,
    HTTP_PORT: '1',
    ADMIN_TOKEN: `${secret}`,
    AUTH_SECRET: `${secret}${secret}`,
    BANK_ACCOUNT: `${phone}`,
    BANK_ACCOUNT_NAME: `${name}`,
    BANK_NAME: 'bank',
  };
  const result = await runCommand(['support-bundle.ts', '--to', to, '--log', log], { env });
  expect(result).toMatchObject({ code: 0, err: '' });
  const text = readFileSync(to, 'utf8');
  const leaked = [...planted, new URL(database.url).password, database.url].filter((word) =>
    text.includes(word),
  );
  expect(leaked).toEqual([]);

  const bundle = JSON.parse(text);
  expect(bundle.settings).toMatchObject({
    ADMIN_TOKEN: 'set',
    STRIPE_SECRET_KEY: 'not set',
    JOURNAL_DAYS: 7,
  });
  expect(bundle.database.deadLetters).toMatchObject([{ reason: 'not_json', letters: 1 }]);
  expect(bundle.database.migrations[0].applied).toBeGreaterThan(40);
  expect(Object.values(bundle.database).filter((answer) => (answer as { failed?: string }).failed)).toEqual(
    [],
  );
  expect(bundle.log).toMatchObject([
    { msg: 'ingest: waits for a dependency', error: 'Error', code: '23505', at: ['f pipeline.ts:10'] },
    { level: 50 },
    { error: 'Error' },
  ]);
  // Nothing listens there.
  expect(bundle.health).toHaveProperty('failed');
});
