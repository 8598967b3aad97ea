import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawUpOpenRuns } from '../../../billing/draw-up-bills.ts';
import { backUp } from '../../../store/backup/back-up.ts';
import { migrateDatabase, openDatabase } from '../../../store/database.ts';
import { startEmbeddedPostgres } from '../../../store/embedded/postgres.ts';
import { openLmdbJournal } from '../../../store/journal/lmdb.ts';
import { ensureBuiltInProfiles } from '../../../store/profiles.ts';
import { at, run, silent } from '../../billing/market.ts';
import { buildMonth, PERIOD } from '../../system/month.ts';
import { record } from '../journal/record.ts';

/**
 * `npx tsx tests/store/released/make.ts`: the back-up that a release leaves behind for tests/store/released.test.ts, of a
 * market with a closed month, its bills, and a month that is charged and open.
 */
const SITE = 'market';
const OPEN_PERIOD = '2025-11';
const NOW = at('2025-12-02');
const dir = mkdtempSync(join(tmpdir(), 'stallgrid-released-'));
const postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres') });
const db = openDatabase(postgres.url);
const journal = await openLmdbJournal({ dir: join(dir, 'journal'), bytesMax: 10e6 });
try {
  await migrateDatabase(db);
  await ensureBuiltInProfiles(db);
  await buildMonth(db, SITE, 4);
  await succeed(PERIOD, 'charge');
  await succeed(PERIOD, 'close');
  await drawUpOpenRuns({ db, log: silent, now: () => NOW }, new AbortController().signal);
  await db.$client.query(
    `SELECT ensure_month_partition('readings', '2025-11-30'), ensure_month_partition('readings', '2025-12-01');
     INSERT INTO readings (register_id, ts, value, quality, source, received_at, journal_seq)
     SELECT register_id, ts + interval '30 days', value + 72000, quality, source, received_at + interval '30 days', journal_seq
     FROM readings WHERE ts = '2025-11-01T00:00+08:00'`,
  );
  await succeed(OPEN_PERIOD, 'charge');
  for (let n = 0; n < 3; n++) await journal.append(record(n));
  const [seq, id] = [(await journal.head()) - 1, await journal.id()];
  await db.$client.query(
    `UPDATE journal_cursors SET base = base + seq - $1, seq = $1, journal_id = $2 WHERE reader = 'ingest/0'`,
    [seq, id],
  );
  const { version: program } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const file = `tests/store/released/${program}.tar`;
  const made = { journals: [journal], journalKind: 'embedded', telemetry: 'postgres', program } as const;
  await backUp({ databaseUrl: postgres.url, ...made, file, now: NOW.getTime() });
  console.log(`${file} is made`);
} finally {
  await journal.close();
  await db.$client.end();
  await postgres.stop();
  rmSync(dir, { recursive: true, force: true });
}

async function succeed(period: string, kind: 'charge' | 'close'): Promise<void> {
  const { status, error } = await run(db, SITE, period, { kind, now: NOW, isForced: kind === 'close' });
  if (status !== 'succeeded') throw new Error(`${period}, ${kind}: ${error}`);
}
