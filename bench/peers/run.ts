import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { influxdInstalled } from '../../store/embedded/influxd.ts';
import type { BenchOptions } from '../arguments.ts';
import { thousands } from '../support/statistics.ts';
import { killed, type Measuring, outage, saturation, sustained } from './measure.ts';
import { installNodeRed, nodeRed } from './node-red.ts';
import { lossOf, type Results, report } from './report.ts';
import { stallgrid } from './stallgrid.ts';
import { subscriber } from './subscriber.ts';
import type { System } from './system.ts';
import { DEVICES } from './trial.ts';

const PLANS = {
  full: { minutes: 30, rounds: 3, levelMs: 6_000, saturationMs: 5_000 },
  quick: { minutes: 12, rounds: 1, levelMs: 4_000, saturationMs: 3_000 },
} as const;
/** The first round seeks, those after it look whether the next step up or down is theirs. */
const SEEK = { factor: 1.5, halvings: 2 } as const;
const CONFIRM = { factor: 1.12, halvings: 0 } as const;
const HISTORY_MS = 86_400_000;
const QUIET_LOAD = 0.5;

/**
 * The same meters' messages into the same InfluxDB by the platform and by what people build instead, in turns. Every
 * measurement has a system that was just started, and an InfluxDB of its own that is empty.
 */
export async function run(print: (line: string) => void, { quick }: BenchOptions): Promise<void> {
  if (!influxdInstalled()) return print('skipped: influxd 1.x is not installed');
  if (spawnSync('mosquitto', ['-h']).error) return print('skipped: mosquitto is not installed');
  const plan = quick ? PLANS.quick : PLANS.full;
  const stopping = new AbortController();
  const onSignal = (): void => stopping.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const systems = chooseSystems(quick, print);
    print(`Mosquitto ${versionOf('mosquitto', '-h')}, InfluxDB ${versionOf('influxd', 'version')}`);
    print(
      `${systems.length} systems, ${plan.rounds} round(s), about ${plan.minutes} minutes on a quiet machine`,
    );
    const [load = 0] = loadavg();
    if (load > QUIET_LOAD) print(`this machine is not quiet: its load average is ${load.toFixed(1)}`);
    const all: Results[] = systems.map(({ name }) => ({ name, rounds: [] }));
    const each = async (what: string, measure: (of: Measuring, into: Results) => Promise<string>) => {
      for (const [n, system] of systems.entries()) {
        const into = all[n];
        if (!into) continue;
        stopping.signal.throwIfAborted();
        print(`${what}: ${system.name}`);
        const startTs = Date.now() - HISTORY_MS;
        print(`  ${await measure({ system, startTs, print, signal: stopping.signal }, into)}`);
      }
    };

    for (let round = 1; round <= plan.rounds; round++) {
      await each(`round ${round} of ${plan.rounds}`, async (of, { rounds }) => {
        const before = rounds.at(-1);
        const how = before ? { ...CONFIRM, guess: before.ackedPerS } : { ...SEEK, guess: of.system.guess };
        const level = await sustained(of, { levelMs: plan.levelMs, ...how });
        rounds.push(level);
        return level ? `${thousands(level.ackedPerS)}/s stored and not lost` : 'no rate was held';
      });
    }
    await each('as much as it acknowledges', async (of, into) => {
      into.saturation = await saturation(of, plan.saturationMs);
      return `${thousands(into.saturation.ackedPerS)}/s acknowledged, lost ${lossOf(into.saturation)}`;
    });
    await each("an hour's outage of InfluxDB", async (of, into) => {
      into.outage = await outage(of);
      return `lost ${lossOf(into.outage)}, the last came after ${(into.outage.drainMs / 1000).toFixed(1)} s`;
    });
    await each('SIGKILL', async (of, into) => {
      into.killed = await killed(of);
      return `lost ${lossOf(into.killed)}`;
    });
    print(`\n${DEVICES} meters, QoS 1, everything and the generator on one machine:\n`);
    for (const line of report(all)) print(line);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function chooseSystems(quick: boolean, print: (line: string) => void): System[] {
  const systems = [
    stallgrid({ name: 'Stallgrid', readings: true }),
    stallgrid({ name: 'Stallgrid, telemetry only', readings: false }),
    subscriber({ name: 'Mosquitto + subscriber, tuned', tuned: true }),
    ...(quick ? [] : [subscriber({ name: 'Mosquitto + subscriber, as it comes', tuned: false })]),
  ];
  try {
    print('Node-RED: installing, if it is not there from an earlier run …');
    const install = installNodeRed();
    print(`Node-RED ${install.version}`);
    systems.push(
      nodeRed({ name: 'Mosquitto + Node-RED, batched', writes: 'batched', install }),
      nodeRed({ name: 'Mosquitto + Node-RED, as it comes', writes: 'single', install }),
    );
  } catch (error) {
    print(`Node-RED is left out: ${error instanceof Error ? error.message : String(error)}`);
  }
  return systems;
}

const versionOf = (binary: string, flag: string): string =>
  /\d+\.\d+\.\d+\S*/.exec(spawnSync(binary, [flag], { encoding: 'utf8' }).stdout)?.[0] ??
  'of unknown version';
