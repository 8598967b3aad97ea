import { Problem } from './problems.ts';

/** A page of a list: what a route answers. */
export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

const CURSOR = /^[\x20-\x7e]{1,160}$/;

export const encodeCursor = (key: string | number): string => Buffer.from(String(key)).toString('base64url');

/** The key a cursor stands for. @throws Problem 400 for text that no page gave out. */
export function textCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, 'base64url').toString();
  if (!CURSOR.test(key) || encodeCursor(key) !== cursor) throw badCursor();
  return key;
}

/** As `textCursor`, for lists that are keyed by a number. */
export function numberCursor(cursor: string | undefined): number | undefined {
  const key = textCursor(cursor);
  if (key === undefined) return undefined;
  if (!/^\d{1,16}$/.test(key) || !Number.isSafeInteger(Number(key))) throw badCursor();
  return Number(key);
}

/** For a cursor that no page of the list gave out. */
export const badCursor = (): Problem =>
  new Problem(400, 'querystring.cursor: pass the nextCursor of the page before', 'bad_cursor', {
    errors: [{ path: 'querystring.cursor', message: 'is not a cursor of this list' }],
  });

/** Makes a page of rows that were asked for with one more than `limit`. */
export function toPage<Row, T>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string | number,
  view: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(view),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null,
  };
}
