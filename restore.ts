import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  clearProgress,
  FLAG,
  interruption,
  lineOrStack,
  runCommand,
  showProgress,
  TEXT,
  UsageError,
  type Values,
} from './command-line.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import type { BackupManifest } from './contracts/backup.ts';
import { journalSettings } from './journal-settings.ts';
import { BackupRefusedError } from './store/backup/back-up.ts';
import { DamagedBackupError, ForeignBackupError, verifyBackup } from './store/backup/read-backup.ts';
import { restoreBackup } from './store/backup/restore.ts';
import { migrationsOf } from './store/backup/schema-of.ts';
import { InUseError, RESTORE_DIR } from './store/data-dir.ts';
import { startEmbeddedPostgres } from './store/embedded/postgres.ts';
import { lockAll } from './store/embedded/reach.ts';
import { buildLmdbJournal } from './store/journal/build-lmdb.ts';
import { buildNatsJournal, StreamInUseError } from './store/journal/build-nats.ts';
import { openLmdbJournal } from './store/journal/lmdb.ts';
import { openNatsJournals } from './store/journal/nats.ts';

const HELP = `usage: npm run restore -- --from FILE [--into DATA_DIR]
       npm run restore -- --verify FILE

Makes a platform out of a back-up of \`npm run backup\`, in an empty folder, or in an empty database where DATABASE_URL is
set (and on empty NATS streams where JOURNAL_URL is). All of the file is checked before anything is written, and all that
was written is compared with it afterwards. Exits with 0 when everything is there, 1 when it is not, 2 on misuse.

  --from     the back-up
  --into     the platform's new folder; default: DATA_DIR
  --verify   checks a back-up and says what is in it; writes nothing
  --quiet    no progress
  --help     this text
`;

const PARTS = ['broker', 'ingest', 'billing', 'api'];

const OPTIONS = { from: TEXT, into: TEXT, verify: TEXT, quiet: FLAG };

async function main({ from, into, verify, quiet }: Values<typeof OPTIONS>): Promise<number> {
  const named = verify ?? from;
  if (!named || (verify !== undefined && from !== undefined)) {
    throw new UsageError('name one file: --from or --verify');
  }
  const file = resolve(named);
  const onProgress = quiet ? () => {} : showProgress;
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
  const size = statSync(file).size;
  const manifest = await verifyBackup(file, (bytes) =>
    onProgress(`checking ${Math.floor((bytes / size) * 100)} %`, bytes),
  );
  migrationsOf(manifest);
  clearProgress();
  process.stdout.write(describe(manifest));
  if (verify !== undefined) return 0;

  const config = readConfig();
  const dataDir = resolve(into ?? config.DATA_DIR);
  await restore(config, dataDir, file, manifest, onProgress);
  clearProgress();
  process.stdout.write(
    `Restored and compared: ${dataDir}. Start the platform on it; everybody signs in again.\n`,
  );
  if (manifest.telemetry === 'influxdb') {
    process.stdout.write('Telemetry was in InfluxDB: restore that by its own means (`influxd restore`).\n');
  }
  return 0;
}

async function restore(
  config: Config,
  dataDir: string,
  file: string,
  manifest: BackupManifest,
  onProgress: (what: string, bytes: number) => void,
): Promise<void> {
  assertSameJournals(config, manifest);
  const isEmbedded = config.DATABASE_URL === undefined;
  for (const name of ['postgres', 'journal', RESTORE_DIR]) {
    const path = join(dataDir, name);
    if (!existsSync(path) || (name === 'postgres' && !isEmbedded)) continue;
    throw new BackupRefusedError(
      `${path} is there already: name another folder with --into, or move it away (mv ${path} ${path}.old)`,
    );
  }
  const unlock = lockAll(dataDir, PARTS);
  const unfinished = join(dataDir, RESTORE_DIR);
  const journalDir = join(unfinished, 'journal');
  const { nats, bytesMax } = journalSettings(config);
  const signal = interruption('nothing was restored');
  try {
    mkdirSync(unfinished, { mode: 0o711 });
    const postgres = isEmbedded ? await startEmbeddedPostgres({ dir: join(unfinished, 'postgres') }) : null;
    try {
      await restoreBackup({
        file,
        manifest,
        databaseUrl: config.DATABASE_URL ?? postgres?.url ?? '',
        buildJournal: async (index, first) =>
          nats
            ? buildNatsJournal(nats, index, first)
            : buildLmdbJournal({ dir: journalDir, bytesMax, id: manifest.journals[index]?.id ?? '' }),
        openJournals: async () =>
          nats ? openNatsJournals(nats) : [await openLmdbJournal({ dir: journalDir, bytesMax })],
        onProgress,
        signal,
      });
    } finally {
      await postgres?.stop();
    }
    if (existsSync(journalDir)) renameSync(journalDir, join(dataDir, 'journal'));
    if (isEmbedded) renameSync(join(unfinished, 'postgres'), join(dataDir, 'postgres'));
    rmdirSync(unfinished);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  } finally {
    unlock();
  }
}

/** What a journal has read of each site is written in its numbers, so that the new ones must be as many. */
function assertSameJournals(config: Config, { journalKind, journals }: BackupManifest): void {
  if (journalKind === 'none' || (journalKind === 'embedded' && !config.JOURNAL_URL)) return;
  if (journalKind === 'embedded') {
    throw new UsageError(
      'the back-up has an embedded journal: restore it without JOURNAL_URL. The platform may change over to NATS once it has worked off what is in there',
    );
  }
  if (!config.JOURNAL_URL || config.JOURNAL_PARTITIONS !== journals.length) {
    throw new UsageError(
      `the back-up has ${journals.length} journals of NATS: set JOURNAL_URL, and JOURNAL_PARTITIONS=${journals.length}`,
    );
  }
}

function describe({
  program,
  createdAt,
  sites,
  tables,
  journals,
  telemetry,
  postgres,
}: BackupManifest): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const messages = journals.reduce((sum, journal) => sum + journal.messages, 0);
  return [
    `Whole: written by version ${program} at ${createdAt} (Postgres ${postgres}, telemetry in ${telemetry})`,
    `sites: ${sites.join(', ') || 'none'}`,
    `${tables.length} tables with ${rows} rows, ${journals.length} journals with ${messages} messages`,
    '',
  ].join('\n');
}

const MENDABLE = [
  BackupRefusedError,
  DamagedBackupError,
  ForeignBackupError,
  StreamInUseError,
  InUseError,
  ConfigError,
];

function explain(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOSPC' || error.code === '53100') return 'the disk is full: nothing was restored';
  return lineOrStack(error, MENDABLE);
}

runCommand({ help: HELP, options: OPTIONS, main, explain, onError: clearProgress });
