import { drizzle } from 'drizzle-orm/node-postgres';
import type { Database, Executor, Queryable } from './database.ts';

/** One transaction, for statements of either kind. */
export interface Transaction extends Queryable {
  readonly orm: Executor;
}

/** Runs `work` in a transaction of its own connection; rolled back when it throws. */
export async function transaction<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await db.$client.connect();
  const tx: Transaction = {
    orm: drizzle({ client }),
    query: (query, values) => client.query(query, values),
  };
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(tx);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A connection on which even this fails is given up.
    await client.query('ROLLBACK').catch((lost: Error) => {
      failure = lost;
    });
    throw error;
  } finally {
    client.release(failure);
  }
}
