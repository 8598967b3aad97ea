import { generate, type Packet } from 'mqtt-packet';
import { randomNumbers } from '../support/random-numbers.ts';
import type { Device } from './market.ts';
import { connectPacket, publishPacket } from './raw-client.ts';

/** What one connection sends, in order: each a write. */
export interface FuzzSession {
  readonly isConnected: boolean;
  readonly packets: readonly Buffer[];
  /** Ends with FIN; otherwise with a reset. */
  readonly endsPolitely: boolean;
}

/** What marks a payload that came as it was meant: a valid publish of the device itself. */
export const VALID_PAYLOAD = 'valid-';

const LENGTHS = [
  [0x00],
  [0x01],
  [0x7f],
  [0x80, 0x01],
  [0xff, 0x7f],
  [0xff, 0xff, 0x03],
  [0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff],
  [0x80, 0x80, 0x80, 0x00],
];

/** An endless row of connections that no honest device would make; the same for the same seed. */
export function* fuzzSessions(seed: number, device: Device): Generator<FuzzSession, never> {
  const random = randomNumbers(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const bytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => below(256)));
  const login = connectPacket(device);
  const will = { topic: device.topic('state'), payload: Buffer.from('will'), qos: 1, retain: true } as const;
  const packets: readonly Buffer[] = (
    [
      login,
      connectPacket(device, { will, clean: true }),
      connectPacket(device, {
        protocolVersion: 5,
        properties: { receiveMaximum: 5, userProperties: { a: 'b' } },
      }),
      connectPacket(device, { protocolVersion: 3, protocolId: 'MQIsdp' }),
      ...(['up', 'event', 'state', 'ack', 'cmd', 'nothing'] as const).map((kind) =>
        publishPacket(device.topic(kind), 1),
      ),
      { ...publishPacket(device.topic('up'), 3, Buffer.alloc(300, 'x')), qos: 2 },
      { ...publishPacket(device.topic('up'), 0), qos: 0 },
      publishPacket('$SYS/x', 2),
      publishPacket('/'.repeat(120), 2),
      ...(['puback', 'pubrec', 'pubrel', 'pubcomp'] as const).flatMap((cmd) => [
        { cmd, messageId: 3 },
        { cmd, messageId: 65_535 },
      ]),
      { cmd: 'subscribe', messageId: 5, subscriptions: [{ topic: device.topic('cmd'), qos: 1 }] },
      {
        cmd: 'subscribe',
        messageId: 6,
        subscriptions: Array.from({ length: 50 }, () => ({ topic: 'a/+/#', qos: 2 })),
      },
      {
        cmd: 'unsubscribe',
        messageId: 6,
        unsubscriptions: [device.topic('cmd'), '__proto__', 'constructor'],
      },
      { cmd: 'pingreq' },
      { cmd: 'pingresp' },
      { cmd: 'connack', returnCode: 0, sessionPresent: false },
      { cmd: 'suback', messageId: 1, granted: [0] },
      { cmd: 'unsuback', messageId: 1 },
      { cmd: 'disconnect' },
    ] as Packet[]
  ).map((packet) => generate(packet));

  const flip = (packet: Buffer): Buffer => {
    for (let flips = 1 + below(4); flips > 0; flips--) {
      const at = below(packet.length);
      packet[at] = (packet[at] ?? 0) ^ (1 << below(8));
    }
    return packet;
  };
  const relength = (packet: Buffer): Buffer =>
    Buffer.concat([packet.subarray(0, 1), Buffer.from(pick(LENGTHS)), packet.subarray(2)]);
  const mutations: readonly ((packet: Buffer) => Buffer)[] = [
    flip,
    flip,
    relength,
    (packet) => packet.subarray(0, below(packet.length)),
    (packet) => {
      const other = pick(packets);
      return Buffer.concat([packet.subarray(0, below(packet.length)), other.subarray(below(other.length))]);
    },
    (packet) => Buffer.concat([packet, bytes(below(20))]),
    (packet) => Buffer.concat([packet.subarray(0, 1), bytes(1 + below(60))]),
    () => bytes(1 + below(100)),
    // Valid, in the wrong state perhaps.
    (packet) => packet,
    (packet) => Buffer.concat([packet, pick(packets), pick(packets)]),
  ];
  let valid = 0;
  for (;;) {
    const isConnected = random() < 0.75;
    const made = Array.from({ length: 1 + below(5) }, () => pick(mutations)(Buffer.from(pick(packets))));
    if (isConnected) {
      const good = generate(publishPacket(device.topic('up'), 9, `${VALID_PAYLOAD}${valid++}`));
      made.unshift(generate(login), ...(random() < 0.3 ? [good] : []));
    }
    // Chunks of any size, when it is not packet by packet.
    yield {
      isConnected,
      packets: random() < 0.2 ? chunked(Buffer.concat(made)) : made,
      endsPolitely: random() < 0.5,
    };
  }

  function chunked(all: Buffer): Buffer[] {
    const chunks: Buffer[] = [];
    for (let at = 0; at < all.length; ) {
      const size = 1 + below(40);
      chunks.push(all.subarray(at, at + size));
      at += size;
    }
    return chunks;
  }
}
