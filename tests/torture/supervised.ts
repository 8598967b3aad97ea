import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Its output is appended there. */
  readonly log: string;
  /** What it says once it has started. Without it, it has from the beginning. */
  readonly started?: RegExp;
}

/** A process from its start to its end. */
export interface Life {
  readonly startedAt: number;
  /** MB of its own memory (`RssAnon`, Linux), once a second. */
  readonly memory: number[];
}

const STOP_MS_MAX = 30_000;
const RESTART_MS = 500;
const SAMPLE_MS = 1_000;
const WORDS_MAX = 1_500;

/** A program as a service runs it: what ends by itself is started again, and that it did is counted. */
export class Supervised {
  readonly lives: Life[] = [];
  /** Ended although nobody stopped it, with its last words. */
  readonly ended: string[] = [];
  /** The same, before it had started. */
  readonly failedStarts: string[] = [];
  /** Had to be killed because it did not stop. */
  stuck = 0;
  readonly #program: Program;
  #child: ChildProcess | undefined;
  #wanted = false;
  #again: NodeJS.Timeout | undefined;
  readonly #sampler: NodeJS.Timeout;

  constructor(program: Program) {
    this.#program = program;
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  get pid(): number | undefined {
    return this.#isAlive() ? this.#child?.pid : undefined;
  }

  start(): void {
    this.#wanted = true;
    const { name, command, args, env, cwd, log, started } = this.#program;
    const output = openSync(log, 'a');
    const said = fstatSync(output).size;
    // Apart from the terminal: Ctrl-C is for the harness, which stops it.
    const child = spawn(command, args, { stdio: ['ignore', output, output], detached: true, env, cwd });
    closeSync(output);
    this.#child = child;
    this.lives.push({ startedAt: performance.now(), memory: [] });
    child.once('error', () => {});
    child.once('exit', (code, signal) => {
      if (!this.#wanted || this.#child !== child) return;
      const words = readFileSync(log).subarray(said).toString();
      const ended = !started || started.test(words) ? this.ended : this.failedStarts;
      ended.push(`${name} ended by itself (${code ?? signal}): ${words.trim().slice(-WORDS_MAX)}`);
      this.#again = setTimeout(() => this.start(), RESTART_MS);
    });
  }

  /** Ends it for good, or until `start`. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#again);
    this.signal(signal);
    for (let waited = 0; this.#isAlive(); waited += 20) {
      if (waited === STOP_MS_MAX) {
        this.stuck++;
        this.signal('SIGKILL');
      }
      await sleep(20);
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#isAlive()) this.#child?.kill(signal);
  }

  async close(): Promise<void> {
    clearInterval(this.#sampler);
    this.signal('SIGCONT');
    await this.end('SIGTERM');
  }

  #isAlive(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  #sample(): void {
    if (!this.pid) return;
    try {
      const line = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'));
      if (line) this.lives.at(-1)?.memory.push(Number(line[1]) / 1024);
    } catch {
      // It has just ended, or this system does not tell.
    }
  }
}
