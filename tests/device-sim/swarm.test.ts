import { afterEach, describe, expect, test } from 'vitest';
import { zUplink } from '../../contracts/mqtt.ts';
import { fixedPayload, meterPayload, sensorPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { type RawBroker, startRawBroker } from './raw-broker.ts';

const START_TS = 1_764_806_400_000;
const clients = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    clientId: `demo/m${i}`,
    username: `demo/m${i}`,
    password: `secret-${i}`,
    topic: `v1/demo/m${i}/up`,
  }));

let broker: RawBroker | undefined;
afterEach(async () => {
  await broker?.close();
  broker = undefined;
});

describe('swarm', () => {
  test('every message of every client is sent whole, once, in order, and acknowledged', async () => {
    broker = await startRawBroker();
    const payload = meterPayload({ startTs: START_TS });
    const result = await runSwarm({
      host: '127.0.0.1',
      port: broker.port,
      clients: clients(7),
      window: 3,
      durationMs: 30_000,
      messagesPerClient: 1234,
      payload,
    });
    expect(result).toMatchObject({ clients: 7, connected: 7, sent: 7 * 1234, acked: 7 * 1234, errors: {} });
    expect(result.byClient.every((c) => c.ackedBelow === 1234 && c.ackedBeyond.length === 0)).toBe(true);
    for (let i = 0; i < 7; i++) {
      const received = broker.publishes.filter((p) => p.topic === `v1/demo/m${i}/up`);
      expect(received.map((p) => [p.qos, p.dup]).every(([qos, dup]) => qos === 1 && dup === false)).toBe(
        true,
      );
      const uplinks = received.map((p) => zUplink.parse(JSON.parse(p.payload.toString())));
      expect(
        uplinks.map((u) => ({ ts: u.ts, value: Math.round(Number(u.values.energy_import) * 1000) })),
      ).toEqual(Array.from({ length: 1234 }, (_, n) => payload.reading(n)));
    }
    expect(broker.connects.map((c) => [c.clientId, c.username, String(c.password)])).toContainEqual([
      'demo/m3',
      'demo/m3',
      'secret-3',
    ]);
  });

  test('a client never has more unacknowledged messages than its window', async () => {
    broker = await startRawBroker({ acknowledge: () => false });
    const result = await runSwarm({
      host: '127.0.0.1',
      port: broker.port,
      clients: clients(2),
      window: 5,
      durationMs: 200,
      drainMs: 100,
      payload: fixedPayload(Buffer.from('{}')),
    });
    expect(broker.publishes).toHaveLength(10);
    expect(result).toMatchObject({ sent: 10, acked: 0 });
  });

  test('acknowledged out of order is told from acknowledged', async () => {
    let seen = 0;
    broker = await startRawBroker({ acknowledge: () => seen++ !== 1 });
    const result = await runSwarm({
      host: '127.0.0.1',
      port: broker.port,
      clients: clients(1),
      window: 4,
      durationMs: 30_000,
      messagesPerClient: 4,
      drainMs: 300,
      payload: fixedPayload(Buffer.from('{}')),
    });
    expect(result.byClient).toEqual([{ sent: 4, ackedBelow: 1, ackedBeyond: [2, 3] }]);
  });

  test('a rate is kept', async () => {
    broker = await startRawBroker();
    const result = await runSwarm({
      host: '127.0.0.1',
      port: broker.port,
      clients: clients(10),
      window: 10,
      rate: 500,
      durationMs: 1000,
      payload: sensorPayload({ startTs: START_TS }),
    });
    // Late timers only ever lower it; a busy machine may lower it a lot.
    expect(result.sent).toBeLessThanOrEqual(501);
    expect(result.sent).toBeGreaterThan(50);
    const flips = broker.publishes
      .filter((p) => p.topic === 'v1/demo/m0/up')
      .map((p) => zUplink.parse(JSON.parse(p.payload.toString())).values.open);
    expect(flips.slice(0, 4)).toEqual([true, false, true, false]);
  });

  test('refused clients are counted with the reason, the others publish', async () => {
    broker = await startRawBroker({ connack: (c) => (c.clientId === 'demo/m1' ? 5 : 0) });
    const result = await runSwarm({
      host: '127.0.0.1',
      port: broker.port,
      clients: clients(3),
      window: 2,
      durationMs: 100,
      payload: fixedPayload(Buffer.from('{}')),
    });
    expect(result.connected).toBe(2);
    expect(result.errors).toEqual({ 'CONNACK 5': 1 });
    expect(result.byClient[1]).toEqual({ sent: 0, ackedBelow: 0, ackedBeyond: [] });
    expect(result.acked).toBeGreaterThan(0);
  });

  test('after a lost connection what was not acknowledged is sent again as a duplicate', async () => {
    let acknowledging = false;
    broker = await startRawBroker({ acknowledge: () => acknowledging });
    const running = runSwarm({
      host: '127.0.0.1',
      port: broker.port,
      clients: clients(1),
      window: 3,
      durationMs: 30_000,
      messagesPerClient: 6,
      reconnectMs: 50,
      payload: meterPayload({ startTs: START_TS }),
    });
    const received = broker.publishes;
    await expect.poll(() => received.length).toBe(3);
    acknowledging = true;
    broker.drop();
    const result = await running;
    expect(result).toMatchObject({ sent: 6, acked: 6 });
    expect(received.map((p) => p.dup)).toEqual([false, false, false, true, true, true, false, false, false]);
    expect(received.slice(3, 6).map((p) => p.payload.toString())).toEqual(
      received.slice(0, 3).map((p) => p.payload.toString()),
    );
  });

  test('a broker that is not there ends the run with its reason', async () => {
    const gone = await startRawBroker();
    await gone.close();
    const result = await runSwarm({
      host: '127.0.0.1',
      port: gone.port,
      clients: clients(2),
      window: 1,
      durationMs: 30_000,
      payload: fixedPayload(Buffer.from('{}')),
    });
    expect(result).toMatchObject({ connected: 0, sent: 0, errors: { ECONNREFUSED: 2 } });
  });

  test('a remote host is refused unless allowed', async () => {
    const options = {
      port: 1,
      clients: [],
      window: 1,
      durationMs: 1,
      payload: fixedPayload(Buffer.alloc(0)),
    };
    await expect(runSwarm({ ...options, host: '192.0.2.1' })).rejects.toThrow('not a loopback address');
  });
});
