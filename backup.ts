import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, ConfigError, readConfig } from './config.ts';
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

class UsageError extends Error {}

interface Options {
  readonly to: string;
  readonly isQuiet: boolean;
}

function parse(args: readonly string[]): Options | null {
  const options = {
    to: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return null;
  if (!values.to) throw new UsageError('--to is needed');
  return { to: values.to, isQuiet: values.quiet === true };
}

/** A folder gets a file named by the time. */
function fileOf(to: string, now: number): string {
  const path = resolve(to);
  const isFolder = to.endsWith('/') || (existsSync(path) && statSync(path).isDirectory());
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const file = isFolder ? join(path, `stallgrid-${stamp}.tar`) : path;
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (!options) {
    process.stdout.write(HELP);
    return 0;
  }
  const config = readConfig();
  const dataDir = resolve(config.DATA_DIR);
  const startedAt = Date.now();
  const file = fileOf(options.to, startedAt);
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort(new Error('interrupted: no back-up was written'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);

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
      signal: interrupted.signal,
      ...(options.isQuiet ? {} : { onProgress: showProgress }),
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

function openJournals(
  { JOURNAL_URL: url, JOURNAL_PARTITIONS: partitions, JOURNAL_REPLICAS: replicas, JOURNAL_GB }: Config,
  dataDir: string,
): Promise<readonly Journal[]> | readonly Journal[] {
  const bytesMax = JOURNAL_GB * 1e9;
  if (url) return openNatsJournals({ url, partitions, replicas, bytesMax });
  const dir = join(dataDir, 'journal');
  return existsSync(dir) ? openLmdbJournal({ dir, bytesMax }).then((journal) => [journal]) : [];
}

let shownAt = 0;
function showProgress(what: string, bytes: number): void {
  if (!process.stderr.isTTY || Date.now() - shownAt < 100) return;
  shownAt = Date.now();
  process.stderr.write(`\r\u001b[K${what} … ${(bytes / 1e6).toFixed(1)} MB`);
}
function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

/** What the reader can mend is one line. */
function explain(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOSPC' || error.code === 'EFBIG' || error.code === 'EDQUOT') {
    return `there is not enough room for the back-up (${error.code}): no file is left`;
  }
  const mendable = [
    ...[BackupExistsError, BackupRefusedError, JournalTrimmedError, NoDatabaseError, InUseError, ConfigError],
  ].some((kind) => error instanceof kind);
  return mendable || error.message.startsWith('interrupted') ? error.message : (error.stack ?? error.message);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    clearProgress();
    const isMisuse = error instanceof UsageError;
    console.error(isMisuse ? `${error.message}\n\n${HELP}` : explain(error));
    process.exitCode = isMisuse || error instanceof ConfigError ? 2 : 1;
  },
);
