import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { anonymousMeters, type RunningSystem } from './system.ts';

export interface Program {
  /** For its log. */
  readonly dir: string;
  /** What follows `node` on the command line, given the broker's port. */
  args(mqttPort: number): readonly string[];
  /** What its log says once it listens. */
  readonly ready: string;
}

const READY_MS_MAX = 60_000;
/** From the connection that the log tells of to the subscription that follows it. */
const SUBSCRIBED_MS = 500;

/** A Node program that subscribes to a Mosquitto of its own, configured as Debian does. */
export async function startBehindMosquitto(program: Program, devices: number): Promise<RunningSystem> {
  const mosquitto = await startMosquitto('debian');
  if (!mosquitto) throw new Error('mosquitto is not installed');
  try {
    return await runBehind(mosquitto, program, devices);
  } catch (error) {
    await mosquitto.stop();
    throw error;
  }
}

async function runBehind(mosquitto: Mosquitto, program: Program, devices: number): Promise<RunningSystem> {
  let starts = 0;
  let child = await launch();

  async function launch(): Promise<ChildProcess> {
    const log = join(program.dir, `log-${starts++}`);
    const fd = openSync(log, 'a');
    const { NODE_OPTIONS: _, ...env } = process.env;
    const next = spawn(process.execPath, [...program.args(mosquitto.port)], {
      cwd: program.dir,
      stdio: ['ignore', fd, fd],
      env,
    });
    closeSync(fd);
    for (let waited = 0; waited < READY_MS_MAX && next.exitCode === null; waited += 100) {
      if (existsSync(log) && readFileSync(log, 'utf8').includes(program.ready)) {
        await sleep(SUBSCRIBED_MS);
        return next;
      }
      await sleep(100);
    }
    await end(next);
    throw new Error(`it did not get ready: ${readFileSync(log, 'utf8').slice(-2_000)}`);
  }

  return {
    mqttPort: mosquitto.port,
    clients: anonymousMeters(devices),
    pids: () => [mosquitto.pid, child.pid ?? 0],
    kill: () => end(child),
    async restart() {
      child = await launch();
    },
    async close() {
      await end(child);
      await mosquitto.stop();
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
