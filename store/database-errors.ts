/** What a failed statement says about the request that caused it, as far as it can be known from SQLSTATE. */
export type DatabaseError =
  | { readonly kind: 'unique' | 'exclusion' | 'foreign-key' | 'check'; readonly constraint: string }
  | { readonly kind: 'out-of-range' }
  /** A text with U+0000. */
  | { readonly kind: 'text' }
  | { readonly kind: Passing };

/** It went wrong for a reason that passes: away, no space on its disk, or others were changing the same. */
type Passing = 'away' | 'full' | 'busy';

/** Class 08 connection exceptions, 57P01–57P03 shutting down or starting, 53300 too many connections. */
const AWAY_STATES = /^(08...|57P0[123]|53300)$/;
const FULL = '53100';
/** Serialization failure, deadlock. */
const BUSY_STATES = /^40(001|P01)$/;
/** Character not in repertoire, untranslatable character. */
const TEXT_STATES = /^22(021|P05)$/;
const AWAY_ERRNO = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
]);
/** The driver gives these no code. */
const AWAY_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;

const CONSTRAINT_KINDS = {
  '23505': 'unique',
  '23P01': 'exclusion',
  '23503': 'foreign-key',
  '23514': 'check',
} as const;

/** Looks through an error and its causes; undefined when it is not the database's or not one of these. */
export function readDatabaseError(error: unknown): DatabaseError | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    const { code = '', constraint = '' } = e as Error & { code?: string; constraint?: string };
    const kind = CONSTRAINT_KINDS[code as keyof typeof CONSTRAINT_KINDS];
    if (kind) return { kind, constraint };
    if (code === '22003') return { kind: 'out-of-range' };
    if (TEXT_STATES.test(code)) return { kind: 'text' };
    if (code === FULL) return { kind: 'full' };
    if (BUSY_STATES.test(code)) return { kind: 'busy' };
    if (AWAY_STATES.test(code) || AWAY_ERRNO.has(code) || AWAY_MESSAGE.test(e.message))
      return { kind: 'away' };
    if (e instanceof AggregateError && e.errors.length > 0) return readDatabaseError(e.errors[0]);
  }
  return undefined;
}

/** Whether the same may go well later: work that met it stays open and is taken up again. */
export function isPassing(error: unknown): boolean {
  const kind = readDatabaseError(error)?.kind;
  return kind === 'away' || kind === 'full' || kind === 'busy';
}

/** The disk of the database is full. */
export const isFull = (error: unknown): boolean => readDatabaseError(error)?.kind === 'full';

/**
 * Did Postgres refuse the data itself (SQLSTATE class 22 data exception, 23 constraint, 54 limits), so that the same
 * again would be refused again? Everything else (connection, shutdown, locks) is worth another try, a missing
 * partition too: that is 23514 without a constraint's name.
 */
export function isDataError(error: unknown): boolean {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  if (code === '23514' && !constraint) return false;
  return typeof code === 'string' && /^(22|23|54)[0-9A-Z]{3}$/.test(code);
}
