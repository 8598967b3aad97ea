import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApi } from '../../api/start.ts';
import { ensureBuiltInProfiles } from '../../store/profiles.ts';
import { openPostgresTelemetry } from '../../store/telemetry/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { createMarket, type Market } from './market.ts';
import { ADMIN_TOKEN, AUTH_SECRET } from './support.ts';
import { Watcher } from './watcher.ts';

let database: TestDatabase;
let market: Market;
beforeAll(async () => {
  database = await createTestDatabase();
  await ensureBuiltInProfiles(database.db);
  market = await createMarket(database.db, 1);
});
afterAll(() => database.drop());

const start = (port = 0) =>
  startApi({
    db: database.db,
    databaseUrl: database.url,
    telemetry: openPostgresTelemetry(database.db),
    log: pino({ level: 'silent' }),
    port,
    host: '127.0.0.1',
    authSecret: AUTH_SECRET,
    adminToken: ADMIN_TOKEN,
  });

test('it serves on a free port and closes with sockets and idle connections open', async () => {
  const api = await start();
  const home = `http://127.0.0.1:${api.port}`;
  expect((await fetch(`${home}/healthz`)).status).toBe(200);
  const url = `${home.replace('http', 'ws')}/api/v1/live?floor=${market.floor}`;
  const watcher = new Watcher(url, { authorization: `Bearer ${ADMIN_TOKEN}` });
  await eventually(() => expect(watcher.snapshots).toBe(1));
  await api.close();
  await eventually(() => expect(watcher.closed).not.toBeNull());
  await expect(fetch(`${home}/healthz`)).rejects.toThrow();
});

test('a port that is taken stops the start, and nothing is left behind', async () => {
  const api = await start();
  await expect(start(api.port)).rejects.toThrow(/EADDRINUSE/);
  await api.close();
  const sessions = `SELECT count(*)::int AS n FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = 'stallgrid-listen'`;
  await eventually(async () => {
    expect((await database.db.$client.query(sessions)).rows).toEqual([{ n: 0 }]);
  });
});

test('a socket outlives the time that an answer may take', async () => {
  const api = await start();
  const url = `ws://127.0.0.1:${api.port}/api/v1/live?floor=${market.floor}`;
  const watcher = new Watcher(url, { authorization: `Bearer ${ADMIN_TOKEN}` });
  await eventually(() => {
    expect(watcher.messages.filter(({ type }) => type === 'heartbeat').length).toBeGreaterThan(6);
  }, 25_000);
  expect(watcher.closed).toBeNull();
  expect(watcher.problems).toEqual([]);
  await api.close();
});
