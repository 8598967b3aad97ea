import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 512 * 1024;
const LINES_MAX = 500;

/**
 * The last lines of a log of the platform, each cut down to what never holds data: when, how grave, where in the program.
 * A message is kept where the program says it itself, not where it came with an error.
 */
export function lastLogLines(file: string): Record<string, unknown>[] {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString().split('\n').slice(-LINES_MAX).flatMap(cutDown);
  } finally {
    closeSync(fd);
  }
}

function cutDown(line: string): Record<string, unknown>[] {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return [];
  }
  const { level, time, part, msg, err } = entry;
  if (typeof level !== 'number' || typeof time !== 'number') return [];
  const error = err as { type?: unknown; code?: unknown; message?: unknown; stack?: unknown } | undefined;
  const ownWords = typeof msg === 'string' && msg !== error?.message && /^[\w ,:;.'’()…-]{1,120}$/.test(msg);
  return [
    {
      time: new Date(time).toISOString(),
      level,
      ...(typeof part === 'string' ? { part } : {}),
      ...(ownWords && error ? { msg } : {}),
      ...(error ? { error: wordOf(error.type), code: wordOf(error.code), at: placesOf(error.stack) } : {}),
    },
  ];
}

const wordOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\w{1,40}$/.test(value) ? value : undefined;

/** The stack's places: function, file and line; its first line is the message. */
const placesOf = (stack: unknown): string[] =>
  typeof stack === 'string'
    ? [...stack.matchAll(/^\s+at (?:(?:async )?([\w.#<>$ ]+) \()?(?:file:\/\/)?\S*\/([\w.-]+:\d+):\d+\)?$/gm)]
        .slice(0, 12)
        .map(([, name = '', place = '']) => `${name} ${place}`.trim())
    : [];
