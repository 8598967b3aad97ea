import { beforeEach, describe, expect, it } from 'vitest';
import { number, packetOf, text } from '../raw-bytes.ts';
import { type SlowJournal, slowJournal } from '../slow-journal.ts';
import { answersOf, commandIn, expectClosed, openStand, publish, type Stand, sharedStand } from './stand.ts';

const stand = sharedStand();

const up = (over: Parameters<typeof publish>[1] = {}) => publish(stand.device.topic('up'), over);
const times = async (payload: unknown): Promise<number> =>
  (await stand.stored()).filter((stored) => stored === payload).length;

describe('the state of a session', () => {
  it('[MQTT-4.1.0-1] is kept as long as the connection: its subscription, and a QoS 2 publish half done', async () => {
    const client = await stand.subscribed();
    const message = up({ qos: 2, messageId: 3 });
    client.send(message);
    expect(await client.next()).toMatchObject({ cmd: 'pubrec' });
    await answersOf(client);
    client.send({ ...message, dup: true });
    expect(await client.next()).toMatchObject({ cmd: 'pubrec' });
    expect(await times(message.payload)).toBe(1);
    await stand.queue();
    const command = await client.next();
    expect(command).toMatchObject({ cmd: 'publish' });
    client.send({ cmd: 'puback', messageId: command?.messageId ?? 0 });
    await answersOf(client);
    client.end();
  });

  it('[MQTT-4.1.0-2] differs on purpose: lasts as long as the connection, and no longer', async () => {
    (await stand.subscribed()).end();
    const client = await stand.connected({ clean: false });
    const id = await stand.queue();
    expect(await answersOf(client)).toEqual([]);
    client.end();
    const next = await stand.subscribed(0);
    expect(commandIn(await next.next())).toBe(id);
    next.end();
  });
});

describe('delivery to a device', () => {
  it('[MQTT-4.3.1-1] with QoS 0 has QoS 0 and no DUP', async () => {
    const client = await stand.subscribed(0);
    await stand.queue();
    expect(await client.next()).toMatchObject({ cmd: 'publish', qos: 0, dup: false });
    client.end();
  });

  it('[MQTT-4.3.2-1] with QoS 1 has a packet id and no DUP, and is open until its PUBACK', async () => {
    const [unacknowledged, id] = [await stand.subscribed(), await stand.queue()];
    expect(commandIn(await unacknowledged.next())).toBe(id);
    unacknowledged.end();
    await unacknowledged.closed;
    const acknowledging = await stand.subscribed();
    const command = await acknowledging.next();
    expect(command).toMatchObject({ cmd: 'publish', qos: 1, dup: false });
    expect(commandIn(command)).toBe(id);
    acknowledging.send({ cmd: 'puback', messageId: command?.messageId ?? 0 });
    await answersOf(acknowledging);
    acknowledging.end();
    await acknowledging.closed;
    const next = await stand.subscribed();
    const another = await stand.queue();
    expect(commandIn(await next.next())).toBe(another);
    next.end();
    await next.closed;
    (await drained()).end();
  });

  it('[MQTT-4.4.0-1] differs on purpose: nothing is sent again by packet id; a command comes anew, by its own id', async () => {
    const first = await stand.subscribed();
    const id = await stand.queue();
    const lost = await first.next();
    first.end();
    await first.closed;
    const second = await stand.connected({ clean: false });
    expect(await answersOf(second)).toEqual([]);
    second.end();
    const third = await stand.subscribed();
    const again = await third.next();
    expect([commandIn(lost), commandIn(again)]).toEqual([id, id]);
    third.send({ cmd: 'puback', messageId: again?.messageId ?? 0 });
    await answersOf(third);
    third.end();
  });

  it('[MQTT-4.5.0-1] differs on purpose: a device’s publish is added to the journal, to no other client’s session', async () => {
    const neighbour = await stand.connected({}, stand.other);
    neighbour.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: stand.device.topic('up'), qos: 1 }],
    });
    expect(await neighbour.next()).toMatchObject({ granted: [0x80] });
    const client = await stand.connected();
    const message = up();
    client.send(message);
    expect(await client.next()).toMatchObject({ cmd: 'puback' });
    expect(await times(message.payload)).toBe(1);
    expect(await answersOf(neighbour)).toEqual([]);
    neighbour.end();
    client.end();
  });

  it.each(['MQTT-4.6.0-5', 'MQTT-4.6.0-6'])('[%s] has the order in which commands were given', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 30; n++) ids.push(await stand.queue());
    const client = await stand.subscribed();
    const got: string[] = [];
    while (got.length < ids.length) {
      const command = await client.next();
      got.push(commandIn(command));
      client.send({ cmd: 'puback', messageId: command?.messageId ?? 0 });
    }
    expect(got).toEqual(ids);
    await answersOf(client);
    client.end();
  });

  /** A client that has taken what was left. */
  async function drained() {
    const client = await stand.subscribed();
    const command = await client.next();
    client.send({ cmd: 'puback', messageId: command?.messageId ?? 0 });
    await answersOf(client);
    return client;
  }
});

describe('a publish of a device', () => {
  it('[MQTT-4.3.2-2] with QoS 1 gets a PUBACK, and its packet id is then free for a new one, also with DUP', async () => {
    const client = await stand.connected();
    const [first, second] = [up({ messageId: 6 }), up({ messageId: 6, dup: true })];
    for (const message of [first, second]) {
      client.send(message);
      expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 6 });
      expect(await times(message.payload)).toBe(1);
    }
    client.end();
  });

  it('[MQTT-4.3.3-2] with QoS 2 is stored once until its PUBREL, and then its packet id is free', async () => {
    const client = await stand.connected();
    const message = up({ qos: 2, messageId: 6 });
    for (const dup of [false, true, true]) {
      client.send({ ...message, dup });
      expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 6 });
    }
    expect(await times(message.payload)).toBe(1);
    for (let n = 0; n < 2; n++) {
      client.send({ cmd: 'pubrel', messageId: 6 });
      expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId: 6 });
    }
    client.send({ ...message, dup: true });
    expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 6 });
    expect(await times(message.payload)).toBe(2);
    client.end();
  });

  it('[MQTT-4.3.3-2] with QoS 2, sent again in the same breath, is stored once', async () => {
    const client = await stand.connected();
    const message = up({ qos: 2, messageId: 6 });
    client.send(message, { ...message, dup: true }, { ...message, dup: true });
    for (let n = 0; n < 3; n++) expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 6 });
    expect(await times(message.payload)).toBe(1);
    client.send({ cmd: 'pubrel', messageId: 99 });
    expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId: 99 });
    client.end();
  });

  describe('while the journal is slow', () => {
    let journal: SlowJournal;
    let slow: Stand;
    beforeEach(async () => {
      journal = slowJournal();
      slow = await openStand({ journal });
      return () => slow.close();
    });
    const appended = () => journal.appended.length;

    it.each<[string, 1 | 2, string]>([
      ['MQTT-4.6.0-2', 1, 'puback'],
      ['MQTT-4.6.0-3', 2, 'pubrec'],
    ])(
      '[%s] of QoS %i gets its %s in the order of arrival, whatever is stored first',
      async (_clause, qos, cmd) => {
        const client = await slow.connected();
        for (let messageId = 1; messageId <= 10; messageId++) {
          client.send(publish(slow.device.topic('up'), { qos, messageId }));
        }
        await expect.poll(appended).toBe(10);
        for (const append of journal.appended.toReversed()) {
          append.resolve();
          await new Promise(setImmediate);
        }
        for (let messageId = 1; messageId <= 10; messageId++) {
          expect(await client.next()).toMatchObject({ cmd, messageId });
        }
        client.end();
      },
    );

    it('[MQTT-4.3.3-2] of QoS 2 that is sent again before it is stored is stored once, and not acknowledged before', async () => {
      const client = await slow.connected();
      const message = publish(slow.device.topic('up'), { qos: 2, messageId: 4 });
      client.send(message, { ...message, dup: true }, { cmd: 'pingreq' });
      expect(await client.next()).toMatchObject({ cmd: 'pingresp' });
      await expect.poll(appended).toBe(1);
      journal.appended[0]?.resolve();
      expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 4 });
      expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 4 });
      expect(appended()).toBe(1);
      client.end();
    });

    it('[MQTT-4.8.0-2] that cannot be stored is the end of its connection, without an acknowledgement', async () => {
      const client = await slow.connected();
      client.send(publish(slow.device.topic('up')));
      await expect.poll(appended).toBe(1);
      journal.appended[0]?.reject(new Error('disk'));
      await expectClosed(client);
    });
  });
});

describe('topic names and filters', () => {
  const closes = async (bytes: Buffer): Promise<void> => {
    const client = await stand.connected();
    client.send(bytes);
    await expectClosed(client);
  };
  const publishTo = (topic: string): Buffer => packetOf(0x32, text(topic), number(1), Buffer.from('no'));
  const subscribeTo = (filter: string): Buffer => packetOf(0x82, number(1), text(filter), Buffer.of(0));
  const unsubscribeFrom = (filter: string): Buffer => packetOf(0xa2, number(1), text(filter));

  it.each(['a/+/b', '#', '+', 'a#'])(
    '[MQTT-4.7.1-1] close for the wildcard in the name %s',
    async (topic) => {
      await closes(publishTo(topic));
      expect(await stand.stored()).not.toContain('no');
    },
  );

  it.each(['a#', '#/a', 'a/#/b', '##', 'a/b#'])('[MQTT-4.7.1-2] close for the # in %s', async (filter) => {
    await closes(subscribeTo(filter));
    await closes(unsubscribeFrom(filter));
  });

  it.each(['a+', '+a', 'a/+b', 'a/b+/c', '++'])('[MQTT-4.7.1-3] close for the + in %s', async (filter) => {
    await closes(subscribeTo(filter));
    await closes(unsubscribeFrom(filter));
  });

  it.each(['#', '+/clients'])(
    '[MQTT-4.7.2-1] differs on purpose: %s matches nothing at all, and so nothing that begins with $',
    async (topic) => {
      const client = await stand.connected();
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] });
      expect(await client.next()).toMatchObject({ granted: [0x80] });
      client.end();
    },
  );

  it('[MQTT-4.7.3-1] close when they are empty', async () => {
    for (const bytes of [publishTo(''), subscribeTo(''), unsubscribeFrom('')]) await closes(bytes);
  });

  it('[MQTT-4.7.3-2] close for U+0000', async () => {
    for (const bytes of [publishTo('a\0'), subscribeTo('a\0'), unsubscribeFrom('a\0')]) await closes(bytes);
  });

  it('[MQTT-4.7.3-3] of 65,535 bytes are the end of the connection only: the platform takes shorter packets', async () => {
    const longest = 'a'.repeat(65_535);
    for (const bytes of [publishTo(longest), subscribeTo(longest), unsubscribeFrom(longest)])
      await closes(bytes);
  });

  it('[MQTT-4.7.3-4] are compared as they are: nothing is normalized', async () => {
    const client = await stand.connected();
    const own = stand.device.topic('cmd');
    const near = [
      own.toUpperCase(),
      `/${own}`,
      `${own}/`,
      own.replace('/', '//'),
      own.replace('c', 'ｃ'),
      ` ${own}`,
    ];
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: near.map((topic) => ({ topic, qos: 0 as const })),
    });
    expect(await client.next()).toMatchObject({ granted: near.map(() => 0x80) });
    client.end();
  });
});

describe('a protocol violation', () => {
  it.each<[string, Buffer]>([
    ['type 0', packetOf(0x00)],
    ['type 15', packetOf(0xf0)],
    ['a CONNACK', packetOf(0x20, number(0))],
    ['a SUBACK', packetOf(0x90, number(1), Buffer.of(0))],
    ['an UNSUBACK', packetOf(0xb0, number(1))],
    ['a PINGRESP', packetOf(0xd0)],
    ['a PINGREQ with a payload', packetOf(0xc0, Buffer.of(0))],
    ['a PUBACK of packet id 0', packetOf(0x40, number(0))],
    ['a PUBACK without a packet id', packetOf(0x40)],
    ['a PUBREL with bytes behind its packet id', packetOf(0x62, number(1), Buffer.of(0))],
    ['a remaining length of five bytes', Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 1)],
  ])('[MQTT-4.8.0-1] is the end of the connection: %s', async (_what, bytes) => {
    const client = await stand.connected();
    client.send(bytes);
    await expectClosed(client);
  });
});
