import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { meterPayload } from '../device-sim/swarm/payloads.ts';
import { runSwarm, type SwarmResult } from '../device-sim/swarm/run.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { startEmbeddedPostgres } from '../store/embedded/postgres.ts';
import { type Cluster, startCluster } from '../tests/support/cluster.ts';
import { skipNats } from '../tests/support/nats.ts';
import { treeCpuSeconds } from './support/processes.ts';
import { addDevices } from './support/stand.ts';
import { thousands } from './support/statistics.ts';

const SITES = 16;
const METERS_PER_SITE = 30;
const PARTITIONS = 8;
const PACED = { rate: 2_000, durationMs: 20_000 } as const;
const FLAT_OUT = { durationMs: 10_000 } as const;
const IDLE_MS = 10_000;
const DRAIN_MS_MAX = 180_000;

/** What a message costs in each part, with the parts in processes of their own: embedded journal against NATS. */
export async function run(print: (line: string) => void): Promise<void> {
  await measure('embedded journal, one process a part', { natsServers: 0, members: 1 }, print);
  if (skipNats) return print('NATS JetStream: skipped, nats-server is not installed');
  await measure('one NATS server, one process a part', { natsServers: 1, members: 1 }, print);
  await measure('three NATS servers, two processes a part', { natsServers: 3, members: 2 }, print);
}

async function measure(
  name: string,
  size: { readonly natsServers: number; readonly members: number },
  print: (line: string) => void,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-bench-'));
  const postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres') });
  const postgresPid = Number.parseInt(readFileSync(join(dir, 'postgres/cluster/postmaster.pid'), 'utf8'), 10);
  const db = openDatabase(postgres.url);
  let cluster: Cluster | undefined;
  try {
    cluster = await startCluster({
      databaseUrl: postgres.url,
      partitions: PARTITIONS,
      compiled: true,
      ...size,
    });
    const parts: Parts = {
      broker: cluster.brokers.map(({ pid }) => pid),
      ingest: cluster.ingests.map(({ pid }) => pid),
      api: cluster.apis.map(({ pid }) => pid),
      NATS: cluster.nats.pids(),
      Postgres: [postgresPid],
    };
    const port = cluster.mqtt.port;
    print(`${name}: ${SITES} sites with ${METERS_PER_SITE} meters each`);

    const started = cpuOf(parts);
    await sleep(IDLE_MS);
    const before = cpuOf(parts);
    const idle = perPart(parts, (part) => used(started, before, part) / (IDLE_MS / 1_000));
    print(`  cores kept busy by nothing: ${idle}`);

    const paced = await publish(db, port, 'paced', { ...PACED, window: 20 });
    const after = cpuOf(parts);
    const perS = paced.stored / (paced.totalMs / 1_000);
    const cost = perPart(parts, (part) => used(before, after, part) / (paced.stored / 1_000));
    print(
      `  paced at ${thousands(PACED.rate)}/s: ${thousands(perS)}/s to the stores, ${latencies(paced.result)}`,
    );
    print(`  cores that 1,000 messages/s keep busy: ${cost}`);

    const flat = await publish(db, port, 'flat', { ...FLAT_OUT, window: 20 });
    print(
      `  flat out: ${thousands(flat.result.ackedPerS)}/s acknowledged, ${latencies(flat.result)}; ` +
        `${thousands(flat.stored / (flat.totalMs / 1_000))}/s to the stores, ${flat.result.acked - flat.stored} missing`,
    );
  } finally {
    await cluster?.remove();
    await db.$client.end();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Published {
  readonly result: SwarmResult;
  /** Of what was acknowledged, in both stores. */
  readonly stored: number;
  /** From the first publish until all of it was stored. */
  readonly totalMs: number;
}

async function publish(
  db: Database,
  port: number,
  prefix: string,
  pace: { readonly rate?: number; readonly durationMs: number; readonly window: number },
): Promise<Published> {
  const clients = [];
  for (let n = 0; n < SITES; n++) {
    clients.push(...(await addDevices(db, 'electricity_meter', METERS_PER_SITE, `${prefix}-${n}`)));
  }
  // The brokers have heard of them.
  await sleep(2_000);
  const before = await readings(db);
  const payload = meterPayload({ startTs: Date.now() - 86_400_000 });
  const result = await runSwarm({ host: '127.0.0.1', port, clients, payload, ...pace });
  const endedAt = performance.now();
  let stored = 0;
  while (stored < result.acked && performance.now() < endedAt + DRAIN_MS_MAX) {
    stored = (await readings(db)) - before;
    await sleep(100);
  }
  return { result, stored, totalMs: result.elapsedMs + performance.now() - endedAt };
}

async function readings(db: Database): Promise<number> {
  const { rows } = await db.$client.query('SELECT count(*)::int AS n FROM readings');
  return rows[0].n;
}

function cpuOf(parts: Parts): CpuSeconds {
  return Object.fromEntries(
    Object.entries(parts).map(([part, pids]) => [
      part,
      pids.reduce((sum, pid) => sum + treeCpuSeconds(pid), 0),
    ]),
  );
}

type Parts = Readonly<Record<string, readonly number[]>>;
type CpuSeconds = Readonly<Record<string, number>>;

const used = (before: CpuSeconds, after: CpuSeconds, part: string): number =>
  (after[part] ?? 0) - (before[part] ?? 0);

const perPart = (parts: Parts, of: (part: string) => number): string =>
  Object.keys(parts)
    .map((part) => `${part} ${of(part).toFixed(3)}`)
    .join(', ');

const latencies = ({ latencyMs }: SwarmResult): string =>
  `PUBACK p50 ${latencyMs.p50.toFixed(1)} ms, p95 ${latencyMs.p95.toFixed(1)} ms`;
