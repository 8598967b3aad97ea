import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { watchPool } from './database-watch.ts';

/** A pool and drizzle over it; `db.$client` is the pool for statements that drizzle would slow down. */
export type Database = NodePgDatabase & { $client: pg.Pool };
/** Either the database or a transaction on it. */
export type Executor = Pick<NodePgDatabase, 'execute' | 'select' | 'insert' | 'update' | 'delete'>;
/** The pool, a connection or a transaction on one, for statements that drizzle would slow down. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(
    query: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>>;
}

// int8 identities and sequence numbers stay below 2^53; quantities are read as bigint by their columns.
export const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

const QUERY_MS_MAX = 120_000;
/** What a machine that is gone had locked is free within half a minute, not after the kernel's two hours. */
const NOTICE = `SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
  SET tcp_user_timeout = 25000`;

export function openDatabase(url: string, options: { readonly connectionsMax?: number } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: 5_000,
    application_name: 'stallgrid',
    // A network that falls silent would hold a connection for ever.
    query_timeout: QUERY_MS_MAX,
    keepAlive: true,
    onConnect: (client) => client.query(NOTICE),
  });
  // A connection that the server drops, idle or taken, must not end the process; the next query reconnects.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  watchPool(pool);
  return drizzle({ client: pool });
}

/** Brings the schema up to date. Safe to run from several processes at once (advisory lock). */
export async function migrateDatabase(db: Database): Promise<void> {
  const lock = await db.$client.connect();
  try {
    await lock.query('SELECT pg_advisory_lock(7214001)');
    await migrate(db, { migrationsFolder: MIGRATIONS });
  } finally {
    await lock.query('SELECT pg_advisory_unlock(7214001)').catch(() => {});
    lock.release();
  }
}

/** @throws when the database does not answer. */
export async function pingDatabase(db: Database): Promise<void> {
  await db.execute(sql`SELECT 1`);
}
