import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBilling } from '../../billing/start.ts';
import { startBroker } from '../../broker/start.ts';
import { type Demo, startDemo } from '../../demo/start.ts';
import { startIngest } from '../../ingest/start.ts';
import { openLmdbJournal } from '../../store/journal/lmdb.ts';
import { openPostgresTelemetry } from '../../store/telemetry/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const HISTORY_DAYS = 2;
const log = pino({ level: 'silent' });
const dataDir = mkdtempSync(join(tmpdir(), 'stallgrid-demo-'));
let database: TestDatabase;
let mqttPort = 0;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const { db, url: databaseUrl } = database;
  closers.push(() => database.drop());
  const journal = await openLmdbJournal({ dir: join(dataDir, 'journal'), bytesMax: 1e9 });
  closers.push(() => journal.close());
  const telemetry = openPostgresTelemetry(db);
  closers.push(() => telemetry.close());
  const shared = { db, databaseUrl, log };
  const ingest = await startIngest({ ...shared, journals: [journal], telemetry, journalDays: 7 });
  closers.push(() => ingest.close());
  const billing = await startBilling(shared);
  closers.push(() => billing.close());
  const broker = await startBroker({ ...shared, journals: [journal], port: 0, host: '127.0.0.1' });
  closers.push(() => broker.close());
  mqttPort = broker.port;
}, 60_000);

afterAll(async () => {
  for (const close of closers.reverse()) await close();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

const lines: string[] = [];
const start = (): Promise<Demo> =>
  startDemo({
    db: database.db,
    dataDir,
    mqttPort,
    log,
    print: (line) => lines.push(line),
    historyDays: HISTORY_DAYS,
  });

async function count(query: string): Promise<number> {
  const { rows } = await database.db.$client.query<{ n: string }>(`SELECT count(*) AS n FROM ${query}`);
  return Number(rows[0]?.n);
}
/** What people did in the market: none of it twice. */
async function told(): Promise<Record<string, number>> {
  const tables = ['vehicles', 'allocations', 'split_rules', 'charges', 'billing_periods', 'pass_collections'];
  const counts = await Promise.all(tables.map(async (table) => [table, await count(table)] as const));
  return Object.fromEntries(counts);
}
const readings = (): Promise<number> => count('readings');
const online = (): Promise<number> => count('device_states WHERE online');

test('a market comes to life, survives being closed in the middle, and is billed once', {
  timeout: 240_000,
}, async () => {
  const first = await start();
  expect(statSync(join(dataDir, 'demo-devices.json')).mode & 0o777).toBe(0o600);
  expect(lines.join('\n')).toContain('merchant-demo');
  await eventually(async () => expect(await readings()).toBeGreaterThan(1000), 60_000);
  const interrupted = expect(first.historyDone).rejects.toThrow('closed before the history was there');
  await first.close();
  await interrupted;
  await eventually(async () => expect(await online()).toBe(0));

  const second = await start();
  await second.historyDone;
  expect(await count('devices')).toBe(1425);
  expect(await count('users')).toBe(6);
  // The one that is there to be decided.
  expect(await count('reading_conflicts')).toBe(1);
  // Every register that was there from the start has every hour; one clock is ahead, one meter came later.
  const whole = await count(
    `(SELECT register_id FROM readings WHERE ts = date_trunc('hour', ts)
      AND ts < date_trunc('day', now(), 'Asia/Shanghai') GROUP BY register_id
      HAVING count(*) >= ${HISTORY_DAYS * 24}) AS r`,
  );
  expect(whole).toBe(821 - 3);
  expect(await count(`billing_runs WHERE status <> 'succeeded'`)).toBe(0);
  expect(await count('billing_runs')).toBe(1 + HISTORY_DAYS);
  expect(await count(`fee_lines WHERE amount > 0`)).toBeGreaterThan(100);
  // Alive: stalls open and close, vehicles pass.
  const changes = await count('occupancy_changes');
  await eventually(async () => expect(await count('occupancy_changes')).toBeGreaterThan(changes + 5));
  await second.close();
  await eventually(async () => expect(await online()).toBe(0));

  const before = await told();
  expect(before).toMatchObject({ vehicles: 20, allocations: 3, split_rules: 1 });
  expect(before['charges']).toBeGreaterThan(100);

  const third = await start();
  await third.historyDone;
  expect(await count('billing_runs')).toBe(1 + HISTORY_DAYS);
  expect(await told()).toEqual(before);
  await third.close();
});

test('a database without the devices’ secrets is refused, in words', async () => {
  rmSync(join(dataDir, 'demo-devices.json'));
  await expect(start()).rejects.toThrow('demo-devices.json is gone, but its market is in the database');
});
