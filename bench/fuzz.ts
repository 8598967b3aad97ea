import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UPLINK_KINDS } from '../contracts/mqtt.ts';
import { migrateDatabase, openDatabase } from '../store/database.ts';
import { startEmbeddedPostgres } from '../store/embedded/postgres.ts';
import { fuzzSessions } from '../tests/broker/fuzz-packets.ts';
import type { Device } from '../tests/broker/market.ts';
import { publishPacket, RawClient } from '../tests/broker/raw-client.ts';
import { addDevices, SITE } from './support/stand.ts';
import { percentile, thousands } from './support/statistics.ts';

const SEEDS = [11, 12, 13];
const PACKETS_PER_SEED = 100_000;
const SESSIONS_AT_ONCE = 20;
const QUIET_MS = 5_000;
const SESSION_MS_MAX = 50;

interface State {
  readonly heapUsed: number;
  readonly open: number;
  readonly escaped: number;
  readonly topics: readonly string[];
  readonly stored: number;
}

/** Packets that no honest device sends, against a broker on a socket, while a good device publishes. */
export async function run(print: (line: string) => void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-fuzz-'));
  const postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres') });
  const db = openDatabase(postgres.url);
  await migrateDatabase(db);
  await db.$client.query(`INSERT INTO sites (id, name, time_zone) VALUES ($1, 'Fuzz', 'Asia/Shanghai')`, [
    SITE,
  ]);
  const [good, bad] = (await addDevices(db, 'electricity_meter', 2)).map(deviceOf) as [Device, Device];
  const child = fork(
    join(import.meta.dirname, 'support/fuzz-broker.ts'),
    [postgres.url, join(dir, 'journal')],
    {
      execArgv: ['--expose-gc', '--import', 'tsx'],
    },
  );
  let crashed = false;
  const ended = once(child, 'exit').then(() => {
    crashed = true;
  });
  const ask = async (): Promise<State> => {
    child.send('state');
    return (await once(child, 'message'))[0];
  };
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const client = await RawClient.connected(port, good);
    const latencies: number[] = [];
    let isPublishing = true;
    const publishing = (async () => {
      for (let n = 1; isPublishing; n = (n % 65_535) + 1) {
        const sentAt = performance.now();
        client.send(publishPacket(good.topic('up'), n));
        if ((await client.next())?.cmd !== 'puback') throw new Error('the good device was cut off');
        latencies.push(performance.now() - sentAt);
        await sleep(5);
      }
    })();
    const latency = (): string => {
      const taken = latencies.splice(0);
      return `PUBACK p50 ${percentile(taken, 50).toFixed(1)} ms, p95 ${percentile(taken, 95).toFixed(1)} ms (${taken.length} publishes)`;
    };
    await sleep(QUIET_MS);
    print(`before     ${latency()}`);
    let before: State | undefined;
    for (const seed of SEEDS) {
      const { packets, sessions, connected, ms } = await fuzz(port, bad, seed);
      print(
        `seed ${seed}    ${thousands(packets)} packets in ${thousands(sessions)} connections, ${thousands(connected)} of them with a CONNECT first, ${(ms / 1000).toFixed(0)} s; ${latency()}`,
      );
      await sleep(2_000);
      const state = await ask();
      latencies.length = 0;
      print(
        `           heap ${(state.heapUsed / 1e6).toFixed(1)} MB after gc, open connections ${state.open} (1 good), unhandled rejections ${state.escaped}, ${thousands(state.stored)} records`,
      );
      before ??= state;
    }
    await sleep(QUIET_MS);
    print(`after      ${latency()}`);
    isPublishing = false;
    await publishing;
    client.end();
    const { heapUsed, topics } = await ask();
    const own = new Set([good, bad].flatMap(({ id }) => UPLINK_KINDS.map((kind) => `${id}/${kind}`)));
    const foreign = topics.filter((topic) => !own.has(topic));
    print(`heap since the first seed: ${((heapUsed - (before?.heapUsed ?? 0)) / 1e6).toFixed(1)} MB more`);
    print(`in the journal, of no authenticated device's own topics: ${foreign.length}; crashed: ${crashed}`);
  } finally {
    if (!crashed) child.send('stop');
    await ended;
    await db.$client.end();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function fuzz(port: number, device: Device, seed: number) {
  const sessions = fuzzSessions(seed, device);
  const total = { packets: 0, sessions: 0, connected: 0, ms: 0 };
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    while (total.packets < PACKETS_PER_SEED) {
      const { packets, isConnected, endsPolitely } = sessions.next().value;
      total.packets += packets.length;
      total.sessions++;
      if (isConnected) total.connected++;
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.resume();
      for (const packet of packets) socket.write(packet);
      if (endsPolitely) socket.end();
      const timer = setTimeout(() => socket.resetAndDestroy(), SESSION_MS_MAX);
      await once(socket, 'close').catch(() => {});
      clearTimeout(timer);
    }
  };
  await Promise.all(Array.from({ length: SESSIONS_AT_ONCE }, worker));
  total.ms = performance.now() - startedAt;
  return total;
}

function deviceOf({
  clientId,
  password = '',
}: {
  readonly clientId: string;
  readonly password?: string;
}): Device {
  const id = clientId.slice(SITE.length + 1);
  return { id, secret: password, clientId, topic: (kind) => `v1/${clientId}/${kind}` };
}
