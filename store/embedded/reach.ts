import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { lockDataDir } from '../data-dir.ts';
import { startEmbeddedPostgres } from './postgres.ts';
import { runningPostgresUrl } from './running.ts';

/** There is no embedded database in the folder. */
export class NoDatabaseError extends Error {
  override readonly name = 'NoDatabaseError';
}

export interface ReachedDatabase {
  readonly url: string;
  /** Whether the platform runs on the folder now. */
  readonly isRunning: boolean;
  close(): Promise<void>;
}

/**
 * The embedded Postgres of a folder: of the platform that runs on it, else started for as long as it is needed, with the
 * platform's parts locked meanwhile.
 * @throws NoDatabaseError; InUseError when the platform runs but its database does not answer.
 */
export async function reachEmbeddedPostgres(
  dataDir: string,
  parts: readonly string[],
): Promise<ReachedDatabase> {
  const dir = join(dataDir, 'postgres');
  if (!existsSync(join(dir, 'cluster', 'PG_VERSION'))) {
    throw new NoDatabaseError(
      `there is no database in ${dataDir}: name the platform's folder in DATA_DIR, or its database in DATABASE_URL`,
    );
  }
  const running = runningPostgresUrl(dir);
  if (running && (await answers(running))) return { url: running, isRunning: true, close: async () => {} };
  const unlock = lockAll(dataDir, parts);
  try {
    const postgres = await startEmbeddedPostgres({ dir });
    return { url: postgres.url, isRunning: false, close: () => postgres.stop().finally(unlock) };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** @throws InUseError, with nothing locked. */
export function lockAll(dataDir: string, parts: readonly string[]): () => void {
  const locks: (() => void)[] = [];
  const unlock = (): void => {
    for (const release of locks.splice(0)) release();
  };
  try {
    for (const part of parts) locks.push(lockDataDir(dataDir, part));
    return unlock;
  } catch (error) {
    unlock();
    throw error;
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
