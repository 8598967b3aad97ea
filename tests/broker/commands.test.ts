import { randomUUID } from 'node:crypto';
import type { Packet } from 'mqtt-packet';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '../../broker/start.ts';
import { claimCommands, finishCommands } from '../../store/commands.ts';
import { type Device, type Market, openMarket } from './market.ts';
import { RawClient } from './raw-client.ts';
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
  device = await market.addDevice(`gate-${++devices}`);
});
const eventually = { timeout: 10_000 };

async function connected(): Promise<RawClient> {
  let client: RawClient | undefined;
  await expect
    .poll(async () => {
      client = await RawClient.connected(broker.port, device).catch(() => undefined);
      return client !== undefined;
    }, eventually)
    .toBe(true);
  return client as RawClient;
}

async function subscribed(topic = device.topic('cmd'), qos: 0 | 1 = 1): Promise<RawClient> {
  const client = await connected();
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] });
  expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [qos] });
  return client;
}

async function queue(expiresInS = 60, of: Device = device): Promise<string> {
  const id = randomUUID();
  await market.database.db.$client.query(
    `INSERT INTO commands (id, device_id, op, args, requested_by, expires_at)
     VALUES ($1, $2, 'open', '{"lane":1}', 'tester', now() + $3 * interval '1 s')`,
    [id, of.id, expiresInS],
  );
  return id;
}

async function commandRow(id: string) {
  const { rows } = await market.database.db.$client.query('SELECT * FROM commands WHERE id = $1', [id]);
  return rows[0];
}
const statusOf = (id: string) => async (): Promise<string> => (await commandRow(id)).status;
const answer = (id: string, over: { device?: string; ok?: boolean; at?: Date; result?: unknown } = {}) =>
  finishCommands(market.database.db.$client, [
    { id, device: device.id, ok: true, result: { by: 'hand' }, at: new Date(), ...over },
  ]);

const idOf = (packet: Packet | undefined): string => {
  if (packet?.cmd !== 'publish') throw new Error(`expected a publish, got ${packet?.cmd}`);
  return JSON.parse(packet.payload.toString()).id;
};

describe('a command', () => {
  it('reaches the one device, with everything it must know, and is sent', async () => {
    const client = await subscribed();
    const id = await queue();
    const packet = await client.next();
    expect(packet).toMatchObject({ cmd: 'publish', topic: device.topic('cmd'), qos: 1, retain: false });
    const { expires_at } = await commandRow(id);
    expect(JSON.parse((packet as { payload: Buffer }).payload.toString())).toEqual({
      id,
      op: 'open',
      args: { lane: 1 },
      expires: expires_at.getTime(),
    });
    await expect.poll(statusOf(id), eventually).toBe('sent');
    client.end();
  });

  it.each(['+', '#'])('reaches a device that subscribed to its own topics with %s', async (wildcard) => {
    const client = await subscribed(device.topic(wildcard), 0);
    const id = await queue();
    const packet = await client.next();
    expect(idOf(packet)).toBe(id);
    expect(packet).toMatchObject({ qos: 0 });
    client.end();
  });

  it('waits for the device to connect and subscribe', async () => {
    const [first, second] = [await queue(), await queue()];
    const unsubscribed = await connected();
    unsubscribed.send({ cmd: 'pingreq' });
    expect(await unsubscribed.next()).toMatchObject({ cmd: 'pingresp' });
    expect(await statusOf(first)()).toBe('queued');
    const client = await subscribed();
    expect(idOf(await client.next())).toBe(first);
    expect(idOf(await client.next())).toBe(second);
    client.end();
  });

  it('is not sent after the device unsubscribed', async () => {
    const client = await subscribed();
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [device.topic('cmd')] });
    expect(await client.next()).toMatchObject({ cmd: 'unsuback' });
    const id = await queue(1);
    await expect.poll(statusOf(id), eventually).toBe('expired');
    expect(client.received).toHaveLength(3);
    client.end();
  });

  it('is sent again, with the same id, when the connection broke before it was acknowledged', async () => {
    const first = await subscribed();
    const id = await queue();
    expect(idOf(await first.next())).toBe(id);
    first.end();
    const second = await subscribed();
    const packet = await second.next();
    expect(idOf(packet)).toBe(id);
    second.send({ cmd: 'puback', messageId: packet?.messageId ?? 0 });
    second.send({ cmd: 'pingreq' });
    expect(await second.next()).toMatchObject({ cmd: 'pingresp' });
    second.end();
    const third = await subscribed();
    third.send({ cmd: 'pingreq' });
    expect(await third.next()).toMatchObject({ cmd: 'pingresp' });
    expect(await statusOf(id)()).toBe('sent');
    third.end();
  });

  it('of very many is sent as the device acknowledges, none lost and none twice', async () => {
    const client = await subscribed();
    const ids = await Promise.all(Array.from({ length: 60 }, () => queue()));
    const got: string[] = [];
    while (got.length < 60) {
      const packet = await client.next();
      got.push(idOf(packet));
      client.send({ cmd: 'puback', messageId: packet?.messageId ?? 0 });
    }
    expect(new Set(got)).toEqual(new Set(ids));
    client.end();
  });

  it('that nobody fetched in time expires, and is never sent', async () => {
    const id = await queue(1);
    await expect.poll(statusOf(id), eventually).toBe('expired');
    const client = await subscribed();
    client.send({ cmd: 'pingreq' });
    expect(await client.next()).toMatchObject({ cmd: 'pingresp' });
    client.end();
  });

  it('is claimed by one broker only', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, () => queue()));
    const devices = [{ device: device.id, room: 10 }];
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, broker) =>
        claimCommands(market.database.db.$client, { broker, devices, at: new Date() }),
      ),
    );
    for (const claim of claims) expect(claim.length).toBeLessThanOrEqual(10);
    const claimed = claims.flat().map((command) => command.id);
    expect(claimed.length).toBeGreaterThanOrEqual(10);
    expect(claimed).toHaveLength(new Set(claimed).size);
    for (const id of claimed) expect(ids).toContain(id);
  });
});

describe('an acknowledgement', () => {
  it('ends its command with what the device says', async () => {
    const [good, bad] = [await queue(), await queue()];
    await answer(good);
    await answer(bad, { ok: false, result: undefined });
    expect(await commandRow(good)).toMatchObject({ status: 'succeeded', result: { by: 'hand' } });
    expect(await commandRow(bad)).toMatchObject({ status: 'failed', result: null });
  });

  it('counts once: the first', async () => {
    const id = await queue();
    const { db } = market.database;
    const ack = { id, device: device.id, result: 1, at: new Date() };
    await finishCommands(db.$client, [
      { ...ack, ok: false },
      { ...ack, ok: true },
    ]);
    await answer(id, { ok: true });
    expect(await statusOf(id)()).toBe('failed');
  });

  it('from another device, for an unknown command or after the time is nobody’s', async () => {
    const id = await queue();
    await answer(id, { device: 'gate-1' });
    await answer(randomUUID());
    await answer(id, { at: new Date(Date.now() + 120_000) });
    expect(await statusOf(id)()).toBe('queued');
  });

  it('that came in time counts also when it is read late', async () => {
    const id = await queue();
    await market.database.db.$client.query(
      `UPDATE commands SET status = 'expired', expires_at = now() - interval '1 h' WHERE id = $1`,
      [id],
    );
    await answer(id, { at: new Date(Date.now() - 3_600_000) });
    expect(await statusOf(id)()).toBe('succeeded');
  });
});
