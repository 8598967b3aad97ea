/**
 * Columns as single text parameters, for `unnest`: an order of magnitude cheaper to build than pg's own arrays,
 * and one statement writes thousands of rows. Each function names how the statement reads it back.
 */

/** Read with `unnest($n::bigint[])`, or another type of number. */
export function numbersParam<T>(rows: readonly T[], of: (row: T) => number | bigint | null): string {
  let text = '{';
  for (let i = 0; i < rows.length; i++) text += i === 0 ? of(rows[i] as T) : `,${of(rows[i] as T)}`;
  return `${text}}`;
}

/** Read with `unnest($n::text[])`. Any text without U+0000. */
export function textsParam<T>(rows: readonly T[], of: (row: T) => string | null): string {
  let text = '{';
  for (let i = 0; i < rows.length; i++) {
    const value = of(rows[i] as T);
    const item =
      value === null ? 'NULL' : `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`;
    text += i === 0 ? item : `,${item}`;
  }
  return `${text}}`;
}

/** Read with `unnest(string_to_array($n, E'\n'))::jsonb`: JSON holds no raw line feed, so nothing needs escaping. */
export function jsonParam<T>(rows: readonly T[], of: (row: T) => unknown): string {
  let text = '';
  for (let i = 0; i < rows.length; i++) {
    const json = JSON.stringify(of(rows[i] as T)) ?? 'null';
    text += i === 0 ? json : `\n${json}`;
  }
  return text;
}

/** Calls `write` for pieces of the rows, one after the other. */
export async function inChunks<T>(
  rows: readonly T[],
  rowsMax: number,
  write: (chunk: readonly T[]) => Promise<unknown>,
): Promise<void> {
  if (rows.length <= rowsMax) {
    if (rows.length > 0) await write(rows);
    return;
  }
  for (let at = 0; at < rows.length; at += rowsMax) await write(rows.slice(at, at + rowsMax));
}
