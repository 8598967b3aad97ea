import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { meterPayload } from '../device-sim/swarm/payloads.ts';
import { runSwarm } from '../device-sim/swarm/run.ts';
import { influxdInstalled, startInfluxd } from '../store/embedded/influxd.ts';
import { addDevices, cpuSeconds, openStand, rssAnonMb, type Stand } from './support/stand.ts';
import { thousands } from './support/statistics.ts';

const CLIENTS = 500;
const DURATION_MS = 60_000;
/** Each a little above its target, so that the target is met by throughput and not by the generator's pace. */
const LOADS = [
  { name: 'each message in a segment of its own', batch: 1, rate: 18_000, target: 15_000 },
  { name: 'five messages of a device at a time, as after a gap', batch: 5, rate: 20_500, target: 20_000 },
] as const;
const DRAIN_MS_MAX = 300_000;

/** From PUBACK to a row in telemetry and a reading in Postgres, sustained, with each telemetry store. */
export async function run(print: (line: string) => void): Promise<void> {
  for (const load of LOADS) await measure('embedded Postgres for both', load, {}, print);
  if (!influxdInstalled()) return print('InfluxDB 1.x: skipped, influxd is not installed');
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-bench-influx-'));
  const influxd = await startInfluxd({ dir });
  try {
    const env = { INFLUX_URL: influxd.url, INFLUX_API: 'v1' };
    for (const load of LOADS) await measure('telemetry in InfluxDB 1.x', load, env, print);
  } finally {
    await influxd.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measure(
  store: string,
  { name, batch, rate, target }: (typeof LOADS)[number],
  env: Record<string, string>,
  print: (line: string) => void,
): Promise<void> {
  const stand = await openStand({ env });
  try {
    const { pid, mqttPort } = stand.platform;
    const clients = await addDevices(stand.db, 'electricity_meter', CLIENTS);
    let peakMb = 0;
    const watch = setInterval(() => {
      peakMb = Math.max(peakMb, rssAnonMb(pid));
    }, 200);
    const cpuBefore = cpuSeconds(pid);
    const result = await runSwarm({
      host: '127.0.0.1',
      port: mqttPort,
      clients,
      window: 20,
      rate,
      batch,
      durationMs: DURATION_MS,
      payload: meterPayload({ startTs: Date.now() - 86_400_000 }),
    });
    const endedAt = performance.now();
    const lagAtEnd = result.acked - (await readings(stand));
    const deadline = endedAt + DRAIN_MS_MAX;
    let stored = 0;
    while (stored < result.acked && performance.now() < deadline) {
      await sleep(100);
      stored = await readings(stand);
    }
    const drainedS = (performance.now() - endedAt) / 1000;
    clearInterval(watch);
    const cpu = cpuSeconds(pid) - cpuBefore;
    print(`${store}: ${CLIENTS} meters, paced at ${thousands(rate)}/s for ${DURATION_MS / 1000} s, ${name}`);
    print(
      `  acknowledged ${thousands(result.acked)}, ${thousands(result.ackedPerS)}/s (target ${thousands(target)})`,
    );
    print(
      `  stored ${thousands(stored)}, missing ${result.acked - stored}, errors ${JSON.stringify(result.errors)}`,
    );
    print(`  through to the stores ${thousands(stored / (result.elapsedMs / 1000 + drainedS))}/s`);
    print(
      `  behind at the end ${thousands(lagAtEnd)} messages, gone after ${drainedS.toFixed(1)} s (target 10)`,
    );
    print(`  PUBACK p50 ${result.latencyMs.p50.toFixed(1)} ms, p95 ${result.latencyMs.p95.toFixed(1)} ms`);
    print(
      `  platform: peak RssAnon ${peakMb.toFixed(0)} MB (target 500), ${((cpu / stored) * 1e6).toFixed(0)} CPU s a million`,
    );
  } finally {
    await stand.close();
  }
}

/** Telemetry of a message is stored before its reading, so readings tell how far both have come. */
async function readings({ db }: Stand): Promise<number> {
  const { rows } = await db.$client.query('SELECT count(*)::int AS n FROM readings');
  return rows[0].n;
}
