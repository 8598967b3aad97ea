import type { SwarmClient } from '../../device-sim/swarm/connection.ts';

/** Something that takes devices' messages by MQTT and stores them in InfluxDB. */
export interface System {
  readonly name: string;
  /** Where the search for its highest rate begins, messages a second. */
  readonly guess: number;
  /** How long it may keep a batch before it writes it, when that is not full. */
  readonly flushMs: number;
  /** After this long without a new point, nothing more will come: the longest that it waits before it tries again. */
  readonly quietMs: number;
  start(target: Target): Promise<RunningSystem>;
}

export interface Target {
  /** InfluxDB's. */
  readonly url: string;
  readonly database: string;
  readonly devices: number;
}

export interface RunningSystem {
  readonly mqttPort: number;
  readonly clients: readonly SwarmClient[];
  /** Its own processes, the databases not among them. */
  pids(): readonly number[];
  /** The Postgres that it keeps beside InfluxDB. */
  readonly postgresPid?: number;
  /** SIGKILL for what stands between the devices, or their broker, and InfluxDB. */
  kill(): Promise<void>;
  /** Starts that again on what it has kept. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const MEASUREMENT = 'telemetry';
/** How the devices look for a broker that lets everybody in. */
export const anonymousMeters = (count: number): SwarmClient[] =>
  Array.from({ length: count }, (_, n) => ({
    clientId: `bench/electricity_meter-${n}`,
    topic: `v1/bench/electricity_meter-${n}/up`,
  }));
