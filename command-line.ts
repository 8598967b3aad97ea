import { parseArgs } from 'node:util';
import { ConfigError } from './config.ts';

/** The two kinds of option that commands have. */
export const TEXT = { type: 'string' } as const;
export const FLAG = { type: 'boolean', default: false } as const;
type Options = Readonly<Record<string, typeof TEXT | typeof FLAG>>;

/** What the caller gave; a text that was not given is undefined. */
export type Values<T extends Options> = {
  readonly [K in keyof T]: T[K] extends typeof FLAG ? boolean : string | undefined;
};

/** Misuse: answered with what is wrong and the command's help, exit code 2. */
export class UsageError extends Error {}

export interface Command<T extends Options> {
  /** What `--help` prints. */
  readonly help: string;
  /** Without `--help`, which every command has. */
  readonly options: T;
  /** @returns the exit code. */
  readonly main: (values: Values<T>) => Promise<number>;
  /** What is printed of an error that is no misuse. */
  readonly explain: (error: Error) => string;
  /** Exit code after such an error, 1 by default; after a wrong environment it is always 2. */
  readonly failureCode?: number;
  /** Comes before what is printed of any error. */
  readonly onError?: () => void;
}

/** Runs the command with this process's arguments and sets the exit code. */
export function runCommand<T extends Options>(command: Command<T>): void {
  run(command, process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: Error) => {
      command.onError?.();
      const isMisuse = error instanceof UsageError;
      console.error(isMisuse ? `${error.message}\n\n${command.help}` : command.explain(error));
      process.exitCode = isMisuse || error instanceof ConfigError ? 2 : (command.failureCode ?? 1);
    },
  );
}

async function run<T extends Options>({ help, options, main }: Command<T>, args: string[]): Promise<number> {
  const values = read(args, { ...options, help: FLAG });
  if (!values.help) return main(values as Values<T>);
  process.stdout.write(help);
  return 0;
}

function read(args: string[], options: Options): Readonly<Record<string, unknown>> {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

type ErrorKind = new (...args: never[]) => Error;

/** What the reader can mend, and an interruption, is one line; everything else shows where it came from. */
export function lineOrStack(error: Error, mendable: readonly ErrorKind[]): string {
  const isLine = error.message.startsWith('interrupted') || mendable.some((kind) => error instanceof kind);
  return isLine ? error.message : (error.stack ?? error.message);
}

/** Aborts on Ctrl-C and SIGTERM with an error `interrupted: …`. */
export function interruption(outcome: string): AbortSignal {
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort(new Error(`interrupted: ${outcome}`));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return interrupted.signal;
}

let shownAt = 0;

/** On a terminal, at most ten times a second. */
export function showProgress(what: string, bytes: number): void {
  if (!process.stderr.isTTY || Date.now() - shownAt < 100) return;
  shownAt = Date.now();
  process.stderr.write(`\r\u001b[K${what} … ${(bytes / 1e6).toFixed(1)} MB`);
}

export function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}
