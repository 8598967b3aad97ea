import type { IPublishPacket, Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { number, packetOf, text } from '../raw-bytes.ts';
import { answersOf, commandIn, expectClosed, publish, sharedStand } from './stand.ts';

const stand = sharedStand();

const up = (over: Partial<IPublishPacket> = {}): IPublishPacket => publish(stand.device.topic('up'), over);
async function recordOf(payload: unknown) {
  const frames = await stand.broker.journal.read(0, { recordsMax: 10_000 });
  const records = frames.flatMap((frame) => frame.records);
  return records.find((record) => Buffer.from(record.payload).toString() === payload);
}
const acknowledge = (packet: Packet | undefined): Packet => ({
  cmd: 'puback',
  messageId: packet?.messageId ?? 0,
});

describe('DUP and QoS', () => {
  it('[MQTT-3.3.1-1] differs on purpose: a command is delivered again as a new message, known by its own id', async () => {
    const first = await stand.subscribed();
    const id = await stand.queue();
    expect(commandIn(await first.next())).toBe(id);
    first.end();
    await first.closed;
    const second = await stand.subscribed();
    const again = await second.next();
    expect(commandIn(again)).toBe(id);
    expect(again).toMatchObject({ dup: false });
    second.send(acknowledge(again));
    await answersOf(second);
    second.end();
  });

  it('[MQTT-3.3.1-2] closes for DUP with QoS 0, and sends none', async () => {
    const client = await stand.subscribed(0);
    await stand.queue();
    expect(await client.next()).toMatchObject({ cmd: 'publish', qos: 0, dup: false });
    client.send(packetOf(0x38, text(stand.device.topic('up')), Buffer.from('dup 0')));
    await expectClosed(client);
    expect(await stand.stored()).not.toContain('dup 0');
  });

  it('[MQTT-3.3.1-3] differs on purpose: a publish goes to the journal, not to clients; DUP changes nothing in it', async () => {
    const client = await stand.connected();
    const [plain, repeated] = [up(), up({ dup: true, messageId: 2 })];
    client.send(plain, repeated);
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 1 });
    expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 2 });
    const [first, second] = [await recordOf(plain.payload), await recordOf(repeated.payload)];
    expect({ ...second, payload: 0, receivedAt: 0 }).toEqual({ ...first, payload: 0, receivedAt: 0 });
    client.end();
  });

  it.each([0x36, 0x37, 0x3e])(
    '[MQTT-3.3.1-4] closes for both bits of QoS set, in 0x%i',
    async (firstByte) => {
      const client = await stand.connected();
      client.send(packetOf(firstByte, text(stand.device.topic('up')), number(1), Buffer.from('qos 3')));
      await expectClosed(client);
      expect(await stand.stored()).not.toContain('qos 3');
    },
  );
});

describe('RETAIN', () => {
  it.each<[string, Partial<IPublishPacket>]>([
    [
      '[MQTT-3.3.1-5] differs on purpose: a retained message is stored with its mark, and not kept for subscribers',
      {},
    ],
    ['[MQTT-3.3.1-6] differs on purpose: a new subscription gets no retained message', { qos: 2 }],
    ['[MQTT-3.3.1-7] differs on purpose: one of QoS 0 discards nothing, for nothing is kept', { qos: 0 }],
    ['[MQTT-3.3.1-8] differs on purpose: none is sent for a new subscription, so none has RETAIN set', {}],
    [
      '[MQTT-3.3.1-10] differs on purpose: one without a payload is stored as it came, and removes nothing',
      { payload: '' },
    ],
    ['[MQTT-3.3.1-11] differs on purpose: one without a payload is not kept either', { payload: '', qos: 0 }],
  ])('%s', async (_title, over) => {
    const client = await stand.connected();
    const message = publish(stand.device.topic('state'), { retain: true, ...over });
    client.send(message);
    await answersOf(client);
    await expect.poll(() => recordOf(message.payload)).toMatchObject({ kind: 'state', retain: true });
    client.end();
    await client.closed;
    const subscriber = await stand.subscribed(1, stand.device.topic('#'));
    expect(await answersOf(subscriber)).toEqual([]);
    subscriber.end();
  });

  it('[MQTT-3.3.1-9] is 0 in what an established subscription gets', async () => {
    const client = await stand.subscribed();
    await stand.queue();
    const command = await client.next();
    expect(command).toMatchObject({ cmd: 'publish', retain: false });
    client.send(acknowledge(command));
    await answersOf(client);
    client.end();
  });

  it('[MQTT-3.3.1-12] of 0 leaves a message unmarked and nothing retained', async () => {
    const client = await stand.subscribed(1, stand.device.topic('#'));
    const message = up({ retain: false });
    client.send(message);
    expect((await answersOf(client)).map(({ cmd }) => cmd)).not.toContain('publish');
    await expect.poll(() => recordOf(message.payload)).toMatchObject({ retain: false });
    client.end();
  });
});

describe('the topic of a PUBLISH', () => {
  it.each<[string, Buffer[]]>([
    ['no topic', []],
    ['half a length', [Buffer.of(0)]],
    ['a topic longer than the packet', [Buffer.of(0, 9), Buffer.from('a')]],
  ])('[MQTT-3.3.2-1] is its first field: closes for %s', async (_what, fields) => {
    const client = await stand.connected();
    client.send(packetOf(0x30, ...fields), packetOf(0xc0), packetOf(0xc0), packetOf(0xc0), packetOf(0xc0));
    await expectClosed(client);
  });

  it.each(['+', '#'])('[MQTT-3.3.2-2] has no wildcard: closes for %s', async (wildcard) => {
    const client = await stand.connected();
    client.send(publish(stand.device.topic(wildcard), { payload: 'wild' }));
    await expectClosed(client);
    expect(await stand.stored()).not.toContain('wild');
  });

  it.each(['cmd', '+', '#'])('[MQTT-3.3.2-3] to a subscriber matches its filter …/%s', async (filter) => {
    const client = await stand.subscribed(0, stand.device.topic(filter));
    await stand.queue();
    expect(await client.next()).toMatchObject({ cmd: 'publish', topic: stand.device.topic('cmd') });
    client.end();
    await client.closed;
  });
});

describe('the response to a PUBLISH', () => {
  it.each<[0 | 1 | 2, string[]]>([
    [0, []],
    [1, ['puback']],
    [2, ['pubrec']],
  ])('[MQTT-3.3.4-1] of QoS %i is %j', async (qos, expected) => {
    const client = await stand.connected();
    const message = up({ qos, messageId: 9 });
    client.send(message);
    await expect.poll(() => recordOf(message.payload)).toBeDefined();
    const more = qos > 0 ? await client.next() : undefined;
    const answers = [...(more ? [more] : []), ...(await answersOf(client))];
    expect(answers.map(({ cmd }) => cmd)).toEqual(expected);
    client.end();
  });

  it('[MQTT-3.3.5-1] by the broker to overlapping subscriptions has the greatest QoS of them, once', async () => {
    const client = await stand.subscribed(0, stand.device.topic('#'));
    client.send({
      cmd: 'subscribe',
      messageId: 2,
      subscriptions: [{ topic: stand.device.topic('cmd'), qos: 1 }],
    });
    expect(await client.next()).toMatchObject({ cmd: 'suback' });
    const id = await stand.queue();
    const command = await client.next();
    expect(commandIn(command)).toBe(id);
    expect(command).toMatchObject({ qos: 1 });
    client.send(acknowledge(command));
    expect(await answersOf(client)).toEqual([]);
    client.end();
  });

  it.each([0, 1, 2] as const)('[MQTT-3.3.5-2] that is not allowed is the end, at QoS %i', async (qos) => {
    const client = await stand.connected();
    client.send(publish(stand.other.topic('up'), { qos, payload: 'foreign' }));
    await expectClosed(client);
    expect(await stand.stored()).not.toContain('foreign');
  });
});

describe('PUBREL', () => {
  it.each([0x60, 0x61, 0x63, 0x6a])(
    '[MQTT-3.6.1-1] closes for its flags in the first byte %i',
    async (firstByte) => {
      const client = await stand.connected();
      client.send(packetOf(firstByte, number(1)));
      await expectClosed(client);
    },
  );
});
