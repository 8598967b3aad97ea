import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { audit } from '../../billing/audit/audit.ts';
import { violationCount } from '../../domain/audit.ts';
import { verifyBackup } from '../../store/backup/read-backup.ts';
import { restoreBackup } from '../../store/backup/restore.ts';
import { migrateDatabase } from '../../store/database.ts';
import { buildLmdbJournal } from '../../store/journal/build-lmdb.ts';
import { openLmdbJournal } from '../../store/journal/lmdb.ts';
import { findSite } from '../../store/sites.ts';
import { at, run } from '../billing/market.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { charged, PERIOD } from '../system/month.ts';

interface Migration {
  readonly tag: string;
  readonly sha256: string;
}
const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
const released = read<Record<string, Migration[]>>('tests/store/released/migrations.json');
const { entries } = read<{ entries: { tag: string }[] }>('store/migrations/meta/_journal.json');

describe.each(Object.entries(released))('the migrations of version %s', (_, migrations) => {
  it('are still there, in their order, and have not changed: databases out there have applied them', () => {
    expect(migrations.length).toBeGreaterThan(0);
    const now = entries.slice(0, migrations.length).map(({ tag }) => {
      const text = readFileSync(`store/migrations/${tag}.sql`, 'utf8');
      return { tag, sha256: createHash('sha256').update(text).digest('hex') };
    });
    expect(now).toEqual(migrations);
  });
});

describe.each(Object.keys(released))('a back-up that version %s made', (version) => {
  it('is restored and migrated: the closed month holds, and what was charged is not charged again', async () => {
    const file = `tests/store/released/${version}.tar`;
    const manifest = await verifyBackup(file);
    const dir = mkdtempSync(join(tmpdir(), 'stallgrid-released-'));
    const { db, url, drop } = await createTestDatabase();
    try {
      await db.$client.query('DROP SCHEMA public CASCADE; DROP SCHEMA drizzle CASCADE; CREATE SCHEMA public');
      const journal = { dir, bytesMax: 10e6 };
      await restoreBackup({
        ...{ file, manifest, databaseUrl: url },
        buildJournal: async (index) =>
          buildLmdbJournal({ ...journal, id: manifest.journals[index]?.id ?? '' }),
        openJournals: async () => [await openLmdbJournal(journal)],
      });
      await migrateDatabase(db);
      const site = await findSite(db, 'market');
      if (!site) throw new Error('no market was restored');
      expect((await charged(db, site.id)).lines).toBe(8);
      const { findings } = await audit(db, site, PERIOD);
      expect(violationCount(findings), JSON.stringify(findings)).toBe(0);
      const again = await run(db, site.id, '2025-11', { now: at('2025-12-02') });
      expect(again).toMatchObject({ status: 'succeeded', linesPosted: 0 });
    } finally {
      await drop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
