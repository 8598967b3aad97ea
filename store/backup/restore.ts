import { createHash } from 'node:crypto';
import { finished } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { BackupManifest, BackupTable } from '../../contracts/backup.ts';
import type { NewJournal } from '../journal/build-journal.ts';
import { ingestReader } from '../journal/partition.ts';
import type { Journal } from '../journal/port.ts';
import { BackupRefusedError } from './back-up.ts';
import { FrameSplitter, frameBytes } from './frames.ts';
import { DamagedBackupError, journalSection, readParts, tableSection } from './read-backup.ts';
import { createSchema } from './schema-of.ts';
import { copyIn, copyOut, listTables, PLAIN_TEXT, quote } from './tables.ts';

const CONNECT_MS_MAX = 10_000;

export interface RestoreDeps {
  readonly file: string;
  /** As `verifyBackup` found it. */
  readonly manifest: BackupManifest;
  /** Must have no tables. */
  readonly databaseUrl: string;
  /** Makes the journal at a position, which must not be there yet. */
  readonly buildJournal: (index: number, first: number) => Promise<NewJournal>;
  /** Opens what was built, to compare it. */
  readonly openJournals: () => Promise<readonly Journal[]>;
  readonly onProgress?: (what: string, bytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes the database and the journals of a back-up again, each table and journal compared with what the back-up wrote.
 * The database gets all of it or nothing, in one transaction; a journal that was begun is taken away again.
 * @throws BackupRefusedError when the database has tables; DamagedBackupError when what arrived differs.
 */
export async function restoreBackup(deps: RestoreDeps): Promise<void> {
  const client = new pg.Client({
    connectionString: deps.databaseUrl,
    application_name: 'stallgrid-restore',
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
  });
  client.on('error', () => {});
  await client.connect();
  const built: NewJournal[] = [];
  try {
    await client.query(`BEGIN; ${PLAIN_TEXT}`);
    await fill(client, deps, built).catch(async (error) => {
      // With holes: journals without frames come last.
      for (const journal of built) await journal?.abandon?.().catch(() => {});
      throw error;
    });
    await client.query('COMMIT; ANALYZE');
  } finally {
    // Closing the connection rolls back what was not committed.
    await client.end().catch(() => {});
  }
}

async function fill(client: pg.Client, deps: RestoreDeps, built: NewJournal[]): Promise<void> {
  await assertEmpty(client);
  await createSchema(client, deps.manifest).catch(explainRights);
  await loadAll(client, deps, built);
  await setSequences(client, deps.manifest);
  await compareTables(client, deps);
  await compareJournals(deps, built);
  await adoptCursors(client, deps.manifest, built);
}

async function assertEmpty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'drizzle') AND c.relkind IN ('r', 'p') LIMIT 1`,
  );
  const [found] = rows;
  if (!found) return;
  throw new BackupRefusedError(
    `the database is not empty, it has a table ${found.name}: make an empty one (CREATE DATABASE …) and name it`,
  );
}

function explainRights(error: Error & { code?: string }): never {
  if (error.code !== '42501') throw error;
  throw new BackupRefusedError(
    `the database's user may not do it (${error.message}): restore as a superuser, or let one GRANT SET ON PARAMETER session_replication_role to it and make it the database's owner`,
  );
}

/** Something that takes a section's bytes. */
interface Sink {
  write(data: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** Everything in the file, in its order. @param built takes the new journals, each as soon as it is there. */
async function loadAll(client: pg.Client, deps: RestoreDeps, built: NewJournal[]): Promise<void> {
  const { manifest, onProgress, signal } = deps;
  const sinks = new Map<string, () => Promise<Sink>>();
  for (const index of manifest.journals.keys()) {
    sinks.set(journalSection(index), () => journalSink(index, deps, built));
  }
  for (const table of manifest.tables)
    sinks.set(tableSection(table.name), async () => tableSink(client, table));

  let section: string | undefined;
  let sink: Sink | undefined;
  let bytes = 0;
  const open = async (name: string): Promise<Sink> => {
    await sink?.close();
    sink = undefined;
    section = name;
    bytes = 0;
    const make = sinks.get(name);
    if (!make) throw new DamagedBackupError(`${name} comes twice`);
    sinks.delete(name);
    sink = await make();
    return sink;
  };
  for await (const part of readParts(deps.file)) {
    signal?.throwIfAborted();
    const to = sink && part.section === section ? sink : await open(part.section);
    await to.write(part.data);
    bytes += part.data.length;
    onProgress?.(part.section.replace('tables/', ''), bytes);
  }
  await sink?.close();
  // Sections without bytes have no parts: an empty journal has a number to go on from all the same.
  for (const [name, make] of sinks) if (name.startsWith('journal/')) await (await make()).close();
}

async function journalSink(index: number, deps: RestoreDeps, built: NewJournal[]): Promise<Sink> {
  const { head, first } = deps.manifest.journals[index] ?? { head: 0, first: null };
  const journal = await deps.buildJournal(index, first ?? head + 1);
  built[index] = journal;
  const splitter = new FrameSplitter();
  return {
    async write(data) {
      for (const { seq, bytes } of splitter.push(data)) await journal.add(seq, bytes);
    },
    async close() {
      await journal.finish(head);
      await journal.close();
    },
  };
}

function tableSink(client: pg.Client, { name, columns }: BackupTable): Sink {
  const stream = client.query(copyFrom(copyIn(name, columns)));
  const done = finished(stream);
  done.catch(() => {});
  return {
    async write(data) {
      if (stream.write(data)) return;
      await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), done]);
    },
    async close() {
      stream.end();
      await done;
    },
  };
}

async function setSequences(client: pg.Client, { sequences }: BackupManifest): Promise<void> {
  for (const { name, value, isCalled } of sequences) {
    await client.query('SELECT setval($1, $2, $3)', [quote(name), value, isCalled]);
  }
}

/** Reads every table again, as a back-up would. */
async function compareTables(client: pg.Client, { manifest, onProgress }: RestoreDeps): Promise<void> {
  const tables = await listTables(client);
  for (const { name, sha256 } of manifest.tables) {
    const table = tables.find((other) => other.name === name);
    if (!table) throw new DamagedBackupError(`the table ${name} is missing after restoring`);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of client.query(copyTo(copyOut(table)))) {
      hash.update(chunk);
      bytes += chunk.length;
      onProgress?.(`comparing ${name}`, bytes);
    }
    if (hash.digest('hex') !== sha256) {
      throw new DamagedBackupError(`the table ${name} is not what the back-up wrote`);
    }
  }
}

async function compareJournals(
  { manifest, openJournals }: RestoreDeps,
  built: readonly NewJournal[],
): Promise<void> {
  if (manifest.journals.length === 0) return;
  const journals = await openJournals();
  try {
    for (const [index, { sha256, head: last }] of manifest.journals.entries()) {
      const offset = built[index]?.offset ?? 0;
      const head = last - offset;
      const hash = createHash('sha256');
      const journal = journals[index];
      if ((await journal?.head()) !== head)
        throw new DamagedBackupError(`journal ${index} does not end at ${head}`);
      const count = { first: null, frames: 0, messages: 0 };
      for await (const chunk of journal ? frameBytes(journal, { cursor: head, head, offset }, count) : [])
        hash.update(chunk);
      if (hash.digest('hex') !== sha256) {
        throw new DamagedBackupError(`journal ${index} is not what the back-up wrote`);
      }
    }
  } finally {
    for (const journal of journals) await journal.close();
  }
}

/** A cursor of a journal that was copied is now of the copy, so that ingest goes on where the tables end. */
async function adoptCursors(
  client: pg.Client,
  { journals }: BackupManifest,
  built: readonly NewJournal[],
): Promise<void> {
  for (const [index, { cursor }] of journals.entries()) {
    if (cursor === null) continue;
    // What is kept of a frame has its number and the base added up: that stays the same.
    await client.query(
      'UPDATE journal_cursors SET journal_id = $2, seq = greatest(0, seq - $3), base = base + $3 WHERE reader = $1',
      [ingestReader(index), built[index]?.id, built[index]?.offset ?? 0],
    );
  }
}
