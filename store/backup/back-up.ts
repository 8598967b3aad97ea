import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import {
  BACKUP_FORMAT,
  type BackupJournal,
  type BackupManifest,
  type BackupTable,
} from '../../contracts/backup.ts';
import { ingestReader } from '../journal/partition.ts';
import type { Journal } from '../journal/port.ts';
import { type BackupFile, createBackupFile } from './backup-file.ts';
import { type FrameCount, frameBytes } from './frames.ts';
import { journalSection, tableSection } from './read-backup.ts';
import { copyOut, countRows, listTables, PLAIN_TEXT, quote, type TableInfo } from './tables.ts';

const CONNECT_MS_MAX = 10_000;

export interface BackUpDeps {
  readonly databaseUrl: string;
  readonly journals: readonly Journal[];
  readonly journalKind: BackupManifest['journalKind'];
  readonly telemetry: BackupManifest['telemetry'];
  /** Must not exist yet. */
  readonly file: string;
  /** This program's version. */
  readonly program: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What is being copied, and how much of it so far. */
  readonly onProgress?: (what: string, bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** It was asked for something that cannot be backed up; the text has the way out. */
export class BackupRefusedError extends Error {
  override readonly name = 'BackupRefusedError';
}

/**
 * Writes one file from which `restoreBackup` makes the same platform again, while it runs and goes on taking messages.
 * The tables are one snapshot. The journal is copied after it was taken, so it holds every frame that the snapshot does
 * not: together they have all that was acknowledged before the back-up began.
 * @throws BackupRefusedError, BackupExistsError, JournalTrimmedError; whatever it throws, no file of that name is left.
 */
export async function backUp(deps: BackUpDeps): Promise<BackupManifest> {
  const client = new pg.Client({
    connectionString: deps.databaseUrl,
    application_name: 'stallgrid-backup',
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
  });
  // A lost connection also fails the query that is under way.
  client.on('error', () => {});
  await client.connect();
  try {
    const file = createBackupFile(deps.file, deps.signal);
    try {
      const manifest = await copyAll(client, file, deps);
      await file.finish(manifest);
      return manifest;
    } catch (error) {
      await file.abandon();
      throw deps.signal?.aborted ? deps.signal.reason : error;
    }
  } finally {
    await client.end().catch(() => {});
  }
}

async function copyAll(client: pg.Client, file: BackupFile, deps: BackUpDeps): Promise<BackupManifest> {
  await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${PLAIN_TEXT}`);
  const migrations = await listMigrations(client);
  const cursors = await listCursors(client);
  const journals = await copyJournals(file, deps, cursors);
  const tables = await listTables(client);
  // Nobody may change their shape until they are copied.
  await client.query(`LOCK TABLE ${tables.map(({ name }) => quote(name)).join(', ')} IN ACCESS SHARE MODE`);
  const copied: BackupTable[] = [];
  for (const table of tables) copied.push(await copyTable(client, file, table, deps));
  const manifest: BackupManifest = {
    format: BACKUP_FORMAT,
    program: deps.program,
    createdAt: new Date(deps.now).toISOString(),
    postgres: String((await one(client, 'SHOW server_version'))?.server_version),
    sites: (await client.query<{ id: string }>('SELECT id FROM sites ORDER BY id')).rows.map(({ id }) => id),
    migrations,
    tables: copied,
    sequences: await listSequences(client),
    journalKind: deps.journals.length === 0 ? 'none' : deps.journalKind,
    journals,
    telemetry: deps.telemetry,
  };
  await client.query('COMMIT');
  return manifest;
}

async function copyTable(
  client: pg.Client,
  file: BackupFile,
  table: TableInfo,
  { onProgress }: BackUpDeps,
): Promise<BackupTable> {
  const { name, parent, columns } = table;
  let rows = 0;
  let bytes = 0;
  async function* read(): AsyncGenerator<Buffer> {
    for await (const chunk of client.query(copyTo(copyOut(table)))) {
      rows += countRows(chunk);
      bytes += chunk.length;
      onProgress?.(name, bytes);
      yield chunk;
    }
  }
  const sum = await file.section(tableSection(name), read());
  return { name, parent, columns: [...columns], rows, ...sum };
}

interface Cursor {
  readonly seq: number;
  readonly journal: string | null;
}

/** Before the tables: what ingest is past by now it may drop at any time. */
async function copyJournals(
  file: BackupFile,
  { journals, journalKind, onProgress }: BackUpDeps,
  cursors: ReadonlyMap<string, Cursor>,
): Promise<BackupJournal[]> {
  if (cursors.size > 0 && cursors.size !== journals.length) {
    throw new BackupRefusedError(
      `the database was fed from ${cursors.size} journals, here are ${journals.length}: set DATA_DIR, JOURNAL_URL and JOURNAL_PARTITIONS as the platform has them`,
    );
  }
  const copied: BackupJournal[] = [];
  for (const [index, journal] of journals.entries()) {
    const [id, head] = [await journal.id(), await journal.head()];
    const cursor = cursors.get(ingestReader(index));
    // A cursor of another journal, or ahead of this one, says nothing about this one: see `openCursor`.
    const isOwn = cursor !== undefined && (cursor.journal ?? id) === id && cursor.seq <= head;
    const range = { cursor: isOwn ? cursor.seq : 0, head, mayHaveGaps: journalKind === 'embedded' };
    const count: FrameCount = { first: null, frames: 0, messages: 0 };
    const sum = await file.section(
      journalSection(index),
      withProgress(frameBytes(journal, range, count), (bytes) => onProgress?.('journal', bytes)),
    );
    copied.push({ id, head, ...count, cursor: isOwn ? cursor.seq : null, ...sum });
  }
  return copied;
}

async function* withProgress(
  chunks: AsyncIterable<Buffer>,
  show: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    show(bytes);
    yield chunk;
  }
}

async function listMigrations(client: pg.Client): Promise<BackupManifest['migrations']> {
  const known = await one(client, `SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS known`);
  if (!known?.known)
    throw new BackupRefusedError('there is no Stallgrid in this database: nothing to back up');
  const { rows } = await client.query<{ hash: string; at: string }>(
    'SELECT hash, created_at AS at FROM drizzle.__drizzle_migrations ORDER BY id',
  );
  return rows.map(({ hash, at }) => ({ hash, at: Number(at) }));
}

async function listCursors(client: pg.Client): Promise<Map<string, Cursor>> {
  const { rows } = await client.query<{ reader: string; seq: string; journal: string | null }>(
    `SELECT reader, seq, journal_id AS journal FROM journal_cursors WHERE starts_with(reader, 'ingest/')`,
  );
  return new Map(rows.map(({ reader, seq, journal }) => [reader, { seq: Number(seq), journal }]));
}

async function listSequences(client: pg.Client): Promise<BackupManifest['sequences']> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1`,
  );
  const sequences = [];
  for (const { name } of rows) {
    const state = await one(client, `SELECT last_value AS value, is_called FROM ${quote(name)}`);
    sequences.push({ name, value: String(state?.value), isCalled: state?.is_called === true });
  }
  return sequences;
}

async function one(client: pg.Client, text: string): Promise<Record<string, unknown> | undefined> {
  return (await client.query<Record<string, unknown>>(text)).rows[0];
}
