import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface CommandResult {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Runs before the command, in the same shell: limits, for example. */
  readonly shell?: string;
  /** Called with the process's id once it has started. */
  readonly onStart?: (pid: number) => void;
}

/** Runs one of the programs at the top of the tree, as `npm run` does, with nothing of this process's environment. */
export function runCommand(
  args: readonly string[],
  { env = {}, shell = ':', onStart }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      '/bin/sh',
      ['-c', `${shell}; exec "$@"`, 'sh', process.execPath, '--import', 'tsx', ...args],
      {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      },
    );
    const result = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      result.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      result.err += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...result }));
    if (child.pid !== undefined) onStart?.(child.pid);
  });
}
