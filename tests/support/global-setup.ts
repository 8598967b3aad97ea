import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrateDatabase, openDatabase } from '../../store/database.ts';
import { startEmbeddedPostgres } from '../../store/embedded/postgres.ts';

/** One Postgres cluster a run; each test file clones its database. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-test-'));
  const postgres = await startEmbeddedPostgres({ dir, durable: false });
  const db = openDatabase(postgres.url);
  await migrateDatabase(db);
  await db.$client.end();
  project.provide('postgresUrl', postgres.url);
  return async () => {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
