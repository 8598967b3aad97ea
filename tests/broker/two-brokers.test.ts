import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '../../broker/start.ts';
import { BROKER_LOCKS, takeUpLostBrokers } from '../../store/broker-processes.ts';
import { claimCommands } from '../../store/commands.ts';
import { resetPresence, storePresence } from '../../store/device-states.ts';
import { type Device, type Market, openMarket } from './market.ts';
import { RawClient } from './raw-client.ts';
import { slowJournal } from './slow-journal.ts';

let market: Market;
let brokers: [Broker, Broker];
let device: Device;
let devices = 0;
const eventually = { timeout: 15_000 };
beforeAll(async () => {
  market = await openMarket();
});
afterAll(() => market.close());
beforeEach(async () => {
  device = await market.addDevice(`gate-${++devices}`);
  const start = () => market.start({ journal: slowJournal() });
  brokers = [await start(), await start()];
});
afterEach(async () => {
  for (const broker of brokers) await broker.close();
});

const query = (text: string, values: unknown[] = []) => market.database.db.$client.query(text, values);
async function state(): Promise<{ online: boolean; broker: number | null; online_changed_at: Date }> {
  return (await query('SELECT * FROM device_states WHERE device_id = $1', [device.id])).rows[0];
}
const online = async (): Promise<boolean> => (await state()).online;
const holder = async (): Promise<number | null> => (await state()).broker;

async function subscribed(broker: Broker): Promise<RawClient> {
  const client = await RawClient.connected(broker.port, device);
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: device.topic('cmd'), qos: 1 }] });
  expect(await client.next()).toMatchObject({ cmd: 'suback' });
  return client;
}
async function queue(): Promise<string> {
  const id = randomUUID();
  await query(
    `INSERT INTO commands (id, device_id, op, args, requested_by, expires_at)
     VALUES ($1, $2, 'open', '{}', 'tester', now() + interval '60 s')`,
    [id, device.id],
  );
  return id;
}
async function nextCommand(client: RawClient): Promise<string> {
  const packet = await client.next();
  if (packet?.cmd !== 'publish') throw new Error(`expected a command, got ${packet?.cmd}`);
  client.send({ cmd: 'puback', messageId: packet.messageId ?? 0 });
  return JSON.parse(packet.payload.toString()).id;
}
/** A number whose process is no more: nobody holds its lock. */
const LOST = 1_999_999;

describe('a device that has two brokers', () => {
  it('is served by the one it connected to last, and stays online', async () => {
    const older = await RawClient.connected(brokers[0].port, device);
    await expect.poll(online, eventually).toBe(true);
    const { broker: first, online_changed_at } = await state();
    const newer = await RawClient.connected(brokers[1].port, device);
    await older.closed;
    await expect.poll(holder, eventually).not.toBe(first);
    // The older broker has written by now that its own connection is closed.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await state()).toMatchObject({ online: true, online_changed_at });
    newer.end();
    await expect.poll(online, eventually).toBe(false);
  });

  it('is online where its connection is newer, in whatever order the brokers write it down', async () => {
    const presence = (at: number) => [{ deviceId: device.id, online: true, at }];
    const { $client } = market.database.db;
    await query('UPDATE device_states SET online = false, broker = NULL WHERE device_id = $1', [device.id]);
    const t = Date.now();
    expect(await storePresence($client, 7, presence(t))).toEqual({ own: [], others: [] });
    expect(await storePresence($client, 8, presence(t - 1))).toEqual({ own: presence(t - 1), others: [] });
    expect(await holder()).toBe(7);
    expect(await storePresence($client, 8, presence(t + 1))).toEqual({ own: [], others: presence(t + 1) });
    await storePresence($client, 7, [{ deviceId: device.id, online: false, at: t + 2 }]);
    expect(await state()).toMatchObject({ online: true, broker: 8 });
  });

  it('is offline once the broker that had it is no more, and not because another one starts', async () => {
    const client = await RawClient.connected(brokers[0].port, device);
    await expect.poll(online, eventually).toBe(true);
    const third = await market.start({ journal: slowJournal() });
    expect(await online()).toBe(true);
    await third.close();
    expect(await online()).toBe(true);
    const other = await market.addDevice(`left-${devices}`);
    await storePresence(market.database.db.$client, LOST, [{ deviceId: other.id, online: true, at: 1 }]);
    const isOnline = `SELECT online FROM device_states WHERE device_id = $1`;
    await expect.poll(async () => (await query(isOnline, [other.id])).rows[0].online, eventually).toBe(false);
    expect(await online()).toBe(true);
    client.end();
  });

  it('is online again after its broker lost its lock and others believed it gone', async () => {
    const client = await RawClient.connected(brokers[0].port, device);
    await expect.poll(online, eventually).toBe(true);
    const id = await holder();
    // As another broker does that finds the lock gone.
    await resetPresence(market.database.db.$client, [id ?? 0], new Date());
    expect(await online()).toBe(false);
    await query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2`,
      [BROKER_LOCKS, id],
    );
    await expect.poll(online, eventually).toBe(true);
    expect(await holder()).toBe(id);
    client.end();
  });
});

describe('a command', () => {
  it('reaches the device by whichever broker has it, once', async () => {
    const [first, second] = [await subscribed(brokers[0]), await queue()];
    expect(await nextCommand(first)).toBe(second);
    const newer = await subscribed(brokers[1]);
    await first.closed;
    const ids = await Promise.all(Array.from({ length: 30 }, queue));
    const got = new Set<string>();
    while (got.size < ids.length) {
      const id = await nextCommand(newer);
      expect(got.has(id)).toBe(false);
      got.add(id);
    }
    expect(got).toEqual(new Set(ids));
    newer.end();
  });

  it('that was sent into a dead connection is sent again by the broker that has the device now', async () => {
    const dead = await subscribed(brokers[0]);
    const id = await queue();
    expect(await dead.next()).toMatchObject({ cmd: 'publish' });
    const newer = await subscribed(brokers[1]);
    expect(await nextCommand(newer)).toBe(id);
    newer.end();
  });

  it('is sent again when its broker died before the device acknowledged it, and not after', async () => {
    const claim = () =>
      claimCommands(market.database.db.$client, {
        ...{ broker: LOST, at: new Date() },
        devices: [{ device: device.id, room: 1 }],
      });
    const id = await queue();
    expect(await claim()).toMatchObject([{ id }]);
    const client = await subscribed(brokers[1]);
    expect(await nextCommand(client)).toBe(id);
    const broker = async () =>
      (await query('SELECT broker FROM commands WHERE id = $1', [id])).rows[0].broker;
    await expect.poll(broker, eventually).toBe(null);
    expect(await takeUpLostBrokers(market.database.db.$client, new Date())).toEqual([]);
    client.send({ cmd: 'pingreq' });
    expect(await client.next()).toMatchObject({ cmd: 'pingresp' });
    client.end();
  });
});

it('a broker that is frozen is not counted among the living for long', async () => {
  // Its connection stays open and its machine answers: only that it asks nothing gives it away.
  const client = new pg.Client({ connectionString: market.database.url });
  client.on('error', () => {});
  await client.connect();
  await client.query(`SELECT pg_advisory_lock(${BROKER_LOCKS}, ${LOST}); SET idle_session_timeout = 6000`);
  await storePresence(market.database.db.$client, LOST, [{ deviceId: device.id, online: true, at: 1 }]);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(await online()).toBe(true);
  await expect.poll(online, eventually).toBe(false);
  await client.end().catch(() => {});
});
