import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { meterPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { pagesEnd } from '../store/journal/pages-end.ts';
import { eventually } from '../support/eventually.ts';
import { balance, registerMeters } from '../support/meters.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let platform: Platform;
beforeAll(async () => {
  database = await createTestDatabase();
  platform = await startPlatform({ env: { DATABASE_URL: database.url } });
});
afterAll(async () => {
  await platform?.remove();
  await database?.drop();
});

test('a platform whose journal was cut off under load starts, says so, and keeps all that was stored', {
  timeout: 240_000,
}, async () => {
  const clients = await registerMeters(platform, 10);
  const load = { host: '127.0.0.1', clients, window: 20, rate: 800 };
  const first = meterPayload({ startTs: Date.now() - 7_200_000 });
  const stored = await runSwarm({ ...load, port: platform.mqttPort, durationMs: 3_000, payload: first });
  await eventually(async () => expect((await balance(database.db, stored, first)).missing).toBe(0));
  const second = meterPayload({ startTs: Date.now() - 3_600_000 });
  const swarm = runSwarm({ ...load, port: platform.mqttPort, durationMs: 10_000, payload: second });
  await sleep(2_000);
  await platform.kill();
  await swarm;

  const file = join(platform.dataDir, 'journal/data.mdb');
  truncateSync(file, Math.floor((pagesEnd(file) * 0.7) / 4_096) * 4_096);
  platform = await platform.restart();

  const health = (await (await fetch(`${platform.url}/readyz`)).json()) as {
    ok: boolean;
    checks: Record<string, { detail: string }>;
  };
  expect(health.ok).toBe(true);
  expect(health.checks.salvage?.detail).toMatch(/the journal was damaged/);
  const aside = readdirSync(platform.dataDir).filter((name) => name.startsWith('journal.damaged-'));
  expect(aside).toHaveLength(1);
  expect((await balance(database.db, stored, first)).missing).toBe(0);

  // What is sent from now on is taken and stored: the cursor is not ahead of the new journal.
  const third = meterPayload({ startTs: Date.now() - 600_000 });
  const after = await runSwarm({ ...load, port: platform.mqttPort, durationMs: 1_000, payload: third });
  expect(after.acked).toBeGreaterThan(0);
  await eventually(async () => expect((await balance(database.db, after, third)).missing).toBe(0));
  const { rows } = await database.db.$client.query<{ base: string; n: number }>(
    `SELECT base, (SELECT count(*)::int FROM dead_letters) AS n FROM journal_cursors WHERE reader = 'ingest/0'`,
  );
  expect(rows).toEqual([{ base: '0', n: 0 }]);
});
