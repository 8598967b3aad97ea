import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { BackupManifest } from '../../contracts/backup.ts';
import { MIGRATIONS, type Queryable } from '../database.ts';
import { ForeignBackupError } from './read-backup.ts';
import { quote } from './tables.ts';

/**
 * The migrations that a back-up's tables were made by.
 * @throws ForeignBackupError when this program has not got them.
 */
export function migrationsOf({ migrations, program }: BackupManifest) {
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS });
  return migrations.map(({ hash }, index) => {
    const migration = known[index];
    if (migration?.hash === hash) return migration;
    throw new ForeignBackupError(
      `version ${program} wrote this back-up, with a table layout (migration ${index}) that this program does not know: install version ${program} or newer`,
    );
  });
}

/** Makes the tables as they were in the back-up's database, empty; drizzle goes on from there. */
export async function createSchema(tx: Queryable, manifest: BackupManifest): Promise<void> {
  // As drizzle does it (drizzle-orm, pg-core/dialect.js), but in the transaction that also loads the rows.
  await tx.query(
    `CREATE SCHEMA IF NOT EXISTS drizzle; CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations
       (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)`,
  );
  for (const { sql, hash, folderMillis } of migrationsOf(manifest)) {
    for (const statement of sql) await tx.query(statement);
    await tx.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
      hash,
      folderMillis,
    ]);
  }
  for (const { name, parent } of manifest.tables) {
    const month = /_(\d{4})(\d{2})$/.exec(name);
    if (parent === null || !month) continue;
    await tx.query('SELECT ensure_month_partition($1, $2)', [parent, `${month[1]}-${month[2]}-01`]);
  }
  // What migrations put in is in the back-up too.
  const names = manifest.tables.map(({ name }) => quote(name)).join(', ');
  await tx.query(`SET LOCAL session_replication_role = replica; TRUNCATE ${names} CASCADE`);
}
