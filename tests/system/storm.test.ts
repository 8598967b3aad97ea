import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fleet, type FleetDevice, startFleet } from '../../bench/support/fleet.ts';
import { addDevices } from '../../bench/support/stand.ts';
import { eventually } from '../support/eventually.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const DEVICES = 1_000;
const SITES = ['storm-a', 'storm-b'];
const BACK_MS_MAX = 90_000;

let database: TestDatabase;
let platform: Platform;
let fleet: Fleet;
beforeAll(async () => {
  database = await createTestDatabase();
  platform = await startPlatform({ env: { DATABASE_URL: database.url } });
});
afterAll(async () => {
  await fleet?.close();
  await platform?.remove();
  await database?.drop();
});

const allBack = (): Promise<unknown> => fleet.until(({ back }) => back === DEVICES, BACK_MS_MAX);

test('all devices that share one address are back after kill -9, nothing is lost, and the API answers meanwhile', async () => {
  const devices: FleetDevice[] = [];
  for (const site of SITES) {
    const added = await addDevices(database.db, 'electricity_meter', DEVICES / SITES.length, site);
    devices.push(...added.map(({ clientId, password = '' }) => ({ clientId, password })));
  }
  fleet = startFleet({ port: platform.mqttPort, devices, backOffMs: [500, 2_500] });
  await allBack();

  await platform.kill();
  await fleet.until(({ connected }) => connected === 0, 10_000);
  platform = await platform.restart();
  let back = false;
  const returned = allBack().finally(() => {
    back = true;
  });
  let answers = 0;
  // It is ready: from now on it answers, however many knock.
  while (!back) {
    const { items } = await platform.api<{ items: unknown[] }>('GET', '/api/v1/devices?limit=20');
    expect(items).toHaveLength(20);
    answers++;
    await sleep(50);
  }
  await returned;
  expect(answers).toBeGreaterThan(0);

  const acked = await fleet.acked();
  expect(acked.every((readings) => readings.length >= 2)).toBe(true);
  await eventually(async () => {
    const { rows } = await database.db.$client.query<{ device: string; at: Date[] }>(
      `SELECT g.device_id AS device, array_agg(r.ts) AS at
       FROM readings r JOIN registers g ON g.id = r.register_id GROUP BY 1`,
    );
    const kept = new Map(rows.map(({ device, at }) => [device, new Set(at.map(Number))]));
    const lost = devices.filter(({ clientId }, n) => {
      const stored = kept.get(clientId.split('/')[1] ?? '');
      return acked[n]?.some((ts) => !stored?.has(ts));
    });
    expect(lost).toEqual([]);
  });
  // Who is connected is known again.
  await eventually(async () => {
    const online = 'SELECT count(*)::int AS n FROM device_states WHERE online';
    expect((await database.db.$client.query(online)).rows).toEqual([{ n: DEVICES }]);
  });
}, 240_000);
