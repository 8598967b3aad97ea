import { generate, type Packet } from 'mqtt-packet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Broker } from '../../broker/start.ts';
import type { Journal } from '../../store/journal/port.ts';
import { type Device, type Market, openMarket } from './market.ts';
import { connectPacket, publishPacket, RawClient } from './raw-client.ts';

let market: Market;
let broker: Broker & { readonly journal: Journal };
let device: Device;
beforeAll(async () => {
  market = await openMarket();
  device = await market.addDevice('meter-1');
  broker = await market.start();
});
afterAll(async () => {
  await broker.close();
  await market.close();
});

/** Numbers that are the same in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

it('nothing that a device or a stranger sends brings the broker down', async () => {
  const random = randomNumbers(1);
  const below = (n: number): number => Math.floor(random() * n);
  const qos2: Packet = { ...publishPacket(device.topic('up'), 3), qos: 2 } as Packet;
  const good: Packet[] = [
    connectPacket(device, {
      will: { topic: device.topic('state'), payload: Buffer.from('{}'), qos: 1, retain: true },
    }),
    connectPacket(device, {
      protocolVersion: 5,
      properties: { receiveMaximum: 5, userProperties: { a: 'b' } },
    }),
    publishPacket(device.topic('up'), 1),
    qos2,
    { cmd: 'pubrel', messageId: 3 },
    { cmd: 'puback', messageId: 4 },
    { cmd: 'pubrec', messageId: 4 },
    { cmd: 'pubcomp', messageId: 4 },
    { cmd: 'subscribe', messageId: 5, subscriptions: [{ topic: device.topic('cmd'), qos: 1 }] },
    { cmd: 'unsubscribe', messageId: 6, unsubscriptions: [device.topic('cmd')] },
    { cmd: 'pingreq' },
    { cmd: 'connack', returnCode: 0, sessionPresent: false },
    { cmd: 'disconnect' },
  ];
  const mutated = (packet: Packet): Buffer => {
    const bytes = Buffer.from(generate(packet));
    for (let flips = below(4); flips > 0; flips--) bytes[below(bytes.length)] = below(256);
    return random() < 0.1 ? bytes.subarray(0, below(bytes.length)) : bytes;
  };

  for (let times = 0; times < 400; times++) {
    const client = await RawClient.open(broker.port);
    if (random() < 0.8) client.send(connectPacket(device));
    for (let packets = below(8); packets > 0; packets--) {
      client.send(mutated(good[below(good.length)] as Packet));
      if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    if (random() < 0.5) client.socket.end();
    else client.end();
  }

  const client = await RawClient.connected(broker.port, device);
  client.send(publishPacket(device.topic('up'), 7));
  expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: 7 });
  client.end();
});
