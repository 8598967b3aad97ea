import { setTimeout as sleep } from 'node:timers/promises';
import { meterPayload } from '../device-sim/swarm/payloads.ts';
import { runSwarm } from '../device-sim/swarm/run.ts';
import { freePort } from '../store/embedded/free-port.ts';
import { profileProcess, type Stage, secondsByStage } from './support/cpu-profile.ts';
import { treeCpuSeconds } from './support/processes.ts';
import { addDevices, cpuSeconds, openStand, type Stand } from './support/stand.ts';
import { thousands } from './support/statistics.ts';

const CLIENTS = 500;
const RATE = 15_000;
const DURATION_MS = 20_000;
const DRAIN_MS_MAX = 60_000;

/** By the platform's own folders and its libraries'; where both match, the innermost frame decides. */
const STAGES: readonly Stage[] = [
  { name: 'collecting garbage', frames: /^\(garbage collector\)/ },
  {
    name: 'Postgres: statements and answers',
    frames: /node_modules\/(pg|pg-protocol|pg-pool)\/|\/store\/pg-arrays/,
  },
  {
    name: 'ingest: decode',
    frames: /\/ingest\/(decode|refusals)|\/domain\/|\/contracts\/|node_modules\/zod\//,
  },
  { name: 'ingest: telemetry', frames: /\/store\/telemetry\/|node_modules\/@influxdata\// },
  { name: 'ingest: readings and the rest', frames: /\/ingest\/|\/store\/(?!journal)/ },
  { name: 'journal', frames: /\/store\/journal\/|node_modules\/(lmdb|msgpackr|@nats-io)/ },
  { name: 'broker: acknowledgement’s write to its socket', frames: /^writeBuffer / },
  { name: 'broker: MQTT (aedes)', frames: /node_modules\/(aedes|mqtt-packet|bl|readable-stream|debug)\// },
  { name: 'broker: its own', frames: /\/broker\// },
];
const REST = 'Node: reading sockets, streams, timers';

/** Where the microseconds of a message go, from a device's socket to a telemetry row and a reading in Postgres. */
export async function run(print: (line: string) => void): Promise<void> {
  const inspector = await freePort();
  const stand = await openStand({ env: { NODE_OPTIONS: `--inspect=127.0.0.1:${inspector}` } });
  try {
    const { pid, mqttPort } = stand.platform;
    const clients = await addDevices(stand.db, 'electricity_meter', CLIENTS);
    const cpu = () => [cpuSeconds(pid), treeCpuSeconds(stand.postgresPid), ownCpuSeconds()] as const;
    const before = cpu();
    const profiler = await profileProcess(inspector);
    const result = await runSwarm({
      ...{ host: '127.0.0.1', port: mqttPort, clients, window: 20, rate: RATE, durationMs: DURATION_MS },
      payload: meterPayload({ startTs: Date.now() - 86_400_000 }),
    });
    await workedOff(stand, result.acked);
    const profile = await profiler.stop();
    const [platform, postgres, generator] = cpu().map((seconds, i) => seconds - (before[i] ?? 0));
    const micros = (seconds = Number.NaN): string => ((seconds / result.acked) * 1e6).toFixed(1).padStart(7);
    const stages = secondsByStage(profile, STAGES, REST);
    const onThread = [...stages.values()].reduce((sum, seconds) => sum + seconds, 0);
    print(
      `${thousands(result.acked)} messages of ${CLIENTS} devices at ${thousands(result.ackedPerS)}/s; µs a message:`,
    );
    for (const [name, seconds] of stages) print(`${micros(seconds)}  ${name}`);
    print(`${micros((platform ?? 0) - onThread)}  other threads: the disk, collecting garbage, compiling`);
    print(`${micros(platform)}  the platform’s process`);
    print(`${micros(postgres)}  Postgres’ processes`);
    print(`${micros(generator)}  the generator`);
  } finally {
    await stand.close();
  }
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function workedOff({ db }: Stand, messages: number): Promise<void> {
  const deadline = performance.now() + DRAIN_MS_MAX;
  while (performance.now() < deadline) {
    const { rows } = await db.$client.query('SELECT count(*)::int AS n FROM readings');
    if (rows[0].n >= messages) return;
    await sleep(200);
  }
}
