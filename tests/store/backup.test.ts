import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackupManifest } from '../../contracts/backup.ts';
import { backUp } from '../../store/backup/back-up.ts';
import { createBackupFile } from '../../store/backup/backup-file.ts';
import { verifyBackup } from '../../store/backup/read-backup.ts';
import { restoreBackup } from '../../store/backup/restore.ts';
import { buildLmdbJournal } from '../../store/journal/build-lmdb.ts';
import { openLmdbJournal } from '../../store/journal/lmdb.ts';
import { runCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { record } from './journal/record.ts';

const NOW = Date.UTC(2026, 9, 31, 2);
const dir = mkdtempSync(join(tmpdir(), 'stallgrid-backup-file-'));
const file = join(dir, 'market.tar');
let database: TestDatabase;
let manifest: BackupManifest;

const make = async (to: string, signal?: AbortSignal): Promise<BackupManifest> => {
  const journal = await openLmdbJournal({ dir: join(dir, 'journal'), bytesMax: 50e6 });
  const options = { journals: [journal], journalKind: 'embedded', telemetry: 'postgres' } as const;
  try {
    return await backUp({
      ...options,
      databaseUrl: database.url,
      file: to,
      program: '0.1.0',
      now: NOW,
      ...(signal ? { signal } : {}),
    });
  } finally {
    await journal.close();
  }
};

beforeAll(async () => {
  database = await createTestDatabase();
  const { $client } = database.db;
  await $client.query(
    `INSERT INTO sites (id, name, time_zone) VALUES ('s', E'南门\\t市场\\n\\\\', 'Asia/Shanghai');
     INSERT INTO parties (kind, name) SELECT 'merchant', '商户 ' || n FROM generate_series(1, 5000) n;
     SELECT ensure_month_partition('readings', '2026-03-17'), ensure_month_partition('telemetry', '2026-04-01');
     INSERT INTO telemetry SELECT 'd' || n % 7, timestamptz '2026-04-02Z' + n * interval '1 s', '{"power":1.5}'
       FROM generate_series(1, 20000) n;`,
  );
  const journal = await openLmdbJournal({ dir: join(dir, 'journal'), bytesMax: 50e6 });
  for (let n = 0; n < 50; n++) await journal.append(record(n));
  const [id, head] = [await journal.id(), await journal.head()];
  await journal.close();
  await $client.query(`INSERT INTO journal_cursors (reader, seq, journal_id) VALUES ('ingest/0', $1, $2)`, [
    head - 10,
    id,
  ]);
  manifest = await make(file);
});
afterAll(async () => {
  await database.drop();
  rmSync(dir, { recursive: true, force: true });
});

const restoreInto = (databaseUrl: string, into: string) =>
  restoreBackup({
    file,
    manifest,
    databaseUrl,
    buildJournal: async (index) =>
      buildLmdbJournal({ dir: into, bytesMax: 50e6, id: manifest.journals[index]?.id ?? '' }),
    openJournals: async () => [await openLmdbJournal({ dir: into, bytesMax: 50e6 })],
  });

describe('a back-up', () => {
  it('restores every table and the journal with the same hashes', async () => {
    const target = await createTestDatabase();
    try {
      await target.db.$client.query(
        'DROP SCHEMA public CASCADE; DROP SCHEMA drizzle CASCADE; CREATE SCHEMA public',
      );
      await restoreInto(target.url, join(dir, 'restored'));
      const again = join(dir, 'again.tar');
      const journal = await openLmdbJournal({ dir: join(dir, 'restored'), bytesMax: 50e6 });
      const second = await backUp({
        databaseUrl: target.url,
        journals: [journal],
        journalKind: 'embedded',
        telemetry: 'postgres',
        file: again,
        program: '0.1.0',
        now: NOW,
      });
      await journal.close();
      expect(second).toEqual(manifest);
      expect(manifest.journals).toMatchObject([
        { messages: 50, cursor: (manifest.journals[0]?.head ?? 0) - 10 },
      ]);
    } finally {
      await target.drop();
    }
  }, 60_000);

  it('is refused by a database that has tables, which stay as they are', async () => {
    await expect(restoreInto(database.url, join(dir, 'nowhere'))).rejects.toThrow(
      /is not empty, it has a table/,
    );
    expect(existsSync(join(dir, 'nowhere'))).toBe(false);
  });

  it('is found out wherever a bit of it has changed or its end is missing', async () => {
    const whole = readFileSync(file);
    const damaged = join(dir, 'damaged.tar');
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.boolean(), async (at, cuts) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ 0x10;
        writeFileSync(damaged, bytes);
        if (cuts) truncateSync(damaged, at);
        // Padding and a header's unused fields may change without harm: then it still verifies as the same.
        const outcome = await verifyBackup(damaged).catch((error: Error) => error);
        if (outcome instanceof Error) expect(outcome.name).toBe('DamagedBackupError');
        else expect(outcome).toEqual(manifest);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('is refused where a newer program wrote it, with the version to install', async () => {
    const newer = join(dir, 'newer.tar');
    const out = createBackupFile(newer);
    await out.finish({ ...manifest, format: 2 as 1, program: '9.0.0' });
    await expect(verifyBackup(newer)).rejects.toThrow(/install version 9\.0\.0 or newer/);
    const unknown = join(dir, 'unknown.tar');
    const migrations = [...manifest.migrations, { hash: createHash('sha256').digest('hex'), at: NOW }];
    const none = { ...manifest, tables: [], journals: [], sequences: [] };
    await createBackupFile(unknown).finish({ ...none, program: '9.0.0', migrations });
    const result = await runCommand(['restore.ts', '--verify', unknown]);
    expect(result).toMatchObject({ code: 1, out: '' });
    expect(result.err).toMatch(/table layout .* install version 9\.0\.0 or newer/);
  }, 30_000);

  it('leaves no file when it is interrupted, and never writes over one', async () => {
    const to = join(dir, 'interrupted.tar');
    const stop = new AbortController();
    const making = make(to, stop.signal);
    stop.abort(new Error('interrupted'));
    await expect(making).rejects.toThrow('interrupted');
    expect(existsSync(to) || existsSync(`${to}.part`)).toBe(false);
    await expect(make(file)).rejects.toThrow(/exists already/);
  });

  it('leaves no file when the disk is full, and says so', async () => {
    const to = join(dir, 'full.tar');
    // A limit on the size of files stands in for a full disk.
    const result = await runCommand(['backup.ts', '--to', to], {
      env: { DATABASE_URL: database.url, DATA_DIR: dir },
      shell: 'ulimit -f 100',
    });
    expect(result.err).toContain('there is not enough room for the back-up');
    expect(result.code).toBe(1);
    expect(existsSync(to) || existsSync(`${to}.part`)).toBe(false);
  }, 30_000);
});
