import type pg from 'pg';
import { startRunner } from '../../billing/runner.ts';
import { type BillingRunView, type NewRun, queueRun, readRun } from '../../store/billing-runs.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { ended, silent } from '../billing/market.ts';
import type { TestDatabase } from '../support/postgres.ts';

/** The connection of a run is lost just before the database hears of its n-th statement, or just after it did it. */
export interface Kill {
  readonly statement: number;
  readonly moment: 'before' | 'after';
}

type Query = (...args: unknown[]) => unknown;

/** Runs with one point a transaction; a process that loses its database is gone, and the next one takes its run up. */
export async function runKilled(
  { db, url }: TestDatabase,
  run: NewRun,
  now: Date,
  kill: Kill | undefined,
): Promise<BillingRunView> {
  const id = await queueRun(db, run);
  const options = { log: silent, now: () => now, pointsPerBatch: 1 };
  if (kill) {
    const victim = openDatabase(url, { connectionsMax: 3 });
    const killed = killSessions(victim, db, kill);
    const runner = startRunner({ ...options, db: victim });
    const wake = wakeOften(runner);
    while (!killed() && ['queued', 'running'].includes((await readRun(db, id))?.status ?? '')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    clearInterval(wake);
    await runner.close();
    await victim.$client.end();
  }
  const runner = startRunner({ ...options, db });
  const wake = wakeOften(runner);
  try {
    return await ended(db, id);
  } finally {
    clearInterval(wake);
    await runner.close();
  }
}

/** As its schedule does: on a busy machine a connection may time out, and the run waits for the next look. */
function wakeOften(runner: { wake(): void }): NodeJS.Timeout {
  runner.wake();
  return setInterval(() => runner.wake(), 200);
}

/** Statements of sessions count; those that the pool sends by itself do not. Returns whether it has happened. */
function killSessions(victim: Database, db: Database, { statement, moment }: Kill): () => boolean {
  const pool = victim.$client;
  const connect = pool.connect.bind(pool) as (...args: unknown[]) => unknown;
  let left = statement;
  async function session(): Promise<pg.PoolClient> {
    const client = (await connect()) as pg.PoolClient;
    const { processID } = client as unknown as { readonly processID: number };
    const query = client.query.bind(client) as Query;
    // Waits until it is gone, and its locks with it.
    const terminate = () => db.$client.query('SELECT pg_terminate_backend($1, 10000)', [processID]);
    client.query = ((...args: unknown[]) => {
      if (--left !== 0) return query(...args);
      if (isStream(args[0])) {
        void terminate().then(() => query(...args));
        return args[0];
      }
      if (moment === 'before') return terminate().then(() => query(...args));
      return Promise.resolve(query(...args))
        .then(terminate)
        .then(() => query('SELECT 1'));
    }) as typeof client.query;
    return client;
  }
  // With a callback it is the pool's own, for a single statement.
  pool.connect = ((...args: unknown[]) =>
    args.length > 0 ? connect(...args) : session()) as typeof pool.connect;
  return () => left <= 0;
}

/** It says by events what became of it, not by a promise. */
const isStream = (query: unknown): boolean =>
  typeof query === 'object' && query !== null && 'submit' in query;
