import { generate } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import * as raw from '../raw-bytes.ts';
import { connectPacket } from '../raw-client.ts';
import { answersOf, commandIn, expectClosed, openStand, publish, sharedStand } from './stand.ts';

const stand = sharedStand();

const { CLEAN, LOGIN, PASSWORD, USER_NAME, WILL, connectBytes, text } = raw;

describe('CONNECT', () => {
  it.each<[string, () => Buffer]>([
    ['PUBLISH', () => generate(publish(stand.device.topic('up')))],
    ['SUBSCRIBE', () => raw.packetOf(0x82, raw.number(1), text('a'), Buffer.of(0))],
    ['PINGREQ', () => raw.packetOf(0xc0)],
    ['DISCONNECT', () => raw.packetOf(0xe0)],
    ['CONNACK', () => raw.packetOf(0x20, raw.number(0))],
  ])('[MQTT-3.1.0-1] must be the first packet: closes for a %s', async (_name, bytes) => {
    await stand.expectRefused(bytes());
  });

  it('[MQTT-3.1.0-2] closes for a second CONNECT', async () => {
    const client = await stand.connected();
    client.send(connectPacket(stand.device));
    await expectClosed(client);
  });

  it.each(['', 'mqtt', 'MQTT ', 'MQTX', 'MQIsdp2'])(
    '[MQTT-3.1.2-1] closes for the protocol name "%s"',
    async (name) => {
      await stand.expectRefused(connectBytes(stand.device, { name }));
    },
  );

  it.each([0, 3, 6, 0x84, 255])(
    '[MQTT-3.1.2-2] answers protocol level %i with code 1 and closes',
    async (level) => {
      expect(await stand.codeFor(connectBytes(stand.device, { level }))).toBe(1);
    },
  );

  it('[MQTT-3.1.2-2] differs on purpose: MQTT 5 is not spoken; level 5 is answered with code 1', async () => {
    const bytes = generate(
      connectPacket(stand.device, { protocolVersion: 5, properties: { receiveMaximum: 9 } }),
    );
    expect(await stand.codeFor(bytes)).toBe(1);
  });

  it('[MQTT-3.1.2-3] closes for the reserved flag', async () => {
    await stand.expectRefused(connectBytes(stand.device, { flags: LOGIN | 1 }));
  });
});

describe('clean session', () => {
  it('[MQTT-3.1.2-4] differs on purpose: 0 is accepted, and nothing of an earlier session is resumed', async () => {
    const first = await stand.connected({ clean: false });
    first.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: stand.device.topic('cmd'), qos: 1 }],
    });
    expect(await first.next()).toMatchObject({ cmd: 'suback', granted: [1] });
    first.end();
    const id = await stand.queue();
    const second = await stand.connected({ clean: false });
    expect(second.received[0]).toMatchObject({ sessionPresent: false });
    expect(await answersOf(second)).toEqual([]);
    second.send({
      cmd: 'subscribe',
      messageId: 2,
      subscriptions: [{ topic: stand.device.topic('cmd'), qos: 1 }],
    });
    expect(await second.next()).toMatchObject({ cmd: 'suback' });
    const command = await second.next();
    expect(commandIn(command)).toBe(id);
    second.send({ cmd: 'puback', messageId: command?.messageId ?? 0 });
    await answersOf(second);
    second.end();
  });

  it('[MQTT-3.1.2-5] differs on purpose: commands wait for an absent device in the platform, until they expire', async () => {
    const id = await stand.queue();
    const client = await stand.subscribed();
    const command = await client.next();
    expect(commandIn(command)).toBe(id);
    client.send({ cmd: 'puback', messageId: command?.messageId ?? 0 });
    await answersOf(client);
    client.end();
  });

  it('[MQTT-3.1.2-6] 1 begins anew: no packet id of a QoS 2 publish is left', async () => {
    const message = publish(stand.device.topic('up'), { qos: 2, messageId: 77 });
    for (let times = 0; times < 2; times++) {
      const client = await stand.connected({ clean: true });
      client.send(message);
      expect(await client.next()).toMatchObject({ cmd: 'pubrec', messageId: 77 });
      client.end();
      await client.closed;
    }
    expect((await stand.stored()).filter((payload) => payload === message.payload)).toHaveLength(2);
  });

  it('[MQTT-3.1.2.7] differs on purpose: there are no retained messages that a session could end', async () => {
    const client = await stand.connected();
    client.send(publish(stand.device.topic('state'), { retain: true }));
    expect(await client.next()).toMatchObject({ cmd: 'puback' });
    client.end();
    const next = await stand.subscribed(1, stand.device.topic('#'));
    expect(await answersOf(next)).toEqual([]);
    next.end();
  });
});

describe('user name and password', () => {
  const id = (): Buffer => text(stand.device.clientId);
  it.each<[string, string, number, () => Buffer[]]>([
    ['MQTT-3.1.2-18', 'a user name without its flag', CLEAN, () => [id(), text(stand.device.clientId)]],
    ['MQTT-3.1.2-19', 'no user name with its flag', CLEAN | USER_NAME, () => [id()]],
    ['MQTT-3.1.2-20', 'a password without its flag', CLEAN | USER_NAME, () => [id(), ...stand.login()]],
    ['MQTT-3.1.2-21', 'no password with its flag', LOGIN, () => [id(), text(stand.device.clientId)]],
    ['MQTT-3.1.2-22', 'a password flag without a user name flag', CLEAN | PASSWORD, () => [id(), text('x')]],
  ])('[%s] closes for %s', async (_clause, _what, flags, payload) => {
    await stand.expectRefused(connectBytes(stand.device, { flags, payload: payload() }));
  });
});

describe('keep alive', () => {
  it('[MQTT-3.1.2-24] closes a client that is silent for one and a half of it, and no other', async () => {
    const silent = await stand.connected({ keepalive: 1 });
    const lively = await stand.connected(
      { keepalive: 1, clientId: stand.other.clientId, username: stand.other.clientId },
      stand.other,
    );
    const pings = setInterval(() => lively.send({ cmd: 'pingreq' }), 300);
    await silent.closed;
    clearInterval(pings);
    await answersOf(lively);
    lively.end();
  });
});

describe('the payload of CONNECT', () => {
  it('[MQTT-3.1.3-1] is client id, Will topic, Will message, user name, password, in this order', async () => {
    const flags = LOGIN | WILL;
    const [clientId, fields] = [text(stand.device.clientId), stand.willFields('ordered')];
    expect(
      await stand.codeFor(
        connectBytes(stand.device, { flags, payload: [clientId, ...fields, ...stand.login()] }),
      ),
    ).toBe(0);
    const swapped = [clientId, ...fields, ...stand.login().reverse()];
    expect(await stand.codeFor(connectBytes(stand.device, { flags, payload: swapped }))).toBe(4);
    await expect.poll(() => stand.stored()).toContain('ordered');
  });

  it('[MQTT-3.1.3-2] names whose state it is: another client’s packet ids are its own', async () => {
    const mine = await stand.connected();
    const theirs = await stand.connected({}, stand.other);
    mine.send(publish(stand.device.topic('up'), { qos: 2, messageId: 5 }));
    theirs.send(publish(stand.other.topic('up'), { qos: 2, messageId: 5, payload: 'theirs' }));
    expect(await mine.next()).toMatchObject({ cmd: 'pubrec' });
    expect(await theirs.next()).toMatchObject({ cmd: 'pubrec' });
    expect(await stand.stored()).toContain('theirs');
    mine.end();
    theirs.end();
  });

  it('[MQTT-3.1.3-3] closes without a client id', async () => {
    await stand.expectRefused(connectBytes(stand.device, { flags: CLEAN, payload: [] }));
  });

  it('[MQTT-3.1.3-4] closes for a client id that is no UTF-8', async () => {
    const payload = [text([...Buffer.from(stand.device.clientId), 0x80]), ...stand.login()];
    await stand.expectRefused(connectBytes(stand.device, { payload }));
  });

  it.each(['a', 'ABCabc0123456789xyzXYZ0'])(
    '[MQTT-3.1.3-5] differs on purpose: "%s" is no device’s id (site/device) and is answered with code 2',
    async (clientId) => {
      expect(
        await stand.codeFor(generate(connectPacket(stand.device, { clientId, username: clientId }))),
      ).toBe(2);
    },
  );

  it('[MQTT-3.1.3-6] differs on purpose: no id is assigned to a client without one; code 2', async () => {
    expect(await stand.codeFor(connectBytes(stand.device, { payload: [text(''), ...stand.login()] }))).toBe(
      2,
    );
  });

  it('[MQTT-3.1.3-8] an empty client id without a clean session is answered with code 2 and closed', async () => {
    const payload = [text(''), ...stand.login()];
    expect(await stand.codeFor(connectBytes(stand.device, { flags: USER_NAME | PASSWORD, payload }))).toBe(2);
  });

  it('[MQTT-3.1.3-9] a client id that is refused is answered with code 2 and closed', async () => {
    const payload = [text('market/+'), ...stand.login()];
    expect(await stand.codeFor(connectBytes(stand.device, { payload }))).toBe(2);
  });

  it('[MQTT-3.1.3-10] closes for a Will topic that is no UTF-8', async () => {
    const topic = text([...Buffer.from(stand.device.topic('state')), 0xfe]);
    const payload = [text(stand.device.clientId), topic, text('x'), ...stand.login()];
    await stand.expectRefused(connectBytes(stand.device, { flags: LOGIN | WILL, payload }));
  });

  it('[MQTT-3.1.3-11] closes for a user name that is no UTF-8', async () => {
    const payload = [text(stand.device.clientId), text([0xfe]), text(stand.device.secret)];
    await stand.expectRefused(connectBytes(stand.device, { payload }));
  });
});

describe('the response to CONNECT', () => {
  it('[MQTT-3.1.4-1] is none, but the end, for a CONNECT cut off anywhere or with bytes behind its payload', async () => {
    const whole = connectBytes(stand.device);
    const body = whole.subarray(2);
    await Promise.all(
      Array.from(body, (_, length) => stand.expectRefused(raw.packetOf(0x10, body.subarray(0, length)))),
    );
    await stand.expectRefused(raw.packetOf(0x10, body, Buffer.of(0)));
  });

  it('[MQTT-3.1.4-2] ends an older connection of the same client id', async () => {
    const older = await stand.connected();
    const newer = await stand.connected();
    await expectClosed(older);
    await answersOf(newer);
    newer.end();
  });

  it('[MQTT-3.1.4-3] differs on purpose: clean session 0 is processed as 1', async () => {
    for (const clean of [false, true, false]) {
      const client = await stand.connected({ clean });
      expect(client.received).toMatchObject([{ cmd: 'connack', sessionPresent: false }]);
      client.end();
      await client.closed;
    }
  });

  it('[MQTT-3.1.4-4] is a CONNACK of code 0 for a good one', async () => {
    expect(await stand.codeFor(connectBytes(stand.device))).toBe(0);
  });

  it('[MQTT-3.1.4-5] ends what the client sent behind a refused CONNECT: nothing of it is stored', async () => {
    const client = stand.open();
    const behind = publish(stand.device.topic('up'));
    client.send(
      connectPacket(stand.device, { password: Buffer.from('wrong'), ...stand.will('refused') }),
      behind,
    );
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 4 });
    await expectClosed(client);
    expect(await stand.stored()).not.toContain(behind.payload);
    expect(await stand.stored()).not.toContain('refused');
  });
});

describe('CONNACK', () => {
  it('[MQTT-3.2.0-1] is the first packet, also when others are asked for at once', async () => {
    const client = stand.open();
    client.send({ cmd: 'pingreq' }, connectPacket(stand.device));
    await expectClosed(client);
    const eager = stand.open();
    eager.send(connectPacket(stand.device), { cmd: 'pingreq' }, publish(stand.device.topic('up')));
    expect(await eager.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
    expect(new Set([(await eager.next())?.cmd, (await eager.next())?.cmd])).toEqual(
      new Set(['pingresp', 'puback']),
    );
    eager.end();
  });

  it('[MQTT-3.2.2-1] says that no session is present for clean session 1', async () => {
    const client = await stand.connected({ clean: true });
    expect(client.received[0]).toMatchObject({ sessionPresent: false });
    client.end();
  });

  it('[MQTT-3.2.2-2] differs on purpose: no session is ever present, for none is kept', async () => {
    for (let times = 0; times < 2; times++) {
      const client = await stand.connected({ clean: false });
      expect(client.received[0]).toMatchObject({ sessionPresent: false });
      client.end();
      await client.closed;
    }
  });

  it('[MQTT-3.2.2-3] says that no session is present to a client that never had one', async () => {
    const client = await stand.connected({ clean: false }, stand.other);
    expect(client.received[0]).toMatchObject({ sessionPresent: false });
    client.end();
  });

  const refusals: [number, () => Buffer][] = [
    [1, () => connectBytes(stand.device, { level: 5 })],
    [2, () => connectBytes(stand.device, { payload: [text('nobody'), ...stand.login()] })],
    [4, () => generate(connectPacket(stand.device, { password: Buffer.from('wrong') }))],
    [5, () => generate(connectPacket(stand.device, stand.will('x', { topic: stand.other.topic('state') })))],
  ];
  it.each(refusals)(
    '[MQTT-3.2.2-4] of code %i says that no session is present',
    async (returnCode, bytes) => {
      const client = stand.open();
      client.send(bytes());
      expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode, sessionPresent: false });
    },
  );

  it.each(refusals)('[MQTT-3.2.2-5] of code %i is the last packet', async (returnCode, bytes) => {
    expect(await stand.codeFor(bytes())).toBe(returnCode);
  });

  it('[MQTT-3.2.2-6] does not come from a broker that stops: it closes', async () => {
    const stopped = await openStand();
    await stopped.broker.close();
    const client = stopped.open();
    client.send(connectPacket(stopped.device));
    await expectClosed(client);
    await stopped.close();
  });
});
