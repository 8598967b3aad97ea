import type pg from 'pg';
import type { Queryable } from './database.ts';

const STATEMENT_MS_MAX = 30_000;
/** Whoever stops in the middle, frozen or cut off, must not hold up who takes its work over. */
const IDLE_MS_MAX = 5_000;

/**
 * A transaction for work that is repeated from the journal when it is lost: its commit does not wait for the disk.
 * The reader's cursor is committed with or after it, so a crash that loses one loses the other. Rolled back when
 * `run` throws. A connection on which a statement takes longer than `statementMsMax` is taken for lost and given up,
 * and the server forgets its transaction.
 */
export async function repeatableTransaction<T>(
  pool: pg.Pool,
  run: (tx: Queryable) => Promise<T>,
  statementMsMax = STATEMENT_MS_MAX,
): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks between two statements says so by an event, which nobody else hears.
  const onBroken = (): void => {};
  client.on('error', onBroken);
  const tx: Queryable = {
    query(query, values) {
      const config = typeof query === 'string' ? { text: query } : query;
      const timed = { ...config, ...(values && { values }), query_timeout: statementMsMax };
      return client.query(timed);
    },
  };
  let failure: Error | undefined;
  try {
    await tx.query(
      `BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL statement_timeout = ${statementMsMax};
       SET LOCAL idle_in_transaction_session_timeout = ${Math.min(IDLE_MS_MAX, statementMsMax)}`,
    );
    const result = await run(tx);
    await tx.query('COMMIT');
    return result;
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    client.off('error', onBroken);
    // Closing the connection rolls back, also when it no longer answers.
    client.release(failure);
  }
}
