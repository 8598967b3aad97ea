import { eq } from 'drizzle-orm';
import type { Executor, Queryable } from './database.ts';
import { journalCursors } from './schema/journal.ts';

/** The last frame that a reader has made something of; 0 before its first. */
export async function readCursor(db: Executor, reader: string): Promise<number> {
  const [row] = await db
    .select({ seq: journalCursors.seq })
    .from(journalCursors)
    .where(eq(journalCursors.reader, reader));
  return row?.seq ?? 0;
}

/** What is added to a frame's number where it is kept; not 0 once a journal was lost. */
export async function readCursorBase(db: Executor, reader: string): Promise<number> {
  const [row] = await db
    .select({ base: journalCursors.base })
    .from(journalCursors)
    .where(eq(journalCursors.reader, reader));
  return row?.base ?? 0;
}

export interface CursorMove {
  readonly reader: string;
  /** Where this reader believes the cursor to be. */
  readonly from: number;
  readonly to: number;
}

/** Another process moved the cursor: what this transaction did is that one's work. */
export class CursorMovedError extends Error {
  override readonly name = 'CursorMovedError';
}

/** @throws CursorMovedError when the cursor is not at `from`: roll back and read it again. */
export async function moveCursor(db: Queryable, { reader, from, to }: CursorMove): Promise<void> {
  const { rowCount } = await db.query(
    from === 0
      ? `INSERT INTO journal_cursors AS c (reader, seq) VALUES ($1, $3)
         ON CONFLICT (reader) DO UPDATE SET seq = excluded.seq WHERE c.seq = $2`
      : 'UPDATE journal_cursors SET seq = $3 WHERE reader = $1 AND seq = $2',
    [reader, from, to],
  );
  if (rowCount !== 1) throw new CursorMovedError(`the cursor of ${reader} is not at ${from} any more`);
}

/**
 * The journal was lost and begins again: its frames are read from the first, and the numbers that are kept of them go
 * on after those of the old one. @throws CursorMovedError when the cursor is not at `from`.
 */
export async function restartCursor(
  db: Queryable,
  { reader, from }: Pick<CursorMove, 'reader' | 'from'>,
): Promise<void> {
  const { rowCount } = await db.query(
    'UPDATE journal_cursors SET base = base + seq, seq = 0 WHERE reader = $1 AND seq = $2',
    [reader, from],
  );
  if (rowCount !== 1) throw new CursorMovedError(`the cursor of ${reader} is not at ${from} any more`);
}
