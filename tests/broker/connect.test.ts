import { once } from 'node:events';
import { connect } from 'node:net';
import { generate, type IConnectPacket } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Limits } from '../../broker/limits.ts';
import type { Broker } from '../../broker/start.ts';
import { type Device, type Market, openMarket } from './market.ts';
import { connectPacket, publishPacket, RawClient } from './raw-client.ts';
import { slowJournal } from './slow-journal.ts';

let market: Market;
let broker: Broker;
let device: Device;
let other: Device;
beforeAll(async () => {
  market = await openMarket();
  device = await market.addDevice('meter-1');
  other = await market.addDevice('meter-2');
  broker = await market.start({ journal: slowJournal() });
});
afterAll(async () => {
  await broker.close();
  await market.close();
});

/** The answer to a CONNECT: its code, or nothing when the connection was closed without one. */
async function answerTo(over: Partial<IConnectPacket>, port = broker.port): Promise<number | undefined> {
  const client = await RawClient.open(port);
  client.send(connectPacket(device, over));
  const answer = await client.next();
  client.end();
  return answer?.cmd === 'connack' ? (answer.returnCode ?? undefined) : undefined;
}

async function withLimits(limits: Partial<Limits>, use: (port: number) => Promise<void>): Promise<void> {
  const limited = await market.start({ journal: slowJournal(), limits });
  await use(limited.port).finally(() => limited.close());
}

describe('a CONNECT', () => {
  it('is accepted with the device’s own id, user name and secret', async () => {
    expect(await answerTo({})).toBe(0);
  });

  const wrong = (id: string, over: Partial<IConnectPacket> = {}): Partial<IConnectPacket> => ({
    clientId: id,
    username: id,
    ...over,
  });
  it.each<[string, () => Partial<IConnectPacket>, number]>([
    ['a wrong secret', () => ({ password: Buffer.from('guess') }), 4],
    ['an empty secret', () => ({ password: Buffer.alloc(0) }), 4],
    ['another device’s secret', () => ({ password: Buffer.from(other.secret) }), 4],
    ['an unknown device', () => wrong('market/nobody'), 4],
    ['another site', () => wrong('elsewhere/meter-1'), 4],
    ['a user name that is not the client id', () => ({ username: other.clientId }), 4],
    ['an empty client id and a clean session', () => wrong(''), 2],
    ['a client id without a site', () => wrong('meter-1'), 2],
    ['a client id with a wildcard', () => wrong('market/+'), 2],
    ['a client id of more than two segments', () => wrong('market/meter-1/up'), 2],
    ['a client id that is too long', () => wrong(`market/${'m'.repeat(5000)}`), 2],
    [
      'a Will on another device’s topic',
      () => ({ will: { topic: other.topic('state'), payload: Buffer.from('{}'), qos: 1, retain: true } }),
      5,
    ],
    [
      'a Will on a topic of the broker',
      () => ({ will: { topic: '$SYS/x', payload: Buffer.from('{}'), qos: 0, retain: false } }),
      5,
    ],
    ['protocol 5', () => ({ protocolVersion: 5 }), 1],
  ])('is refused with %s', async (_what, over, code) => {
    expect(await answerTo(over())).toBe(code);
  });

  it('is refused with an empty client id without a clean session', async () => {
    const bytes = generate(connectPacket(device, wrong('')));
    // mqtt-packet will not write this one: the clean session flag (3.1.2.3) behind header, protocol name and level.
    bytes[9] = (bytes[9] ?? 0) & ~0x02;
    const client = await RawClient.open(broker.port);
    client.send(bytes);
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 2 });
    await client.closed;
  });

  it('cannot ask for a session that outlives the connection', async () => {
    for (let times = 0; times < 2; times++) {
      const client = await RawClient.connected(broker.port, device, { clean: false });
      expect(client.received[0]).toMatchObject({ cmd: 'connack', sessionPresent: false });
      client.send({
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [{ topic: device.topic('cmd'), qos: 1 }],
      });
      expect(await client.next()).toMatchObject({ cmd: 'suback' });
      client.end();
      await client.closed;
    }
  });

  it('takes the place of an older connection with the same id', async () => {
    const older = await RawClient.connected(broker.port, device);
    const newer = await RawClient.connected(broker.port, device);
    await older.closed;
    newer.send({ cmd: 'pingreq' });
    expect(await newer.next()).toMatchObject({ cmd: 'pingresp' });
    newer.end();
  });

  it('must come first', async () => {
    const client = await RawClient.open(broker.port);
    client.send(publishPacket(device.topic('up'), 1));
    expect(await client.next()).toBeUndefined();
  });

  it('must come only once', async () => {
    const client = await RawClient.connected(broker.port, device);
    client.send(connectPacket(device));
    expect(await client.next()).toBeUndefined();
  });

  it('may come byte by byte', async () => {
    const client = await RawClient.open(broker.port);
    for (const byte of generate(connectPacket(device))) {
      client.send(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
    client.end();
  });
});

describe('the guard in front of a CONNECT', () => {
  it.each<[string, Buffer]>([
    ['announces 256 MB', Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])],
    ['announces more than a CONNECT may have', Buffer.from([0x10, 0x80, 0x80, 0x04])],
    ['has a length of five bytes', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x01])],
    ['is no MQTT at all', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
  ])('closes a connection that %s, at once', async (_what, bytes) => {
    const client = await RawClient.open(broker.port);
    client.send(bytes);
    expect(await client.next()).toBeUndefined();
  });

  it('closes connections that stay silent, or stop in the middle', async () => {
    await withLimits({ connectTimeoutMs: 100 }, async (port) => {
      const silent = await RawClient.open(port);
      const slow = await RawClient.open(port);
      slow.send(generate(connectPacket(device)).subarray(0, 10));
      await Promise.all([silent.closed, slow.closed]);
    });
  });

  it('closes connections beyond the greatest number, and lets others in when some have gone', async () => {
    await withLimits({ connectionsMax: 2 }, async (port) => {
      const first = await RawClient.connected(port, device);
      const second = await RawClient.connected(port, other);
      const third = connect(port, '127.0.0.1').on('error', () => {});
      await once(third, 'close');
      first.end();
      await expect.poll(() => answerTo({}, port)).toBe(0);
      second.end();
    });
  });

  it('closes connections that come too fast from one address', async () => {
    await withLimits({ connectionRatePerAddress: 1 }, async (port) => {
      const codes = await Promise.all(Array.from({ length: 30 }, () => answerTo({ clientId: '' }, port)));
      expect(codes.filter((code) => code === 2).length).toBeLessThanOrEqual(12);
    });
  });

  it('closes connections that come too fast in all', async () => {
    await withLimits({ connectionRate: 1 }, async (port) => {
      const codes = await Promise.all(Array.from({ length: 30 }, () => answerTo({ clientId: '' }, port)));
      expect(codes.filter((code) => code === 2).length).toBeLessThanOrEqual(12);
    });
  });

  it('slows down an address that guesses secrets', async () => {
    await withLimits({ connectionRatePerAddress: 5, refusalCost: 25 }, async (port) => {
      expect(await answerTo({ password: Buffer.from('1') }, port)).toBe(4);
      expect(await answerTo({ password: Buffer.from('2') }, port)).toBe(4);
      expect(await answerTo({}, port)).toBeUndefined();
    });
  });

  it('asks a silent device that wants no keep-alive for a sign of life all the same', async () => {
    await withLimits({ keepAliveSMax: 1 }, async (port) => {
      const client = await RawClient.connected(port, device, { keepalive: 0 });
      await client.closed;
    });
  });
});
