import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meterPayload, sensorPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { partitionOf } from '../../store/journal/partition.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { watchFloor } from '../support/floor-watcher.ts';
import { balance, registerMeters } from '../support/meters.ts';
import { skipNats } from '../support/nats.ts';
import { openObedient } from '../support/obedient-device.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const PARTITIONS = 4;
const METERS = 40;
const SENSORS = 4;
/** Two in each journal. */
const SITES = Array.from({ length: PARTITIONS }, (_, partition) => sitesOf(partition, 2)).flat();
/** What is required is 10 s; a test's machine may have ten times its own work to do. */
const TAKE_OVER_MS_MAX = 30_000;

function sitesOf(partition: number, count: number): string[] {
  const all = Array.from({ length: 200 }, (_, n) => `market-${n}`);
  return all.filter((site) => partitionOf(site, PARTITIONS) === partition).slice(0, count);
}

describe.skipIf(skipNats)('On several machines', () => {
  let database: TestDatabase;
  let cluster: Cluster;
  beforeAll(async () => {
    database = await createTestDatabase();
    cluster = await startCluster({ databaseUrl: database.url, partitions: PARTITIONS });
  }, 300_000);
  afterAll(async () => {
    await cluster?.remove();
    await database?.drop();
  }, 60_000);

  const rows = async <T>(text: string): Promise<T[]> => (await database.db.$client.query(text)).rows;
  const cursors = () =>
    rows<{ reader: string; seq: string }>(
      `SELECT reader, seq FROM journal_cursors WHERE starts_with(reader, 'ingest/')`,
    );
  const count = async (of: string): Promise<number> =>
    (await rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${of}`))[0]?.n ?? 0;

  /** How long the journal that stood still longest did so, until each has been committed three times again. */
  async function standstillMs(fault: () => unknown): Promise<number> {
    const moves = new Map<string, { seq: string; at: number; moves: number }>();
    for (const { reader, seq } of await cursors())
      moves.set(reader, { seq, at: performance.now(), moves: 0 });
    expect(moves.size).toBe(PARTITIONS);
    await fault();
    let longest = 0;
    await eventually(async () => {
      for (const { reader, seq } of await cursors()) {
        const last = moves.get(reader);
        if (!last || last.seq === seq) continue;
        const at = performance.now();
        longest = Math.max(longest, at - last.at);
        moves.set(reader, { seq, at, moves: last.moves + 1 });
      }
      expect(Math.min(...[...moves.values()].map((each) => each.moves))).toBeGreaterThanOrEqual(3);
    }, 60_000);
    return longest;
  }

  /** The server that leads a journal's stream. */
  async function leaderOf(partition: number): Promise<number> {
    const connection = await connectNats({
      servers: cluster.nats.url.split(',').map((url) => new URL(url).host),
    });
    try {
      const manager = await jetstreamManager(connection, { checkAPI: false });
      const { cluster: replicas } = await manager.streams.info(`STALLGRID_JOURNAL_${partition}`);
      return Number(replicas?.leader?.slice(1));
    } finally {
      await connection.close();
    }
  }

  test('one of each is killed under load, and nothing is lost or doubled', { timeout: 420_000 }, async () => {
    const clients = await registerMeters(cluster, METERS, SITES);
    const stopping = new AbortController();
    const { signal } = stopping;
    const common = { host: '127.0.0.1', port: cluster.mqtt.port, reconnectMs: 500, signal };
    const payload = meterPayload({ startTs: Date.now() - 3_600_000 });
    const meters = runSwarm({ ...common, clients, window: 10, rate: 300, durationMs: 400_000, payload });
    const sensors = runSwarm({
      ...{ ...common, clients: await registerSensors(), window: 2, rate: SENSORS, durationMs: 400_000 },
      payload: sensorPayload({ startTs: Date.now(), stepMs: 1_000 }),
    });
    const relays = await Promise.all([0, 1, 2].map((n) => openRelay(n, signal)));
    const took: Record<string, number> = {};

    await eventually(async () => expect(await count('readings')).toBeGreaterThan(1_000), 60_000);
    const [ingest, otherIngest] = cluster.ingests;
    const [broker] = cluster.brokers;
    const [api] = cluster.apis;

    took['an ingest worker killed'] = await standstillMs(() => ingest?.kill());
    await ingest?.start();

    const leader = await leaderOf(0);
    took['the NATS server that leads a journal killed'] = await standstillMs(() => cluster.nats.kill(leader));
    cluster.nats.start(leader);

    const before = await Promise.all(relays.map((relay) => order(relay.id)));
    const killedAt = performance.now();
    took['a broker killed, until all that is sent is stored'] = await standstillMs(() => broker?.kill());
    const after = await Promise.all(relays.map((relay) => order(relay.id)));
    await eventually(async () => {
      const [one, ...more] = await rows<{ n: number }>(
        'SELECT count(*)::int AS n FROM device_states WHERE online GROUP BY broker',
      );
      expect([one?.n, more]).toEqual([METERS + SENSORS + relays.length - 1, []]);
    }, TAKE_OVER_MS_MAX);
    took['a broker killed, until presence is right'] = performance.now() - killedAt;
    await allSucceed([before, after].flatMap((orders) => orders.slice(0, 2)));
    expect(await statusOf(after[2] ?? '')).toBe('queued');
    await broker?.start();
    await allSucceed([...before, ...after]);
    expect(relays.flatMap((relay) => relay.done).sort()).toEqual([...before, ...after].sort());

    took['an ingest worker frozen'] = await standstillMs(() => otherIngest?.freeze());
    otherIngest?.thaw();
    // Both have their half again, and neither stumbles over the other.
    await eventually(async () => {
      const shares = await rows(
        `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 7214007
           AND objid < ${PARTITIONS} GROUP BY pid`,
      );
      expect(shares).toEqual([{ n: PARTITIONS / 2 }, { n: PARTITIONS / 2 }]);
    }, TAKE_OVER_MS_MAX);

    took['an api killed'] = await standstillMs(() => api?.kill());
    await api?.start();

    for (const [what, ms] of Object.entries(took))
      console.log(`take-over, ${what}: ${(ms / 1_000).toFixed(1)} s`);
    for (const ms of Object.values(took)) expect(ms).toBeLessThan(TAKE_OVER_MS_MAX);

    stopping.abort();
    const result = await meters;
    expect(result.acked).toBeGreaterThan(5_000);
    await eventually(
      async () => expect((await balance(database.db, result, payload)).missing).toBe(0),
      60_000,
    );
    const { wrong, kept } = await balance(database.db, result, payload);
    expect(wrong).toBe(0);
    expect(kept).toBeLessThanOrEqual(result.sent);
    expect(await count('dead_letters')).toBe(0);
    expect(await count('reading_conflicts')).toBe(0);
    // Nobody took a journal whose leader had changed for another one.
    for (const member of cluster.ingests) expect(member.log()).not.toContain('another journal');

    await sensors;
    await eventually(async () => expect(await count('device_states WHERE online')).toBe(0), TAKE_OVER_MS_MAX);
    const [floor] = await rows<{ id: number }>(`SELECT id FROM places WHERE kind = 'floor'`);
    const watchers = cluster.apis.map(({ url }) => watchFloor(url, floor?.id ?? 0));
    await eventually(() => {
      const [first, second] = watchers.map((watcher) => watcher.hash());
      expect(first).toMatch(/./);
      expect(second).toBe(first);
    });
    for (const watcher of watchers) watcher.close();
  });

  const post = <T>(path: string, body: unknown): Promise<T> => cluster.api('POST', `/api/v1/${path}`, body);
  async function registerSensors() {
    const [site = ''] = SITES;
    const plan = { width: 40, height: 30, walls: [], labels: [] };
    await post('places', { site, kind: 'floor', code: 'F1', plan });
    return Promise.all(
      Array.from({ length: SENSORS }, async (_, n) => {
        const code = `A-${n}`;
        await post('places', {
          site,
          kind: 'stall',
          code,
          parent: 'F1',
          rect: { x: 4 * n, y: 1, w: 3, h: 3 },
        });
        const device = await post<{ id: string; secret: string; mqtt: { clientId: string } }>('devices', {
          ...{ site, serial: `sensor-${n}`, profile: 'stall-sensor', place: code },
        });
        const { clientId } = device.mqtt;
        return { clientId, username: clientId, password: device.secret, topic: `v1/${clientId}/up` };
      }),
    );
  }
  async function openRelay(n: number, signal: AbortSignal) {
    const device = await post<{ id: string; secret: string; mqtt: { clientId: string } }>('devices', {
      ...{ site: SITES[n], serial: `relay-${n}`, profile: 'electricity-meter' },
    });
    const { clientId } = device.mqtt;
    const ports = cluster.brokers.map(({ mqttPort }) => mqttPort);
    // One on each broker with the other as its way out, and one that knows only the first.
    const servers = [ports, [...ports].reverse(), ports.slice(0, 1)][n] ?? [];
    return openObedient({ id: device.id, clientId, secret: device.secret, ports: servers, signal });
  }
  const order = async (device: string): Promise<string> =>
    (await post<{ id: string }>(`devices/${device}/commands`, { op: 'relay_open', expiresInS: 120 })).id;
  const allSucceed = (ids: readonly string[]): Promise<void> =>
    eventually(async () => {
      for (const id of ids) expect(await statusOf(id)).toBe('succeeded');
    }, TAKE_OVER_MS_MAX);
  const statusOf = async (id: string): Promise<string | undefined> =>
    (await rows<{ status: string }>(`SELECT status FROM commands WHERE id = '${id}'`))[0]?.status;
});
