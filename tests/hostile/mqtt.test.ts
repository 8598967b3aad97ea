import { once } from 'node:events';
import { connect } from 'node:net';
import { generate, type Packet } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Limits } from '../../broker/limits.ts';
import { refused } from '../../broker/metrics.ts';
import type { Broker } from '../../broker/start.ts';
import type { Journal } from '../../store/journal/port.ts';
import { type Device, type Market, openMarket, recordsIn } from '../broker/market.ts';
import { connectPacket, publishPacket, RawClient } from '../broker/raw-client.ts';
import { eventually } from '../support/eventually.ts';

/** Packets a second of its profile, and how many seconds of them at once. */
const RATE = 50;
const BURST_S = 10;

let market: Market;
let hostile: Device;
let good: Device;
beforeAll(async () => {
  market = await openMarket();
  hostile = await market.addDevice('hostile');
  good = await market.addDevice('good');
});
afterAll(() => market.close());

async function openFrom(address: string, port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: address });
  await once(socket, 'connect');
  return new RawClient(socket);
}

async function countOf(reason: string): Promise<number> {
  const { values } = await refused.get();
  return values.find(({ labels }) => labels.reason === reason)?.value ?? 0;
}

async function isOnline({ id }: Device): Promise<boolean> {
  const { rows } = await market.database.db.$client.query<{ online: boolean }>(
    'SELECT online FROM device_states WHERE device_id = $1',
    [id],
  );
  return rows[0]?.online ?? false;
}

/** Runs what a hostile client does beside a device that is connected throughout and gets every PUBACK. */
async function beside(
  limits: Partial<Limits>,
  whatever: (broker: Broker & { readonly journal: Journal }) => Promise<unknown>,
): Promise<void> {
  const broker = await market.start({ limits });
  try {
    const client = await RawClient.connected(broker.port, good, { keepalive: 600 });
    let over = false;
    const publishing = (async () => {
      for (let id = 1; !over || id < 3; id++) {
        client.send(publishPacket(good.topic('up'), id));
        expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: id });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    // A failure is reported where it is awaited.
    publishing.catch(() => {});
    await whatever(broker).finally(() => {
      over = true;
    });
    await publishing;
    client.end();
  } finally {
    await broker.close();
  }
}

/** Sends bytes one after the other until the connection is closed. */
async function drip(client: RawClient, bytes: Buffer, everyMs: number): Promise<void> {
  for (const byte of bytes) {
    if (client.socket.destroyed) return;
    client.send(Buffer.of(byte));
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

describe('beside a device that works', () => {
  it('a client that sends its CONNECT a byte at a time is closed', async () => {
    await beside({ connectTimeoutMs: 1_000 }, async ({ port }) => {
      const slow = await RawClient.open(port);
      const packet = connectPacket(hostile, { password: Buffer.alloc(2_000, 'x') });
      await Promise.all([drip(slow, generate(packet), 20), slow.closed]);
      expect(slow.received).toEqual([]);
    });
  });

  it('a device that sends a PUBLISH a byte at a time is closed when its keep-alive is over', async () => {
    await beside({}, async ({ port, journal }) => {
      const slow = await RawClient.connected(port, hostile, { keepalive: 1 });
      const packet = publishPacket(hostile.topic('up'), 1, Buffer.alloc(10_000, 'x'));
      await Promise.all([drip(slow, generate(packet), 20), slow.closed]);
      const topics = (await recordsIn(journal)).map(({ topic }) => topic);
      expect(topics.filter((topic) => topic.startsWith(hostile.id))).toEqual([]);
    });
  });

  it('a device that is gone without a word is offline after 1.5 times its keep-alive, and its Will is stored', async () => {
    await beside({}, async ({ port, journal }) => {
      const will = { topic: hostile.topic('state'), payload: Buffer.from('{"online":false}') };
      const gone = await RawClient.connected(port, hostile, {
        keepalive: 1,
        will: { ...will, qos: 1, retain: true },
      });
      await eventually(async () => expect(await isOnline(hostile)).toBe(false));
      await gone.closed;
      await eventually(async () => {
        const texts = (await recordsIn(journal)).map(({ topic, text }) => [topic, text]);
        expect(texts).toContainEqual([`${hostile.id}/state`, '{"online":false}']);
      });
    });
  });

  it('a device that wants to be silent for 18 hours is asked for a sign of life all the same', async () => {
    await beside({ keepAliveSMax: 1 }, async ({ port }) => {
      const silent = await RawClient.connected(port, hostile, { keepalive: 65_535 });
      await silent.closed;
    });
  });

  it('a device that invents topics is closed at the first, and nothing of it is kept', async () => {
    await beside({}, async ({ port, journal }) => {
      const before = await countOf('topic');
      for (let n = 0; n < 50; n++) {
        const inventor = await RawClient.connected(port, hostile);
        const packets: Packet[] = [];
        for (let id = 1; id <= 200; id++)
          packets.push(publishPacket(`${hostile.topic('up')}/${n}-${id}`, id));
        inventor.send(...packets);
        await inventor.closed;
        expect(inventor.received.filter(({ cmd }) => cmd === 'puback')).toEqual([]);
      }
      expect(await countOf('topic')).toBeGreaterThanOrEqual(before + 50);
      const topics = new Set((await recordsIn(journal)).map(({ topic }) => topic));
      expect([...topics]).toEqual([`${good.id}/up`]);
    });
  });

  it('a device that subscribes to everything it can think of gets only its own', async () => {
    await beside({}, async ({ port }) => {
      const curious = await RawClient.connected(port, hostile);
      for (let id = 1; id <= 20; id++) {
        const subscriptions = Array.from({ length: 300 }, (_, n) => ({
          topic: `v1/+/${id}-${n}/#`,
          qos: 1 as const,
        }));
        curious.send({ cmd: 'subscribe', messageId: id, subscriptions });
        expect(await curious.next()).toMatchObject({ cmd: 'suback', granted: Array(300).fill(0x80) });
      }
      curious.end();
    });
  });

  it('who shows wrong secrets without end does not lock out the devices at the same address', async () => {
    await beside({ connectionRatePerAddress: 100 }, async ({ port }) => {
      let over = false;
      const floods = Array.from({ length: 5 }, async () => {
        while (!over) {
          const client = await RawClient.open(port);
          client.send(connectPacket(hostile, { password: Buffer.from('guess') }));
          await client.closed;
        }
      });
      const before = await countOf('credentials');
      await eventually(async () => expect(await countOf('credentials')).toBeGreaterThan(before + 150));
      await eventually(async () => (await RawClient.connected(port, hostile)).end());
      over = true;
      await Promise.all(floods);
    });
  });

  it('a flood from one address costs no other address its connections', async () => {
    await beside({ connectionRatePerAddress: 2 }, async ({ port }) => {
      const before = await countOf('connection_rate');
      for (let n = 0; n < 100; n++) {
        const client = await openFrom('127.0.0.66', port);
        client.send(connectPacket(hostile, { password: Buffer.from('guess') }));
        await client.closed;
      }
      expect(await countOf('connection_rate')).toBeGreaterThan(before);
      for (let n = 70; n < 90; n++) {
        const client = await openFrom(`127.0.0.${n}`, port);
        client.send(connectPacket(hostile));
        expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
        client.end();
      }
    });
  });

  it('a WebSocket that pings without end before its CONNECT and reads nothing is closed', async () => {
    await beside({ connectTimeoutMs: 5_000 }, async ({ port }) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, 'mqtt');
      await once(socket, 'open');
      socket.on('error', () => {});
      socket.pause();
      await new Promise<void>((resolve) => {
        const pings = (): void => {
          if (socket.readyState !== socket.OPEN) {
            resolve();
            return;
          }
          for (let n = 0; n < 1_000; n++)
            socket.ping(Buffer.alloc(125), undefined, (error) => error && resolve());
          setTimeout(pings, 5);
        };
        pings();
      });
      socket.terminate();
    });
  });

  it('a device that pings without end is answered at its rate', async () => {
    await beside({}, async ({ port }) => {
      const since = performance.now();
      const flood = await RawClient.connected(port, hostile, { keepalive: 600 });
      flood.send(Buffer.concat(Array(100_000).fill(generate({ cmd: 'pingreq' }))));
      const answered = (): number => flood.received.filter(({ cmd }) => cmd === 'pingresp').length;
      await eventually(() => expect(answered()).toBeGreaterThan(RATE * BURST_S + 10));
      const seconds = (performance.now() - since) / 1_000;
      expect(answered()).toBeLessThanOrEqual(RATE * (BURST_S + seconds));
      flood.end();
    });
  });

  it('a device that reads none of its commands is sent no more than the kernel takes, and closed', async () => {
    const COMMANDS = 3_000;
    const { db } = market.database;
    const byStatus = async (status: string): Promise<number> =>
      (
        await db.$client.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM commands WHERE device_id = $1 AND status = $2',
          [hostile.id, status],
        )
      ).rows[0]?.n ?? 0;
    const subscribed = async (port: number): Promise<RawClient> => {
      const client = await RawClient.connected(port, hostile, { keepalive: 600 });
      const subscriptions = [{ topic: hostile.topic('cmd'), qos: 0 as const }];
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions });
      expect(await client.next()).toMatchObject({ cmd: 'suback', granted: [0] });
      return client;
    };
    await beside({ drainTimeoutMs: 1_000 }, async ({ port }) => {
      const deaf = await subscribed(port);
      deaf.socket.pause();
      await eventually(async () => expect(await isOnline(hostile)).toBe(true));
      await db.$client.query(
        `INSERT INTO commands (id, device_id, op, args, requested_by, expires_at)
         SELECT gen_random_uuid(), $1, 'open', jsonb_build_object('text', repeat('x', 16000)), 'tester', now() + interval '1 h'
         FROM generate_series(1, $2)`,
        [hostile.id, COMMANDS],
      );
      // Who does not read does not see either that the connection was closed.
      await eventually(async () => expect(await isOnline(hostile)).toBe(false));
      deaf.end();
      expect(await byStatus('queued')).toBeGreaterThan(COMMANDS / 2);

      const reader = await subscribed(port);
      await eventually(async () => expect(await byStatus('queued')).toBe(0));
      await eventually(() => expect(reader.received.length).toBeGreaterThan(COMMANDS / 2));
      reader.end();
    });
  });
});
