import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Logger } from 'pino';
import { type FleetProgress, zFleetProgress } from '../contracts/fleet.ts';

export interface FleetProcessOptions {
  readonly configFile: string;
  readonly flashFile: string;
  readonly url: string;
  readonly log: Logger;
  readonly onProgress: (progress: FleetProgress) => void;
}

const AGAIN_MS_MAX = 30_000;
const STOP_MS_MAX = 2_000;

/**
 * Runs the simulators in a process of their own, so that they share nothing with the platform. One that dies is
 * started again; they end with this process, however it ends (the channel between them closes).
 */
export function startFleetProcess(options: FleetProcessOptions): { close(): Promise<void> } {
  const { log } = options;
  let closing = false;
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let deaths = 0;

  function start(): void {
    const { configFile, flashFile, url } = options;
    const args = ['fleet', '--config', configFile, '--flash', flashFile, '--url', url];
    const next = spawn(process.execPath, [...entry(), ...args], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child = next;
    next.on('message', (message) => {
      const progress = zFleetProgress.safeParse(message);
      if (progress.success) options.onProgress(progress.data);
      else log.warn({ err: progress.error }, 'simulators: said something else');
    });
    next.on('error', (error) => log.error({ err: error }, 'simulators: the process could not be started'));
    next.on('exit', (code, signal) => {
      if (closing) return;
      // Ctrl-C reaches the whole group: whoever is about to close us does so before this timer runs.
      const waitMs = Math.min(AGAIN_MS_MAX, 1_000 * 2 ** deaths++);
      timer = setTimeout(() => {
        log.warn({ code, signal }, 'simulators: the process ended, starting it again');
        start();
      }, waitMs);
    });
  }

  start();
  return {
    async close() {
      closing = true;
      clearTimeout(timer);
      const running = child;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGTERM');
      const late = await Promise.race([ended, sleep(STOP_MS_MAX, 'late', { ref: false })]);
      if (late === 'late') running.kill('SIGKILL');
      await ended;
    },
  };
}

/** Compiled, everything is JavaScript; from source, tsx loads it, wherever the process was started from. */
function entry(): string[] {
  const compiled = import.meta.url.endsWith('.js');
  const cli = fileURLToPath(
    new URL(compiled ? '../device-sim/cli.js' : '../device-sim/cli.ts', import.meta.url),
  );
  const tsx = (): string => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return compiled ? [cli] : ['--import', tsx(), cli];
}
