import { describe, expect, it } from 'vitest';
import { CLEAN, connectBytes, number, PASSWORD, packetOf, text, USER_NAME, WILL } from '../raw-bytes.ts';
import { answersOf, commandIn, expectClosed, publish, sharedStand } from './stand.ts';

const stand = sharedStand();

type Bytes = (bad: readonly number[]) => Buffer;
const behind = (start: string, bad: readonly number[]): Buffer =>
  text(Buffer.concat([Buffer.from(start), Buffer.from(bad)]));
const QOS = Buffer.of(1);

/** Every field that is a text, with bytes at its end. */
const texts: [string, 'first' | 'connected', Bytes][] = [
  ['a client id', 'first', (bad) => connect(behind(stand.device.clientId, bad))],
  ['a user name', 'first', (bad) => connect(text(stand.device.clientId), behind(stand.device.clientId, bad))],
  [
    'a Will topic',
    'first',
    (bad) =>
      connectBytes(stand.device, {
        flags: CLEAN | WILL | USER_NAME | PASSWORD,
        payload: [
          text(stand.device.clientId),
          behind(stand.device.topic('state'), bad),
          text('{}'),
          text(stand.device.clientId),
          text(stand.device.secret),
        ],
      }),
  ],
  [
    'a protocol name',
    'first',
    (bad) => connectBytes(stand.device, { name: behind('MQTT', bad).subarray(2) }),
  ],
  [
    'a topic',
    'connected',
    (bad) => packetOf(0x32, behind(stand.device.topic('up'), bad), number(1), Buffer.from('bad')),
  ],
  ['a filter', 'connected', (bad) => packetOf(0x82, number(1), behind(stand.device.topic('cmd'), bad), QOS)],
  [
    'a filter to unsubscribe',
    'connected',
    (bad) => packetOf(0xa2, number(1), behind(stand.device.topic('cmd'), bad)),
  ],
];
const connect = (clientId: Buffer, userName = text(stand.device.clientId)): Buffer =>
  connectBytes(stand.device, { payload: [clientId, userName, text(stand.device.secret)] });

describe('text', () => {
  const illFormed: [string, number[]][] = [
    ['a byte that is in no UTF-8', [0xff]],
    ['more bytes than a character needs', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['half a character', [0xe4, 0xb8]],
    ['a code point beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ];
  const cases = texts.flatMap(([field, when, bytes]) =>
    illFormed.map(([what, bad]) => [what, field, when, bytes, bad] as const),
  );
  it.each(cases)('[MQTT-1.5.3-1] closes for %s in %s', async (_what, _field, when, bytes, bad) => {
    const client = when === 'first' ? stand.open() : await stand.connected();
    client.send(bytes(bad));
    await expectClosed(client);
    expect(await stand.stored()).not.toContain('bad');
  });

  it.each(texts)('[MQTT-1.5.3-2] closes for U+0000 in %s', async (_field, when, bytes) => {
    const client = when === 'first' ? stand.open() : await stand.connected();
    client.send(bytes([0]));
    await expectClosed(client);
    expect(await stand.stored()).not.toContain('bad');
  });

  it('[MQTT-1.5.3-3] does not strip U+FEFF: with it, a user name is another', async () => {
    const client = stand.open();
    client.send(
      connect(text(stand.device.clientId), text([0xef, 0xbb, 0xbf, ...Buffer.from(stand.device.clientId)])),
    );
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 4 });
  });
});

describe('the fixed header', () => {
  it('[MQTT-2.2.2-1] has the reserved bits of the table in all that the broker sends', async () => {
    const client = await stand.connected();
    const bytes: Buffer[] = [];
    client.socket.on('data', (chunk) => bytes.push(chunk));
    const { device } = stand;
    client.send(publish(device.topic('up')), publish(device.topic('up'), { qos: 2, messageId: 2 }));
    client.send({ cmd: 'pubrel', messageId: 3 });
    client.send({ cmd: 'subscribe', messageId: 4, subscriptions: [{ topic: device.topic('up'), qos: 0 }] });
    client.send({ cmd: 'unsubscribe', messageId: 5, unsubscriptions: [device.topic('up')] });
    client.send({ cmd: 'pubrec', messageId: 6 });
    await expect.poll(() => firstBytes(Buffer.concat(bytes)).size).toBe(6);
    expect(firstBytes(Buffer.concat(bytes))).toEqual(new Set([0x40, 0x50, 0x70, 0x90, 0xb0, 0x62]));
    client.end();
  });

  const connected = (firstByte: number, ...fields: Buffer[]): [string, Buffer] => [
    `0x${firstByte.toString(16)}`,
    packetOf(firstByte, ...fields),
  ];
  it.each([
    connected(0x41, number(1)),
    connected(0x51, number(1)),
    connected(0x60, number(1)),
    connected(0x63, number(1)),
    connected(0x71, number(1)),
    connected(0x80, number(1), text('a'), QOS),
    connected(0x83, number(1), text('a'), QOS),
    connected(0xa0, number(1), text('a')),
    connected(0xc1),
    connected(0xe1),
    connected(0xe8),
  ])('[MQTT-2.2.2-2] closes for the flags of %s', async (_name, bytes) => {
    const client = await stand.connected();
    client.send(bytes);
    await expectClosed(client);
  });

  it('[MQTT-2.2.2-2] closes for flags in a CONNECT, without a CONNACK', async () => {
    const client = stand.open();
    client.send(connectBytes(stand.device, { firstByte: 0x11 }));
    await expectClosed(client);
  });
});

describe('packet identifiers', () => {
  it.each<[string, () => Buffer]>([
    ['0 of a QoS 1 publish', () => packetOf(0x32, text(stand.device.topic('up')), number(0))],
    ['0 of a QoS 2 publish', () => packetOf(0x34, text(stand.device.topic('up')), number(0))],
    ['0 of a SUBSCRIBE', () => packetOf(0x82, number(0), text('a'), QOS)],
    ['0 of an UNSUBSCRIBE', () => packetOf(0xa2, number(0), text('a'))],
    ['that a publish is too short for', () => packetOf(0x32, text(stand.device.topic('up')))],
    [
      'that a publish is too short for, with another packet behind it',
      () => Buffer.concat([packetOf(0x32, text(stand.device.topic('up'))), packetOf(0xc0), packetOf(0xc0)]),
    ],
    ['of half its bytes', () => packetOf(0x82, Buffer.of(1))],
  ])('[MQTT-2.3.1-1] closes for the packet id %s, and stores nothing', async (_what, bytes) => {
    const before = await stand.stored();
    const client = await stand.connected();
    client.send(bytes());
    await expectClosed(client);
    expect(await stand.stored()).toEqual(before);
  });

  it('[MQTT-2.3.1-4] of commands in flight are all different, and not 0', async () => {
    const client = await stand.subscribed();
    await Promise.all([stand.queue(), stand.queue(), stand.queue()]);
    const commands = [await client.next(), await client.next(), await client.next()];
    const ids = commands.map((packet) => packet?.messageId ?? 0);
    expect(new Set(ids).size).toBe(3);
    expect(Math.min(...ids)).toBeGreaterThan(0);
    for (const messageId of ids) client.send({ cmd: 'puback', messageId });
    await answersOf(client);
    client.end();
  });

  it('[MQTT-2.3.1-5] are in no QoS 0 publish, from a device or to it', async () => {
    const client = await stand.subscribed(0);
    const id = await stand.queue();
    const command = await client.next();
    expect(commandIn(command)).toBe(id);
    expect(command?.messageId).toBeUndefined();
    client.send(packetOf(0x30, text(stand.device.topic('up')), Buffer.from('12 is no id')));
    await expect.poll(() => stand.stored()).toContain('12 is no id');
    client.end();
  });

  it.each([1, 0x1234, 65_535])(
    '[MQTT-2.3.1-6] %i comes back in PUBACK, PUBREC and PUBCOMP',
    async (messageId) => {
      const client = await stand.connected();
      client.send(publish(stand.device.topic('up'), { messageId }));
      expect(await client.next()).toMatchObject({ cmd: 'puback', messageId });
      client.send(publish(stand.device.topic('up'), { messageId, qos: 2 }));
      expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId });
      client.send({ cmd: 'pubrel', messageId });
      expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId });
      client.end();
    },
  );

  it.each([1, 65_535])('[MQTT-2.3.1-7] %i comes back in SUBACK and UNSUBACK', async (messageId) => {
    const client = await stand.connected();
    const topic = stand.device.topic('cmd');
    client.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic, qos: 1 }] });
    expect(await client.next()).toMatchObject({ cmd: 'suback', messageId });
    client.send({ cmd: 'unsubscribe', messageId, unsubscriptions: [topic] });
    expect(await client.next()).toMatchObject({ cmd: 'unsuback', messageId });
    client.end();
  });
});

/** The first byte of each of some packets, none of which is longer than 127 bytes. */
function firstBytes(bytes: Buffer): Set<number> {
  const found = new Set<number>();
  for (let at = 0; at + 1 < bytes.length; at += 2 + (bytes[at + 1] ?? 0)) found.add(bytes[at] ?? 0);
  return found;
}
