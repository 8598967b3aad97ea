import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Device, type Market, openMarket } from './market.ts';
import { RawClient } from './raw-client.ts';
import { slowJournal } from './slow-journal.ts';

let market: Market;
let device: Device;
beforeAll(async () => {
  market = await openMarket();
  device = await market.addDevice('meter-1');
});
afterAll(() => market.close());

const state = async () => {
  const { rows } = await market.database.db.$client.query(
    'SELECT * FROM device_states WHERE device_id = $1',
    [device.id],
  );
  return rows[0];
};
const online = async (): Promise<boolean> => (await state()).online;
const eventually = { timeout: 10_000 };

it('a device is online while it is connected, also when a newer connection took over', async () => {
  const broker = await market.start({ journal: slowJournal() });
  const startedAt = Date.now();
  const older = await RawClient.connected(broker.port, device);
  await expect.poll(online, eventually).toBe(true);
  const { last_seen_at, online_changed_at } = await state();
  expect(last_seen_at.getTime()).toBeGreaterThanOrEqual(startedAt);

  const newer = await RawClient.connected(broker.port, device);
  await older.closed;
  await expect.poll(async () => (await state()).last_seen_at, eventually).not.toEqual(last_seen_at);
  expect(await state()).toMatchObject({ online: true, online_changed_at });

  newer.end();
  await expect.poll(online, eventually).toBe(false);
  await broker.close();
});

it('everyone is offline after the broker was closed', async () => {
  const broker = await market.start({ journal: slowJournal() });
  await RawClient.connected(broker.port, device);
  await expect.poll(online, eventually).toBe(true);
  await broker.close();
  expect(await online()).toBe(false);
});

it('everyone is offline after the broker crashed and started again', async () => {
  await market.database.db.$client.query('UPDATE device_states SET online = true');
  const broker = await market.start({ journal: slowJournal() });
  expect(await online()).toBe(false);
  await broker.close();
});
