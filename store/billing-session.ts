import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Database, Executor } from './database.ts';

/** First key of the advisory locks of billing runs; the second is a hash of (site, period). */
const RUN_LOCKS = 7_214_002;

/** A connection of its own for one run: it holds the run's lock, and both end together. */
export interface BillingSession {
  readonly client: pg.PoolClient;
  /** The same connection. */
  readonly orm: Executor;
  /** Runs `work` in a transaction. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Runs `work` while holding the lock of (site, period), on the connection that holds it. Returns false, without
 * running it, when another process holds the lock. A process that dies lets go of it.
 */
export async function withRunLock(
  db: Database,
  run: { readonly site: string; readonly period: string },
  work: (session: BillingSession) => Promise<void>,
): Promise<boolean> {
  const client = await db.$client.connect();
  let lost: Error | undefined;
  const onError = (error: Error): void => {
    lost = error;
  };
  // Without a listener a connection that the server drops while it is lent out would end the process.
  client.on('error', onError);
  const key = [RUN_LOCKS, `${run.site} ${run.period}`];
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked',
      key,
    );
    if (!rows[0]?.locked) return false;
    await work({
      client,
      orm: drizzle({ client }),
      transaction: (step) => inTransaction(client, step),
    });
    await client.query('SELECT pg_advisory_unlock($1, hashtext($2))', key);
    return true;
  } catch (error) {
    // Whatever the session still holds ends with its connection.
    lost ??= error as Error;
    throw error;
  } finally {
    client.off('error', onError);
    client.release(lost);
  }
}

async function inTransaction<T>(client: pg.PoolClient, step: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await step();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
