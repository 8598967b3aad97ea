import { join } from 'node:path';
import fc from 'fast-check';
import { generate, type IPublishPacket, type Packet } from 'mqtt-packet';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Limits } from '../../broker/limits.ts';
import type { Broker } from '../../broker/start.ts';
import { openLmdbJournal } from '../../store/journal/lmdb.ts';
import { type Journal, JournalFullError } from '../../store/journal/port.ts';
import { type Device, type Market, openMarket, recordsIn } from './market.ts';
import { connectPacket, publishPacket, RawClient } from './raw-client.ts';
import { type SlowJournal, slowJournal } from './slow-journal.ts';

let market: Market;
let device: Device;
let other: Device;
beforeAll(async () => {
  market = await openMarket();
  device = await market.addDevice('meter-1');
  other = await market.addDevice('meter-2');
});
afterAll(() => market.close());

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const publishes = (count: number): Packet[] => range(count).map((n) => publishPacket(device.topic('up'), n));
const qos2 = (messageId: number, over: Partial<IPublishPacket> = {}): Packet => ({
  ...(publishPacket(device.topic('up'), messageId) as IPublishPacket),
  qos: 2,
  ...over,
});

describe('a publish', () => {
  let broker: Broker & { readonly journal: Journal };
  let client: RawClient;
  beforeEach(async () => {
    broker = await market.start();
    client = await RawClient.connected(broker.port, device);
  });
  afterEach(async () => {
    client.end();
    await broker.close();
  });
  const texts = async (): Promise<string[]> => (await recordsIn(broker.journal)).map(({ text }) => text);

  it('is in the journal, as it came, when it is acknowledged', async () => {
    const before = Date.now();
    for (const kind of ['up', 'event', 'state', 'ack']) {
      client.send({ ...(publishPacket(device.topic(kind), 7, 'no JSON\0') as IPublishPacket), retain: true });
      expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 7 });
    }
    const records = (await recordsIn(broker.journal)).map(({ record, text }) => ({
      ...record,
      payload: text,
    }));
    const expected = { site: 'market', device: 'meter-1', payload: 'no JSON\0', retain: true };
    expect(records).toMatchObject(['up', 'event', 'state', 'ack'].map((kind) => ({ ...expected, kind })));
    for (const { receivedAt } of records) expect(receivedAt).toBeGreaterThanOrEqual(before);
  });

  it('with QoS 0 is in the journal too', async () => {
    client.send({ ...(publishPacket(device.topic('up'), 1, 'zero') as IPublishPacket), qos: 0 });
    await expect.poll(texts).toEqual(['zero']);
  });

  it('with QoS 2 is in the journal once, however often it is repeated', async () => {
    client.send(qos2(9));
    expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 9 });
    client.send(qos2(9, { dup: true }));
    expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 9 });
    client.send({ cmd: 'pubrel', messageId: 9 }, { cmd: 'pubrel', messageId: 9 });
    expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId: 9 });
    expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId: 9 });
    client.send(qos2(9));
    expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 9 });
    expect(await texts()).toEqual(['9', '9']);
  });

  it('may come in pieces, and many in one piece', async () => {
    const bytes = Buffer.concat(publishes(50).map((packet) => generate(packet)));
    for (let at = 0; at < bytes.length; at += 7) {
      client.send(bytes.subarray(at, at + 7));
      if (at % 70 === 0) await new Promise(setImmediate);
    }
    client.send(...publishes(80));
    for (const n of [...range(50), ...range(80)]) expect(await client.next()).toMatchObject({ messageId: n });
    expect(await texts()).toEqual([...range(50), ...range(80)].map(String));
  });

  it('keeps its place among others of any QoS, however the bytes are cut', async () => {
    const mix = fc.array(
      fc.record({ qos: fc.constantFrom(0, 1, 1, 1, 2), cut: fc.integer({ min: 1, max: 200 }) }),
      {
        minLength: 2,
        maxLength: 40,
      },
    );
    let sent = 0;
    const expected: string[] = [];
    await fc.assert(
      fc.asyncProperty(mix, async (packets) => {
        const first = sent + 1;
        const all = packets.map(({ qos }) => ({
          ...(publishPacket(device.topic('up'), ++sent) as IPublishPacket),
          qos: qos as 0 | 1 | 2,
        }));
        expected.push(...range(all.length).map((n) => String(first + n - 1)));
        let bytes = Buffer.concat(all.map((packet) => generate(packet)));
        for (let n = 0; bytes.length > 0; n++) {
          const { cut = 1, qos = 0 } = packets[n % packets.length] ?? {};
          client.send(bytes.subarray(0, cut));
          bytes = bytes.subarray(cut);
          if (qos === 0) await new Promise(setImmediate);
        }
        const answered: Packet[] = [];
        for (const { qos } of all) if (qos > 0) answered.push((await client.next()) as Packet);
        for (const [cmd, qos] of [
          ['puback', 1],
          ['pubrec', 2],
        ] as const) {
          const ids = answered.filter((packet) => packet.cmd === cmd).map(({ messageId }) => messageId);
          expect(ids).toEqual(all.filter((packet) => packet.qos === qos).map(({ messageId }) => messageId));
        }
        for (const { qos, messageId = 0 } of all) {
          if (qos !== 2) continue;
          client.send({ cmd: 'pubrel', messageId });
          expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId });
        }
      }),
      { numRuns: 40 },
    );
    await expect.poll(texts).toEqual(expected);
  });

  it('of the largest size is taken', async () => {
    client.send(publishPacket(device.topic('up'), 1, Buffer.alloc(64 * 1024, 'x')));
    expect(await client.next()).toMatchObject({ cmd: 'puback' });
  });

  it.each<[string, () => Packet | Buffer]>([
    ['another device’s topic', () => publishPacket(other.topic('up'), 1)],
    ['the device’s own command topic', () => publishPacket(device.topic('cmd'), 1)],
    ['a topic below its own', () => publishPacket(`${device.topic('up')}/more`, 1)],
    ['$SYS', () => publishPacket('$SYS/broker/clients', 1)],
    ['a topic of very many levels', () => publishPacket('/'.repeat(200), 1)],
    ['a payload that is too large', () => publishPacket(device.topic('up'), 1, Buffer.alloc(64 * 1024 + 1))],
    ['a packet that is far too large', () => Buffer.from([0x32, 0xff, 0xff, 0x7f, 0, 1])],
    ['a malformed length', () => Buffer.from([0x32, 0xff, 0xff, 0xff, 0xff, 1])],
    ['both bits of QoS set', () => Buffer.from([0x36, 5, 0, 1, 97, 0, 1])],
  ])('is refused with %s: the connection closes without an acknowledgement', async (_what, packet) => {
    client.send(packet());
    expect(await client.next()).toBeUndefined();
    expect(await texts()).toEqual([]);
  });

  it('is seen by nobody, not even a subscriber of all its own topics, and is not retained', async () => {
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: device.topic('#'), qos: 1 }],
    });
    expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [1] });
    client.send({ ...(publishPacket(device.topic('state'), 2) as IPublishPacket), retain: true });
    expect(await client.next()).toMatchObject({ cmd: 'puback' });
    client.send({ cmd: 'subscribe', messageId: 3, subscriptions: [{ topic: device.topic('+'), qos: 1 }] });
    expect(await client.next()).toMatchObject({ cmd: 'suback' });
    client.send({ cmd: 'pingreq' });
    expect(await client.next()).toMatchObject({ cmd: 'pingresp' });
  });

  it.each([
    ['another device’s commands', () => other.topic('cmd')],
    ['everything', () => '#'],
    ['everyone’s commands', () => 'v1/market/+/cmd'],
    ['$SYS', () => '$SYS/#'],
    ['what it publishes itself', () => device.topic('up')],
  ])('a subscription to %s is refused', async (_what, topic) => {
    client.send({ cmd: 'subscribe', messageId: 5, subscriptions: [{ topic: topic(), qos: 1 }] });
    expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [128] });
  });
});

describe('a Will', () => {
  const will = {
    topic: 'v1/market/meter-1/state',
    payload: Buffer.from('{"online":false}'),
    qos: 1,
    retain: true,
  } as const;

  it('is in the journal when the connection broke, but not after a DISCONNECT', async () => {
    const broker = await market.start();
    const orderly = await RawClient.connected(broker.port, device, { will });
    orderly.send({ cmd: 'disconnect' });
    await orderly.closed;
    expect(await recordsIn(broker.journal)).toEqual([]);

    const broken = await RawClient.connected(broker.port, device, { will });
    broken.end();
    await expect
      .poll(() => recordsIn(broker.journal))
      .toMatchObject([{ topic: 'meter-1/state', text: '{"online":false}', record: { retain: true } }]);
    await broker.close();
  });

  it('does not come from a broker that stops: its devices are well', async () => {
    const journal = slowJournal();
    const broker = await market.start({ journal });
    const client = await RawClient.connected(broker.port, device, { will });
    await broker.close();
    await client.closed;
    expect(journal.appended).toEqual([]);
  });
});

describe('with a slow journal', () => {
  let journal: SlowJournal;
  let broker: Broker;
  beforeEach(() => {
    journal = slowJournal();
  });
  afterEach(() => broker.close());

  async function connected(limits: Partial<Limits> = {}, over: Device = device): Promise<RawClient> {
    broker ??= await market.start({ journal, limits });
    return RawClient.connected(broker.port, over);
  }
  const fresh = async (limits: Partial<Limits> = {}): Promise<RawClient> => {
    broker = await market.start({ journal, limits });
    return connected();
  };
  const appendedCount = (): number => journal.appended.length;

  it('acknowledgements leave in the order of arrival, though the journal finishes in another', async () => {
    const client = await fresh();
    client.send(...publishes(20));
    await expect.poll(appendedCount).toBe(20);
    for (const append of journal.appended.toReversed()) {
      append.resolve();
      await new Promise(setImmediate);
    }
    for (const n of range(20)) expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: n });
    client.end();
  });

  it('nothing is acknowledged before it is durable', async () => {
    const client = await fresh();
    const neighbour = await connected({}, other);
    client.send(...publishes(3));
    await expect.poll(appendedCount).toBe(3);
    neighbour.send({ cmd: 'pingreq' });
    expect(await neighbour.next()).toMatchObject({ cmd: 'pingresp' });
    expect(client.received).toHaveLength(1);
    neighbour.end();
    for (const append of journal.appended) append.resolve();
    expect(await client.next()).toMatchObject({ messageId: 1 });
    client.end();
  });

  it('a failed append closes the connection without acknowledging it or what came behind it', async () => {
    const client = await fresh();
    client.send(...publishes(4));
    await expect.poll(appendedCount).toBe(4);
    const [first, second, third, fourth] = journal.appended;
    fourth?.resolve();
    third?.resolve();
    second?.reject(new JournalFullError('full'));
    first?.resolve();
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 1 });
    expect(await client.next()).toBeUndefined();

    const again = await connected();
    again.send(publishPacket(device.topic('up'), 2));
    await expect.poll(appendedCount).toBe(5);
    journal.appended[4]?.resolve();
    expect(await again.next()).toMatchObject({ cmd: 'puback', messageId: 2 });
    again.end();
  });

  it('a QoS 2 publish whose append failed is appended when it is sent again', async () => {
    const client = await fresh();
    client.send(qos2(3));
    await expect.poll(appendedCount).toBe(1);
    journal.appended[0]?.reject(new JournalFullError('full'));
    expect(await client.next()).toBeUndefined();
    const again = await connected();
    again.send(qos2(3, { dup: true }));
    await expect.poll(appendedCount).toBe(2);
    journal.appended[1]?.resolve();
    expect(await again.next()).toMatchObject({ cmd: 'pubrec', messageId: 3 });
    again.end();
  });

  it('at most so many of a device wait; the rest waits in its socket and is taken later', async () => {
    const client = await fresh({ unacknowledgedMax: 10 });
    client.send(...publishes(60));
    await expect.poll(appendedCount).toBe(10);
    // A second device is none the wiser.
    const neighbour = await connected({}, other);
    neighbour.send(publishPacket(other.topic('up'), 1, 'neighbour'));
    await expect.poll(appendedCount).toBe(11);
    expect(journal.appended.at(-1)?.text).toBe('neighbour');
    for (let n = 0; n < 61; n++) {
      await expect.poll(appendedCount).toBeGreaterThan(n);
      journal.appended[n]?.resolve();
    }
    for (const n of range(60)) expect(await client.next()).toMatchObject({ messageId: n });
    client.end();
    neighbour.end();
  });

  it('at most so many bytes of all devices wait', async () => {
    const client = await fresh({ waitingBytesMax: 10_000 });
    const neighbour = await connected({}, other);
    const payload = Buffer.alloc(6_000);
    for (const n of range(5)) client.send(publishPacket(device.topic('up'), n, payload));
    await expect.poll(appendedCount).toBe(2);
    neighbour.send(publishPacket(other.topic('up'), 1, payload));
    for (let n = 0; n < 6; n++) {
      await expect.poll(appendedCount).toBeGreaterThan(n);
      journal.appended[n]?.resolve();
    }
    for (const n of range(5)) expect(await client.next()).toMatchObject({ messageId: n });
    expect(await neighbour.next()).toMatchObject({ cmd: 'puback' });
    client.end();
    neighbour.end();
  });

  it('too many QoS 2 publishes that are not released close the connection', async () => {
    const client = await fresh({ unacknowledgedMax: 5 });
    const answers: unknown[] = [];
    for (const n of range(6)) {
      client.send(qos2(n));
      await expect.poll(appendedCount).toBe(n);
      journal.appended[n - 1]?.resolve();
      answers.push((await client.next())?.cmd);
    }
    expect(answers).toEqual([...Array(5).fill('pubrec'), undefined]);
  });

  it('what was sent right behind the CONNECT is taken after it, however much it is', async () => {
    broker = await market.start({ journal });
    const client = await RawClient.open(broker.port);
    client.send(connectPacket(device), ...publishes(90));
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
    await expect.poll(appendedCount).toBe(90);
    client.end();
  });
});

describe('when the journal is full', () => {
  it('nothing is acknowledged and connections close, until there is room again', async () => {
    const journal = await openLmdbJournal({ dir: join(market.journalDir, 'small'), bytesMax: 1_000_000 });
    const broker = await market.start({ journal });
    const payload = Buffer.alloc(50_000);
    const publishOnce = async (n: number): Promise<boolean> => {
      const client = await RawClient.connected(broker.port, device);
      client.send(publishPacket(device.topic('up'), n, payload));
      const answer = await client.next();
      client.end();
      return answer?.cmd === 'puback';
    };
    let acknowledged = 0;
    while (await publishOnce(acknowledged + 1)) acknowledged++;
    expect(acknowledged).toBeGreaterThan(5);
    expect(await publishOnce(99)).toBe(false);
    expect((await journal.status()).writable).toBe(false);
    expect(await recordsIn(journal)).toHaveLength(acknowledged);

    await journal.trim({ upTo: await journal.head(), receivedBefore: Number.MAX_SAFE_INTEGER });
    expect(await publishOnce(100)).toBe(true);
    expect((await journal.status()).writable).toBe(true);
    await broker.close();
  });
});

describe('a device over its message rate', () => {
  it('is slowed down and loses nothing', async () => {
    const { db } = market.database;
    await db.$client.query(
      `UPDATE device_profiles SET definition = jsonb_set(definition, '{rateLimit}', '20') WHERE id = 'electricity-meter'`,
    );
    const journal = slowJournal();
    const broker = await market.start({ journal, limits: { burstS: 1 } });
    const client = await RawClient.connected(broker.port, device);
    const startedAt = performance.now();
    client.send(...publishes(50));
    let resolved = 0;
    while (resolved < 50) {
      for (; resolved < journal.appended.length; resolved++) journal.appended[resolved]?.resolve();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (const n of range(50)) expect(await client.next()).toMatchObject({ messageId: n });
    // 20 at once, 30 more at 20 a second.
    expect(performance.now() - startedAt).toBeGreaterThan(1_400);
    client.end();
    await broker.close();
  });
});
