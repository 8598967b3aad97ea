import { randomUUID } from 'node:crypto';
import type { IConnectPacket, IPublishPacket, Packet } from 'mqtt-packet';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Broker } from '../../../broker/start.ts';
import type { Journal } from '../../../store/journal/port.ts';
import { type Device, type Market, openMarket, recordsIn } from '../market.ts';
import { text } from '../raw-bytes.ts';
import { connectPacket, RawClient } from '../raw-client.ts';
import { streamPair } from '../stream-pair.ts';

type Will = NonNullable<IConnectPacket['will']>;

/** A whole broker, reached by streams instead of sockets, and two devices. */
export interface Stand {
  readonly broker: Broker & { readonly journal: Journal };
  readonly device: Device;
  readonly other: Device;
  /** A client that has said nothing yet. */
  open(): RawClient;
  /** A client whose CONNECT was accepted. */
  connected(over?: Partial<IConnectPacket>, as?: Device): Promise<RawClient>;
  /** One that takes commands. */
  subscribed(qos?: 0 | 1 | 2, filter?: string): Promise<RawClient>;
  /** User name and password, as fields of the device's CONNECT. */
  login(): Buffer[];
  /** A Will on the device's state, as fields of a CONNECT. */
  willFields(payload: string): Buffer[];
  /** The same Will, as a part of a CONNECT packet. */
  will(payload: string, over?: Partial<Will>): { will: Will };
  /** The broker answers what a new connection sends with nothing but its end. */
  expectRefused(bytes: Buffer): Promise<void>;
  /** The code of the CONNACK for it; for any but 0 the broker closes the connection, too. */
  codeFor(bytes: Buffer): Promise<number | null | undefined>;
  /** Queues a command for the device; its id. */
  queue(expiresInS?: number): Promise<string>;
  /** Payloads in the journal, in their order. */
  stored(): Promise<string[]>;
  close(): Promise<void>;
}

/** A stand for all tests of a file. */
export function sharedStand(): Stand {
  const stand = {} as Stand;
  beforeAll(async () => {
    Object.assign(stand, await openStand());
  });
  afterAll(() => stand.close());
  return stand;
}

export async function openStand(options: { readonly journal?: Journal } = {}): Promise<Stand> {
  const market = await openMarket();
  try {
    return await standIn(market, options);
  } catch (error) {
    await market.close();
    throw error;
  }
}

async function standIn(market: Market, options: { readonly journal?: Journal }): Promise<Stand> {
  const device = await market.addDevice('meter-1');
  const other = await market.addDevice('meter-2');
  const broker = await market.start(options);
  const open = (): RawClient => openOn(broker);
  const connected: Stand['connected'] = async (over = {}, as = device) => {
    const client = open();
    client.send(connectPacket(as, over));
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
    return client;
  };
  return {
    broker,
    device,
    other,
    open,
    connected,
    async subscribed(qos = 1, filter = device.topic('cmd')) {
      const client = await connected();
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos }] });
      expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [qos] });
      return client;
    },
    login: () => [text(device.clientId), text(device.secret)],
    willFields: (payload) => [text(device.topic('state')), text(payload)],
    will: (payload, over = {}) => ({
      will: { topic: device.topic('state'), payload: Buffer.from(payload), qos: 1, retain: false, ...over },
    }),
    async expectRefused(bytes) {
      const client = open();
      client.send(bytes);
      await expectClosed(client);
    },
    async codeFor(bytes) {
      const client = open();
      client.send(bytes);
      const answer = await client.next();
      if (answer?.cmd !== 'connack') throw new Error(`expected a CONNACK, got ${answer?.cmd}`);
      if (answer.returnCode !== 0) await expectClosed(client);
      client.end();
      return answer.returnCode;
    },
    async queue(expiresInS = 60) {
      const id = randomUUID();
      await market.database.db.$client.query(
        `INSERT INTO commands (id, device_id, op, args, requested_by, expires_at)
         VALUES ($1, $2, 'open', '{}', 'tester', now() + $3 * interval '1 s')`,
        [id, device.id, expiresInS],
      );
      return id;
    },
    stored: async () => (await recordsIn(broker.journal)).map((record) => record.text),
    async close() {
      await broker.close();
      await market.close();
    },
  };
}

export function openOn(broker: Pick<Broker, 'serve'>): RawClient {
  const [near, far] = streamPair();
  broker.serve({ socket: far, address: 'stream' });
  return new RawClient(near);
}

/** The broker closes the connection, and nothing else comes before. */
export async function expectClosed(client: RawClient): Promise<void> {
  expect(await client.next()).toBeUndefined();
}

/** What the broker had to say until it answered a PINGREQ; the connection is open. */
export async function answersOf(client: RawClient): Promise<Packet[]> {
  client.send({ cmd: 'pingreq' });
  const answers: Packet[] = [];
  for (;;) {
    const packet = await client.next();
    if (!packet) throw new Error('the connection was closed');
    if (packet.cmd === 'pingresp') return answers;
    answers.push(packet);
  }
}

/** The id of the command that a PUBLISH from the broker carries. */
export function commandIn(packet: Packet | undefined): string {
  if (packet?.cmd !== 'publish') throw new Error(`expected a command, got ${packet?.cmd}`);
  return JSON.parse(packet.payload.toString()).id;
}

export const publish = (topic: string, over: Partial<IPublishPacket> = {}): IPublishPacket => ({
  cmd: 'publish',
  topic,
  payload: randomUUID(),
  qos: 1,
  messageId: 1,
  dup: false,
  retain: false,
  ...over,
});
