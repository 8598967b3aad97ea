import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '../../broker/start.ts';
import { newSecret, rotateSecret, setDeviceEnabled } from '../../store/devices.ts';
import { type Device, type Market, openMarket } from './market.ts';
import { connectPacket, RawClient } from './raw-client.ts';
import { slowJournal } from './slow-journal.ts';

let market: Market;
let broker: Broker;
let device: Device;
let devices = 0;
beforeAll(async () => {
  market = await openMarket();
  broker = await market.start({ journal: slowJournal() });
});
afterAll(async () => {
  await broker.close();
  await market.close();
});
beforeEach(async () => {
  device = await market.addDevice(`meter-${++devices}`);
});

async function codeFor(secret: string): Promise<number | undefined> {
  const client = await RawClient.open(broker.port);
  client.send(connectPacket(device, { password: Buffer.from(secret) }));
  const answer = await client.next();
  client.end();
  return answer?.cmd === 'connack' ? (answer.returnCode ?? undefined) : undefined;
}
const eventually = { timeout: 10_000 };

describe('while the broker runs', () => {
  const clients: RawClient[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.end();
  });
  const connected = async (): Promise<RawClient> => {
    await expect.poll(() => codeFor(device.secret), eventually).toBe(0);
    const client = await RawClient.connected(broker.port, device);
    clients.push(client);
    return client;
  };

  it('a new device can connect', async () => {
    await connected();
  });

  it('a device that is disabled is disconnected and stays out until it is enabled', async () => {
    const client = await connected();
    await setDeviceEnabled(market.database.db, device.id, false);
    await client.closed;
    expect(await codeFor(device.secret)).toBe(4);
    await setDeviceEnabled(market.database.db, device.id, true);
    await expect.poll(() => codeFor(device.secret), eventually).toBe(0);
  });

  it('a device that is deleted is disconnected and stays out', async () => {
    const client = await connected();
    const { db } = market.database;
    await db.$client.query('DELETE FROM registers WHERE device_id = $1', [device.id]);
    await db.$client.query('DELETE FROM devices WHERE id = $1', [device.id]);
    await client.closed;
    expect(await codeFor(device.secret)).toBe(4);
  });

  it('after a rotation both secrets are good for a while, and then only the new one', async () => {
    const client = await connected();
    const { secret, hash } = newSecret();
    await rotateSecret(market.database.db, device.id, hash, new Date(Date.now() + 60_000));
    await expect.poll(() => codeFor(secret), eventually).toBe(0);
    await client.closed;
    const late = await connected();
    await market.database.db.$client.query(
      `UPDATE devices SET previous_secret_expires_at = now() - interval '1 s' WHERE id = $1`,
      [device.id],
    );
    await late.closed;
    expect(await codeFor(device.secret)).toBe(4);
    expect(await codeFor(secret)).toBe(0);
  });

  it('a connection by a secret that expired meanwhile is closed without anybody saying so', async () => {
    const client = await connected();
    const { hash } = newSecret();
    await rotateSecret(market.database.db, device.id, hash, new Date(Date.now() + 1_000));
    await client.closed;
    expect(await codeFor(device.secret)).toBe(4);
  });

  it('what changed while nobody listened is learned when listening again', async () => {
    const client = await connected();
    const { db } = market.database;
    await db.$client.query('ALTER TABLE devices DISABLE TRIGGER devices_notify');
    await setDeviceEnabled(db, device.id, false);
    await db.$client.query('ALTER TABLE devices ENABLE TRIGGER devices_notify');
    expect(await codeFor(device.secret)).toBe(0);
    await db.$client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'stallgrid-listen' AND datname = current_database()`,
    );
    await client.closed;
    await expect.poll(() => codeFor(device.secret), eventually).toBe(4);
  });
});

it('devices connect and publish while the database is away', async () => {
  const other = await openMarket();
  const journal = slowJournal();
  const meter = await other.addDevice('meter-1');
  const alone = await other.start({ journal });
  await other.close();
  const client = await RawClient.connected(alone.port, meter);
  client.send({
    cmd: 'publish',
    topic: meter.topic('up'),
    payload: '1',
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
  });
  await expect.poll(() => journal.appended.length, eventually).toBe(1);
  journal.appended[0]?.resolve();
  expect(await client.next()).toMatchObject({ cmd: 'puback' });
  const startedAt = performance.now();
  await alone.close();
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});
