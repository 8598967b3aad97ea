import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface FleetDevice {
  /** `{site}/{device}`, which is the user name too. */
  readonly clientId: string;
  readonly password: string;
}

export type FleetCommand =
  | {
      readonly type: 'start';
      readonly port: number;
      readonly devices: readonly FleetDevice[];
      /** A device waits for a random time between these before it connects, first and again. */
      readonly backOffMs: readonly [number, number];
    }
  | { readonly type: 'acked' };

export interface FleetProgress {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly connected: number;
  /** Connected, and a publish was acknowledged on this connection. */
  readonly back: number;
  /** How connections ended: reason → how often, since the start. */
  readonly outcomes: Readonly<Record<string, number>>;
}

export type FleetReport =
  | ({ readonly type: 'progress' } & FleetProgress)
  | { readonly type: 'acked'; readonly acked: readonly (readonly number[])[] };

/** Devices that reconnect by themselves, in a process of their own. */
export interface Fleet {
  progress(): FleetProgress;
  /** Waits for a report for which this holds. @throws when it takes longer than `msMax`. */
  until(what: (progress: FleetProgress) => boolean, msMax: number): Promise<FleetProgress>;
  /** The instants (epoch milliseconds) of each device's readings that were acknowledged. */
  acked(): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}

/** @throws when this process may not open as many files as the fleet needs. */
export function startFleet(options: Omit<Extract<FleetCommand, { type: 'start' }>, 'type'>): Fleet {
  const filesMin = options.devices.length + 500;
  const filesMax = openFilesMax();
  if (filesMax < filesMin) {
    throw new Error(`${options.devices.length} devices need \`ulimit -n ${filesMin}\`; it is ${filesMax}`);
  }
  const child = fork(fileURLToPath(new URL('./fleet-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let newest: FleetProgress = { at: 0, connected: 0, back: 0, outcomes: {} };
  let wake = (): void => {};
  child.on('message', (report: FleetReport) => {
    if (report.type !== 'progress') return;
    newest = report;
    wake();
  });
  child.send({ type: 'start', ...options } satisfies FleetCommand);
  return {
    progress: () => newest,
    async until(what, msMax) {
      const deadline = performance.now() + msMax;
      while (!what(newest)) {
        if (performance.now() > deadline || child.exitCode !== null) {
          throw new Error(`the fleet did not get there: ${JSON.stringify(newest)}`);
        }
        await Promise.race([sleep(1_000), new Promise<void>((resolve) => (wake = resolve))]);
      }
      return newest;
    },
    async acked() {
      const answer = new Promise<readonly (readonly number[])[]>((resolve) => {
        child.on('message', (report: FleetReport) => {
          if (report.type === 'acked') resolve(report.acked);
        });
      });
      child.send({ type: 'acked' } satisfies FleetCommand);
      return answer;
    },
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

/** How many files, sockets included, this process and those that it starts may open (Linux). */
export function openFilesMax(): number {
  const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return Number(line?.[1] ?? Number.POSITIVE_INFINITY);
}
