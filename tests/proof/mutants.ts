/**
 * Mutants: `npm run mutants [-- part of a name …]`. Each changes one rule of the platform in a copy of the tree, in a
 * temporary folder, and runs the test that must notice. Prints a table; exits with 1 when one survives, or when what
 * it is to change or who is to notice is not there.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { MUTANTS } from './mutants/list.ts';
import type { Mutant } from './mutants/mutant.ts';
import { placeFault } from './mutants/place.ts';

/** What a test does not need of the tree: what is built, stored or fetched. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'data', 'coverage', 'test-results', '.git', '.env']);
const MUTANT_MS_MAX = 180_000;
const CONTROL_MS_MAX = 900_000;
/** How long a run may take to stop its database when it is told to end. */
const STOP_MS_MAX = 15_000;

interface Verdict {
  readonly mutant: Mutant;
  readonly isKilled: boolean;
  readonly how: string;
}

async function main(names: readonly string[]): Promise<number> {
  const chosen = MUTANTS.filter(
    ({ name }) => names.length === 0 || names.some((part) => name.includes(part)),
  );
  const root = resolve(import.meta.dirname, '../..');
  const faults = chosen.flatMap((mutant) => placeFault(root, mutant) ?? []);
  if (chosen.length === 0) faults.push(`no mutant has ${names.join(' or ')} in its name`);
  if (faults.length > 0) {
    console.error(faults.join('\n'));
    return 1;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const copy = copyOf(root);
  const verdicts: Verdict[] = [];
  try {
    // A test that fails anyway would kill every mutant.
    const tests = [...new Set(chosen.map(({ test }) => test))];
    const control = await vitest(copy, tests, CONTROL_MS_MAX, stop.signal);
    if (stop.signal.aborted) return 1;
    if (control.code !== 0) {
      console.error(`without any mutant not every test passes:\n${control.output}`);
      return 1;
    }
    for (const mutant of chosen) {
      const verdict = await judge(copy, mutant, stop.signal);
      // What was interrupted says nothing.
      if (stop.signal.aborted) return 1;
      verdicts.push(verdict);
      console.error(`${verdict.isKilled ? 'killed  ' : 'SURVIVED'} ${mutant.name}: ${verdict.how}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true, maxRetries: 3 });
  }
  console.log(table(verdicts));
  return verdicts.every(({ isKilled }) => isKilled) ? 0 : 1;
}

function copyOf(root: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
  cpSync(root, copy, { recursive: true, filter: (path) => !LEFT_OUT.has(path.slice(root.length + 1)) });
  mkdirSync(join(copy, 'tmp'));
  // One by one: what tools keep in node_modules is kept in the copy.
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name.startsWith('.') && name !== '.bin') continue;
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name), 'junction');
  }
  return copy;
}

async function judge(copy: string, mutant: Mutant, signal: AbortSignal): Promise<Verdict> {
  const path = join(copy, mutant.file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    original.replace(mutant.from, () => mutant.to),
  );
  try {
    const args = [mutant.test, ...(mutant.only === undefined ? [] : ['-t', mutant.only])];
    const started = Date.now();
    const { code, output } = await vitest(copy, args, MUTANT_MS_MAX, signal);
    const took = `${Math.round((Date.now() - started) / 1000)} s`;
    if (code === 0) return { mutant, isKilled: false, how: `every test passes, ${took}` };
    // A test has to fail by what it expects: what does not even run kills nothing.
    const failed = /Tests\s+.*?(\d+) failed/.exec(stripVTControlCharacters(output))?.[1];
    return failed
      ? { mutant, isKilled: true, how: `${failed} failed, ${took}` }
      : { mutant, isKilled: false, how: `no test came to an end, ${took}\n${output.slice(-2_000)}` };
  } finally {
    writeFileSync(path, original);
  }
}

/** Runs tests in the copy; ends them and whatever they started after `msMax`, or when told to. */
async function vitest(
  cwd: string,
  args: readonly string[],
  msMax: number,
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What a run that is ended leaves behind goes away with the copy.
    env: { ...process.env, TMPDIR: join(cwd, 'tmp') },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data;
    });
  }
  let isOver = false;
  const over = new Promise<number | null>((done) => child.once('close', done)).finally(() => {
    isOver = true;
  });
  const end = async (): Promise<void> => {
    killGroup(child.pid, 'SIGTERM');
    await Promise.race([over, sleep(STOP_MS_MAX, undefined, { ref: false })]);
    if (!isOver) killGroup(child.pid, 'SIGKILL');
    stopLeftServers(join(cwd, 'tmp'));
  };
  const timer = setTimeout(end, msMax);
  signal.addEventListener('abort', end, { once: true });
  try {
    return { code: await over, output };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** A database outlives a run that is ended: it is a process group of its own, named by the file that it keeps. */
function stopLeftServers(dir: string): void {
  for (const name of readdirSync(dir)) {
    const file = join(dir, name, 'cluster', 'postmaster.pid');
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
    if (pid > 0) killGroup(pid, 'SIGQUIT');
  }
}

/** The run and its workers. */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

const table = (verdicts: readonly Verdict[]): string =>
  [
    '| Mutant | What it would do | Killed by | |',
    '|---|---|---|---|',
    ...verdicts.map(
      ({ mutant: { name, harm, test, only }, isKilled }) =>
        `| ${name} | ${harm} | \`${test}\`${only === undefined ? '' : `: ${only}`} | ${isKilled ? 'killed' : '**survived**'} |`,
    ),
  ].join('\n');

process.exitCode = await main(process.argv.slice(2));
