import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { meterPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
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

test('after kill -9 while 50 clients publish, every acknowledged reading is there once', async () => {
  const clients = await registerMeters(platform, 50);
  const payload = meterPayload({ startTs: Date.now() - 3_600_000 });
  // Twenty messages a client may be unacknowledged; below the profile's rate limit, so that none waits for it.
  const swarm = runSwarm({
    host: '127.0.0.1',
    port: platform.mqttPort,
    clients,
    window: 20,
    rate: 2_000,
    durationMs: 30_000,
    payload,
  });
  await sleep(5_000);
  await platform.kill();
  const result = await swarm;
  expect(result.acked).toBeGreaterThan(1_000);

  platform = await platform.restart();
  await eventually(async () => {
    const { missing } = await balance(database.db, result, payload);
    expect(missing).toBe(0);
  });
  const { acknowledged, wrong, kept } = await balance(database.db, result, payload);
  expect(wrong).toBe(0);
  expect(acknowledged).toBe(result.acked);
  // What was durable but whose PUBACK the kill cut off may be there too: never more than was sent.
  expect(kept).toBeLessThanOrEqual(result.sent);
});
