import { meterPayload, type SwarmPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm, type SwarmOptions, type SwarmResult } from '../../device-sim/swarm/run.ts';
import { processTree, rssMb, treeCpuSeconds, treePssMb } from '../support/processes.ts';
import { type BenchInflux, openBenchInflux, settle } from './influx.ts';
import type { RunningSystem, System } from './system.ts';

export const DEVICES = 1_000;
const WINDOW = 20;
const WATCH_MS = 200;
const WARM_UP_RATE = 500;
const WARM_UP_MS_MAX = 10_000;

/** One system, just started, before an InfluxDB of its own in which there is only what it was warmed up with. */
export interface Trial {
  readonly influx: BenchInflux;
  readonly running: RunningSystem;
  /** Acknowledged in all loads together. */
  acked(): number;
  /** Points stored, of those loads. Throws while InfluxDB is away. */
  stored(): Promise<number>;
  /** Sends the meters' next messages. */
  load(options: Load): Promise<SwarmResult>;
  /** Starts to count what the processes take; the answer stops. */
  watch(): () => Costs;
  close(): Promise<void>;
}

export type Load = Pick<
  SwarmOptions,
  'durationMs' | 'rate' | 'batch' | 'messagesPerClient' | 'reconnectMs' | 'drainMs' | 'onProgress'
>;

export interface Costs {
  /** CPU seconds. */
  readonly systemCpuS: number;
  readonly influxCpuS: number;
  readonly postgresCpuS: number;
  /** The largest sum of the system's own processes, Postgres not among them. */
  readonly peakMb: number;
  /** In the end. */
  readonly postgresMb: number;
}

/** @throws when the system does not start, or stores nothing. */
export async function openTrial(system: System, startTs: number, signal: AbortSignal): Promise<Trial> {
  const influx = await openBenchInflux();
  let running: RunningSystem;
  try {
    running = await system.start({ url: influx.url, database: influx.database, devices: DEVICES });
  } catch (error) {
    await influx.remove();
    throw new Error(`${system.name} did not start`, { cause: error });
  }
  const payload = meterPayload({ startTs });
  let sentPerClient = 0;
  let acked = 0;
  let warmUp = 0;

  const cpu = (): [number, number, number] => [
    running.pids().reduce((sum, pid) => sum + treeCpuSeconds(pid), 0),
    treeCpuSeconds(influx.pid()),
    running.postgresPid ? treeCpuSeconds(running.postgresPid) : 0,
  ];
  const trial: Trial = {
    influx,
    running,
    acked: () => acked,
    stored: async () => (await influx.count()) - warmUp,
    async load(options) {
      const result = await runSwarm({
        host: '127.0.0.1',
        port: running.mqttPort,
        clients: running.clients,
        window: WINDOW,
        payload: continued(payload, sentPerClient),
        signal,
        ...options,
      });
      signal.throwIfAborted();
      sentPerClient += Math.max(...result.byClient.map(({ sent }) => sent));
      acked += result.acked;
      return result;
    },
    watch() {
      const before = cpu();
      const pids = running.pids().flatMap(processTree);
      let peakMb = 0;
      const look = (): void => {
        peakMb = Math.max(
          peakMb,
          pids.reduce((sum, pid) => sum + rssMb(pid), 0),
        );
      };
      const timer = setInterval(look, WATCH_MS).unref();
      return () => {
        clearInterval(timer);
        look();
        const after = cpu();
        return {
          systemCpuS: after[0] - before[0],
          influxCpuS: after[1] - before[1],
          postgresCpuS: after[2] - before[2],
          peakMb,
          postgresMb: running.postgresPid ? treePssMb(running.postgresPid) : 0,
        };
      };
    },
    async close() {
      await running.close().finally(() => influx.remove());
    },
  };
  try {
    await trial.load({ rate: WARM_UP_RATE, messagesPerClient: 1, durationMs: WARM_UP_MS_MAX });
    const { stored } = await settle(trial.stored, {
      expected: acked,
      quietMs: WARM_UP_MS_MAX,
      msMax: WARM_UP_MS_MAX,
      signal,
    });
    if (stored === 0) throw new Error(`${system.name} stores nothing`);
    warmUp = stored;
    acked = 0;
    return trial;
  } catch (error) {
    await trial.close();
    throw error;
  }
}

/** The same meters' messages from number `from` on: no instant is said twice and no register runs backwards. */
const continued = (payload: SwarmPayload, from: number): SwarmPayload => ({
  template: (client) => payload.template(client),
  patch: (bytes, at, client, n) => payload.patch(bytes, at, client, n + from),
});
