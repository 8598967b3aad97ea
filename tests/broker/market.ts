import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Broker, type BrokerDeps, startBroker } from '../../broker/start.ts';
import { BUILT_IN_PROFILES } from '../../domain/built-in-profiles.ts';
import { createDevice, newSecret } from '../../store/devices.ts';
import { openLmdbJournal } from '../../store/journal/lmdb.ts';
import type { Journal, JournalRecord } from '../../store/journal/port.ts';
import { ensureBuiltInProfiles } from '../../store/profiles.ts';
import { sites } from '../../store/schema/places.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

export const SITE = 'market';

export interface Device {
  readonly id: string;
  readonly secret: string;
  /** Client id and user name. */
  readonly clientId: string;
  topic(kind: string): string;
}

/** A database with one site, and brokers on it with a journal each. */
export interface Market {
  readonly database: TestDatabase;
  readonly journalDir: string;
  addDevice(id: string): Promise<Device>;
  start(
    over?: Partial<Omit<BrokerDeps, 'journals'>> & { readonly journal?: Journal },
  ): Promise<Broker & { readonly journal: Journal }>;
  /** Every record in the journal so far. */
  close(): Promise<void>;
}

export async function openMarket(): Promise<Market> {
  const database = await createTestDatabase();
  const { db } = database;
  const journalDir = mkdtempSync(join(tmpdir(), 'stallgrid-broker-'));
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' });
  await ensureBuiltInProfiles(db);
  await db.insert(sites).values({ id: SITE, name: 'Market', timeZone: 'Asia/Shanghai' });
  const profile = BUILT_IN_PROFILES[0];
  if (!profile) throw new Error('no profile');
  let journals = 0;
  return {
    database,
    journalDir,
    async addDevice(serial) {
      const { secret, hash } = newSecret();
      const { id } = await createDevice(db, { site: SITE, serial, profile, secretHash: hash });
      return { id, secret, clientId: `${SITE}/${id}`, topic: (kind) => `v1/${SITE}/${id}/${kind}` };
    },
    async start({ journal: given, ...over } = {}) {
      const journal =
        given ?? (await openLmdbJournal({ dir: join(journalDir, `${journals++}`), bytesMax: 1e9 }));
      const broker = await startBroker({
        db,
        databaseUrl: database.url,
        log,
        port: 0,
        host: '127.0.0.1',
        ...over,
        journals: [journal],
      });
      const close = async (): Promise<void> => {
        await broker.close();
        await journal.close();
      };
      return { ...broker, journal, close };
    },
    async close() {
      await database.drop();
      rmSync(journalDir, { recursive: true, force: true });
    },
  };
}

/** Every record in a journal, as topic and text. */
export async function recordsIn(
  journal: Journal,
): Promise<{ topic: string; text: string; record: JournalRecord }[]> {
  const frames = await journal.read(0, { recordsMax: 1e6 });
  return frames.flatMap((frame) =>
    frame.records.map((record) => ({
      topic: `${record.device}/${record.kind}`,
      text: Buffer.from(record.payload).toString(),
      record,
    })),
  );
}
