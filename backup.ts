import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
import { journalSettings } from './journal-settings.ts';
import { BackupRefusedError, backUp } from './store/backup/back-up.ts';
import { BackupExistsError } from './store/backup/backup-file.ts';
import { JournalTrimmedError } from './store/backup/frames.ts';
import { InUseError } from './store/data-dir.ts';
import { NoDatabaseError, type ReachedDatabase, reachEmbeddedPostgres } from './store/embedded/reach.ts';
import { openLmdbJournal } from './store/journal/lmdb.ts';
import { openNatsJournals } from './store/journal/nats.ts';
import type { Journal } from './store/journal/port.ts';
import { programVersion } from './store/program-version.ts';

const HELP = `usage: npm run backup -- --to FILE_OR_FOLDER

Writes a back-up of the platform into one file, while it runs or while it is stopped. The environment says where the
platform is, as it does for the platform itself (DATA_DIR, DATABASE_URL, JOURNAL_URL …). Restore it with
\`npm run restore\`. Exits with 0 when the file is whole, 1 when it could not be written (no file is left then), 2 on
misuse.

  --to      a file that is not there yet, or a folder in which one is named by the time: stallgrid-20261031T020000Z.tar
  --quiet   no progress
  --help    this text

The file holds names, phone numbers and password hashes, and is readable for you alone: keep it so. Not in it: the
telemetry of an InfluxDB, which is backed up by itself, the key that signs sessions, and the environment.
`;

const PARTS = ['broker', 'ingest', 'billing', 'api'];

const OPTIONS = { to: TEXT, quiet: FLAG };

/** A folder gets a file named by the time. */
function fileOf(to: string, now: number): string {
  const path = resolve(to);
  const isFolder = to.endsWith('/') || (existsSync(path) && statSync(path).isDirectory());
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const file = isFolder ? join(path, `stallgrid-${stamp}.tar`) : path;
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

async function main({ to, quiet }: Values<typeof OPTIONS>): Promise<number> {
  if (!to) throw new UsageError('--to is needed');
  const config = readConfig();
  const dataDir = resolve(config.DATA_DIR);
  const startedAt = Date.now();
  const file = fileOf(to, startedAt);
  const signal = interruption('no back-up was written');

  const closers: (() => Promise<unknown>)[] = [];
  try {
    const database: Pick<ReachedDatabase, 'url'> = config.DATABASE_URL
      ? { url: config.DATABASE_URL }
      : await reachEmbeddedPostgres(dataDir, PARTS).then((reached) => {
          closers.push(() => reached.close());
          return reached;
        });
    const journals = await openJournals(config, dataDir);
    for (const journal of journals) closers.push(() => journal.close());
    const manifest = await backUp({
      databaseUrl: database.url,
      journals,
      journalKind: config.JOURNAL_URL ? 'nats' : 'embedded',
      telemetry: config.INFLUX_URL || existsSync(join(dataDir, 'influxdb')) ? 'influxdb' : 'postgres',
      file,
      program: programVersion(),
      now: startedAt,
      signal,
      ...(quiet ? {} : { onProgress: showProgress }),
    });
    clearProgress();
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const messages = manifest.journals.reduce((sum, journal) => sum + journal.messages, 0);
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(
      `${file}: ${rows} rows, ${messages} messages of the journal, ${statSync(file).size} bytes, ${seconds} s\n`,
    );
    if (manifest.telemetry === 'influxdb') {
      process.stdout.write('Telemetry is in InfluxDB: back it up by its own means (`influxd backup`).\n');
    }
    return 0;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

function openJournals(config: Config, dataDir: string): Promise<readonly Journal[]> | readonly Journal[] {
  const { nats, bytesMax } = journalSettings(config);
  if (nats) return openNatsJournals(nats);
  const dir = join(dataDir, 'journal');
  return existsSync(dir) ? openLmdbJournal({ dir, bytesMax }).then((journal) => [journal]) : [];
}

const MENDABLE = [
  BackupExistsError,
  BackupRefusedError,
  JournalTrimmedError,
  NoDatabaseError,
  InUseError,
  ConfigError,
];

function explain(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOSPC' || error.code === 'EFBIG' || error.code === 'EDQUOT') {
    return `there is not enough room for the back-up (${error.code}): no file is left`;
  }
  return lineOrStack(error, MENDABLE);
}

runCommand({ help: HELP, options: OPTIONS, main, explain, onError: clearProgress });
