import { eq } from 'drizzle-orm';
import type { Database, Executor, Queryable } from './database.ts';
import { journalCursors } from './schema/journal.ts';
import { transaction } from './transaction.ts';

/** The last frame that a reader has made something of; 0 before its first. */
export async function readCursor(db: Executor, reader: string): Promise<number> {
  const [row] = await db
    .select({ seq: journalCursors.seq })
    .from(journalCursors)
    .where(eq(journalCursors.reader, reader));
  return row?.seq ?? 0;
}

/** The same with the journal that it is of; null where nobody has said yet. */
export async function readJournalCursor(
  db: Executor,
  reader: string,
): Promise<{ readonly seq: number; readonly id: string | null }> {
  const [row] = await db
    .select({ seq: journalCursors.seq, id: journalCursors.journalId })
    .from(journalCursors)
    .where(eq(journalCursors.reader, reader));
  return row ?? { seq: 0, id: null };
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

const OF_INGEST = "starts_with(reader, 'ingest/')";

export interface OpenedCursor {
  readonly seq: number;
  /** Added to a frame's number where it is kept; not 0 once a journal was lost or took another's place. */
  readonly base: number;
  /** Where the cursor was when it turned out to be another journal's; null when it is this one's. */
  readonly restartedFrom: number | null;
}

/**
 * The reader's cursor in this journal. In another journal than last time, or behind where the cursor was, the journal
 * begins again: its frames are read from the first, and the numbers that are kept of them go on after all that any
 * reader of ingest came to, so that a site may move between journals.
 * @param journal its id. @param head its newest frame.
 */
export function openCursor(
  db: Database,
  { reader, journal, head }: { readonly reader: string; readonly journal: string; readonly head: number },
): Promise<OpenedCursor> {
  return transaction(db, async (tx) => {
    await tx.query('LOCK TABLE journal_cursors IN SHARE ROW EXCLUSIVE MODE');
    const { rows } = await tx.query<{ seq: string; base: string; journal: string | null }>(
      'SELECT seq, base, journal_id AS journal FROM journal_cursors WHERE reader = $1',
      [reader],
    );
    const [known] = rows;
    const seq = Number(known?.seq ?? 0);
    const isSame = known !== undefined && (known.journal ?? journal) === journal && seq <= head;
    const { rows: opened } = await tx.query<{ seq: string; base: string }>(
      isSame
        ? 'UPDATE journal_cursors SET journal_id = $2 WHERE reader = $1 RETURNING seq, base'
        : `INSERT INTO journal_cursors AS c (reader, seq, base, journal_id)
           SELECT $1, 0, coalesce(max(base + seq), 0), $2 FROM journal_cursors WHERE ${OF_INGEST}
           ON CONFLICT (reader) DO UPDATE SET seq = 0, base = excluded.base, journal_id = excluded.journal_id
           RETURNING seq, base`,
      [reader, journal],
    );
    const restartedFrom = isSame || seq === 0 ? null : seq;
    return { seq: Number(opened[0]?.seq), base: Number(opened[0]?.base), restartedFrom };
  });
}

/**
 * Ingest has `count` journals from now on: a cursor each. When their number changes, sites move between them, and what
 * is kept of each site must go on with larger numbers than before.
 */
export function prepareCursors(db: Database, count: number): Promise<void> {
  return transaction(db, async (tx) => {
    await tx.query('LOCK TABLE journal_cursors IN SHARE ROW EXCLUSIVE MODE');
    const { rows } = await tx.query<{ n: string }>(
      `SELECT count(*) AS n FROM journal_cursors WHERE ${OF_INGEST}`,
    );
    const known = Number(rows[0]?.n);
    if (known === count) return;
    if (known > 0) {
      await tx.query(
        `UPDATE journal_cursors SET base = (SELECT max(base + seq) FROM journal_cursors WHERE ${OF_INGEST}) - seq
         WHERE ${OF_INGEST}`,
      );
    }
    await tx.query(
      `INSERT INTO journal_cursors (reader, seq, base)
       SELECT 'ingest/' || n, 0, coalesce((SELECT max(base + seq) FROM journal_cursors WHERE ${OF_INGEST}), 0)
       FROM generate_series(0, $1::int - 1) n ON CONFLICT DO NOTHING`,
      [count],
    );
    await tx.query(
      `DELETE FROM journal_cursors WHERE ${OF_INGEST} AND split_part(reader, '/', 2)::int >= $1`,
      [count],
    );
  });
}
