import type { ISubscription, Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { number, packetOf, text } from '../raw-bytes.ts';
import type { RawClient } from '../raw-client.ts';
import { answersOf, commandIn, expectClosed, sharedStand } from './stand.ts';

const stand = sharedStand();

const QOS_1 = Buffer.of(1);
const own = (last: string): string => stand.device.topic(last);
const subscribe = (subscriptions: ISubscription[], messageId = 7): Packet => ({
  cmd: 'subscribe',
  messageId,
  subscriptions,
});
const unsubscribe = (unsubscriptions: string[], messageId = 8): Packet => ({
  cmd: 'unsubscribe',
  messageId,
  unsubscriptions,
});
async function expectGranted(
  client: RawClient,
  subscriptions: ISubscription[],
  granted: number[],
): Promise<void> {
  client.send(subscribe(subscriptions));
  expect(await client.next()).toMatchObject({ cmd: 'suback', granted });
}
async function expectEndOf(bytes: Buffer): Promise<void> {
  const client = await stand.connected();
  client.send(bytes);
  await expectClosed(client);
}
/** What comes for a command: its QoS, and nothing else behind it. */
async function takeCommand(client: RawClient): Promise<number> {
  const id = await stand.queue();
  const command = await client.next();
  expect(commandIn(command)).toBe(id);
  if (command?.cmd === 'publish' && command.qos > 0) {
    client.send({ cmd: 'puback', messageId: command.messageId ?? 0 });
  }
  expect(await answersOf(client)).toEqual([]);
  return command?.cmd === 'publish' ? command.qos : -1;
}

describe('SUBSCRIBE', () => {
  it.each([0x80, 0x81, 0x83, 0x8a])(
    '[MQTT-3.8.1-1] closes for its flags in the first byte %i',
    async (firstByte) => {
      await expectEndOf(packetOf(firstByte, number(1), text(own('cmd')), QOS_1));
    },
  );

  it('[MQTT-3.8.3-1] closes for a filter that is no UTF-8, also behind a good one', async () => {
    await expectEndOf(packetOf(0x82, number(1), text(own('cmd')), QOS_1, text([0xc3, 0x28]), QOS_1));
  });

  it('[MQTT-3.8.3-2] takes wildcards below the device’s own topics', async () => {
    const client = await stand.connected();
    const subscriptions: ISubscription[] = [
      { topic: own('+'), qos: 1 },
      { topic: own('#'), qos: 0 },
    ];
    await expectGranted(client, subscriptions, [1, 0]);
    client.end();
  });

  it('[MQTT-3.8.3-2] differs on purpose: subscriptions to anything but the own commands are answered with 0x80', async () => {
    const client = await stand.connected();
    const refused = [
      '#',
      '+',
      '+/#',
      '$SYS/#',
      'v1/#',
      'v1/+/+/cmd',
      own('up'),
      stand.other.topic('cmd'),
      own('cmd/#'),
    ];
    await expectGranted(
      client,
      refused.map((topic) => ({ topic, qos: 1 })),
      refused.map(() => 0x80),
    );
    expect(await answersOf(client)).toEqual([]);
    client.end();
  });

  it.each<[string, Buffer[]]>([
    ['no filter', [number(1)]],
    ['a filter without a QoS', [number(1), text('a')]],
    ['half a filter', [number(1), Buffer.of(0, 5, 97)]],
    ['nothing at all', []],
  ])('[MQTT-3.8.3-3] closes for %s', async (_what, fields) => {
    await expectEndOf(packetOf(0x82, ...fields));
  });

  it.each([3, 4, 0x80, 0xff])('[MQTT-3-8.3-4] closes for the QoS byte %i', async (qos) => {
    await expectEndOf(packetOf(0x82, number(1), text(own('cmd')), Buffer.of(qos)));
  });

  it('[MQTT-3.8.4-1] is answered with a SUBACK', async () => {
    const client = await stand.connected();
    client.send(subscribe([{ topic: own('cmd'), qos: 1 }]));
    expect(await client.next()).toMatchObject({ cmd: 'suback' });
    client.end();
  });

  it('[MQTT-3.8.4-2] has its packet id in the SUBACK', async () => {
    const client = await stand.connected();
    client.send(subscribe([{ topic: own('cmd'), qos: 1 }], 4711));
    expect(await client.next()).toMatchObject({ cmd: 'suback', messageId: 4711 });
    client.end();
  });

  it('[MQTT-3.8.4-3] of the same filter replaces the subscription', async () => {
    const client = await stand.subscribed(1);
    await expectGranted(client, [{ topic: own('cmd'), qos: 0 }], [0]);
    expect(await takeCommand(client)).toBe(0);
    client.end();
  });

  it('[MQTT-3.8.4-4] of several filters is like several, with one SUBACK', async () => {
    const client = await stand.connected();
    const subscriptions: ISubscription[] = [
      { topic: own('cmd'), qos: 1 },
      { topic: own('cmd'), qos: 0 },
    ];
    await expectGranted(client, subscriptions, [1, 0]);
    expect(await takeCommand(client)).toBe(0);
    client.end();
  });

  it('[MQTT-3.8.4-5] gets a code for each filter, also for one that is named again', async () => {
    const client = await stand.connected();
    const [good, bad] = [own('#'), 'v1/else'];
    await expectGranted(
      client,
      [good, bad, good, bad, good].map((topic, n) => ({ topic, qos: n === 4 ? 2 : 1 })),
      [1, 0x80, 1, 0x80, 2],
    );
    client.end();
  });

  it.each<[0 | 1 | 2, number]>([
    [0, 0],
    [1, 1],
    [2, 1],
  ])('[MQTT-3.8.4-6] granted QoS %i gets commands, which have QoS 1, with QoS %i', async (granted, qos) => {
    const client = await stand.subscribed(granted);
    expect(await takeCommand(client)).toBe(qos);
    client.end();
  });
});

describe('SUBACK', () => {
  it('[MQTT-3.9.3-1] has its codes in the order of the filters', async () => {
    const client = await stand.connected();
    const topics = ['a', own('cmd'), 'b', own('+'), own('#'), 'c'];
    await expectGranted(
      client,
      topics.map((topic, n) => ({ topic, qos: (n % 3) as 0 | 1 | 2 })),
      [0x80, 1, 0x80, 0, 1, 0x80],
    );
    client.end();
  });

  it('[MQTT-3.9.3-2] has no codes but 0, 1, 2 and 0x80', async () => {
    const client = await stand.connected();
    const topics = [...[0, 1, 2].map((qos) => ({ topic: own('cmd'), qos })), { topic: 'x', qos: 2 }];
    await expectGranted(client, topics as ISubscription[], [0, 1, 2, 0x80]);
    client.end();
  });
});

describe('UNSUBSCRIBE', () => {
  it.each([0xa0, 0xa1, 0xa3, 0xaa])(
    '[MQTT-3.10.1-1] closes for its flags in the first byte %i',
    async (firstByte) => {
      await expectEndOf(packetOf(firstByte, number(1), text(own('cmd'))));
    },
  );

  it('[MQTT-3.10.3-1] closes for a filter that is no UTF-8', async () => {
    await expectEndOf(packetOf(0xa2, number(1), text(own('cmd')), text([0xc3, 0x28])));
  });

  it('[MQTT-3.10.3-2] closes without a filter', async () => {
    await expectEndOf(packetOf(0xa2, number(1)));
  });

  it('[MQTT-3.10.4-1] ends the subscription of exactly that filter, and no other', async () => {
    const client = await stand.subscribed(1, own('#'));
    client.send(unsubscribe([own('cmd'), own('+'), own('#').toUpperCase(), `${own('')}/#`]));
    expect(await client.next()).toMatchObject({ cmd: 'unsuback' });
    expect(await takeCommand(client)).toBe(1);
    client.end();
  });

  it('[MQTT-3.10.4-2] stops what would come', async () => {
    const client = await stand.subscribed(1);
    client.send(unsubscribe([own('cmd')]));
    expect(await client.next()).toMatchObject({ cmd: 'unsuback' });
    const id = await stand.queue();
    expect(await answersOf(client)).toEqual([]);
    client.send(subscribe([{ topic: own('cmd'), qos: 0 }]));
    expect(await client.next()).toMatchObject({ cmd: 'suback' });
    expect(commandIn(await client.next())).toBe(id);
    client.end();
  });

  it('[MQTT-3.10.4-3] lets the delivery end that had begun', async () => {
    const client = await stand.subscribed(1);
    const id = await stand.queue();
    const command = await client.next();
    expect(commandIn(command)).toBe(id);
    client.send(unsubscribe([own('cmd')]), { cmd: 'puback', messageId: command?.messageId ?? 0 });
    expect(await client.next()).toMatchObject({ cmd: 'unsuback' });
    await answersOf(client);
    client.end();
    await client.closed;
    const next = await stand.subscribed(1);
    expect(await takeCommand(next)).toBe(1);
    next.end();
  });

  it('[MQTT-3.10.4-4] is answered with an UNSUBACK of its packet id', async () => {
    const client = await stand.subscribed(1);
    client.send(unsubscribe([own('cmd')], 4712));
    expect(await client.next()).toMatchObject({ cmd: 'unsuback', messageId: 4712 });
    client.end();
  });

  it('[MQTT-3.10.4-5] of what was never subscribed is answered too', async () => {
    const client = await stand.connected();
    client.send(unsubscribe(['never/heard/of'], 4713));
    expect(await client.next()).toMatchObject({ cmd: 'unsuback', messageId: 4713 });
    client.end();
  });

  it('[MQTT-3.10.4-6] of several filters is like several, with one UNSUBACK', async () => {
    const client = await stand.subscribed(1);
    client.send(subscribe([{ topic: own('#'), qos: 1 }]));
    await client.next();
    client.send(unsubscribe([own('#'), 'never', own('cmd'), own('cmd')]));
    expect(await client.next()).toMatchObject({ cmd: 'unsuback' });
    const id = await stand.queue();
    expect(await answersOf(client)).toEqual([]);
    client.send(subscribe([{ topic: own('cmd'), qos: 0 }]));
    expect(await client.next()).toMatchObject({ cmd: 'suback' });
    expect(commandIn(await client.next())).toBe(id);
    client.end();
  });
});
