import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meterPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { verifyBackup } from '../../store/backup/read-backup.ts';
import { openNatsJournals } from '../../store/journal/nats.ts';
import { partitionOf } from '../../store/journal/partition.ts';
import { record } from '../store/journal/record.ts';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { balance, registerMeters } from '../support/meters.ts';
import { type NatsServers, skipNats, startNats } from '../support/nats.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const PARTITIONS = 4;
/** In three of the four. */
const SITES = ['market', 'pier', 'test'];

interface Servers {
  readonly nats: NatsServers;
  readonly database: TestDatabase;
  readonly env: Readonly<Record<string, string>>;
}

async function openServers(): Promise<Servers> {
  const [nats, database] = await Promise.all([startNats(), createTestDatabase()]);
  const journal = { JOURNAL_URL: nats.url, JOURNAL_PARTITIONS: String(PARTITIONS), JOURNAL_REPLICAS: '1' };
  const secret = { AUTH_SECRET: 'the same secret for every api process' };
  return { nats, database, env: { DATABASE_URL: database.url, ...journal, JOURNAL_GB: '1', ...secret } };
}

describe.skipIf(skipNats)('a platform on NATS that is backed up while devices publish', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-backup-nats-'));
  const file = join(dir, 'market.tar');
  let old: Servers;
  let fresh: Servers;
  let platform: Platform;
  let restored: Platform | undefined;
  beforeAll(async () => {
    [old, fresh] = await Promise.all([openServers(), openServers()]);
    await fresh.database.db.$client.query(
      'DROP SCHEMA public CASCADE; DROP SCHEMA drizzle CASCADE; CREATE SCHEMA public',
    );
    // Keeps nothing that is worked off.
    platform = await startPlatform({ env: { ...old.env, JOURNAL_DAYS: '0.000001' } });
  });
  afterAll(async () => {
    await platform?.remove();
    await restored?.remove();
    for (const servers of [old, fresh]) {
      await servers?.database.drop();
      await servers?.nats.stop();
    }
    rmSync(dir, { recursive: true, force: true });
  });

  it('comes back on other servers with all that was acknowledged before, nothing twice, and goes on', {
    timeout: 240_000,
  }, async () => {
    expect(new Set(SITES.map((site) => partitionOf(site, PARTITIONS))).size).toBe(3);
    const clients = await registerMeters(platform, 20, SITES);
    const load = { host: '127.0.0.1', clients, window: 20, rate: 1_000 };
    const before = meterPayload({ startTs: Date.now() - 7_200_000 });
    const first = await runSwarm({ ...load, port: platform.mqttPort, durationMs: 3_000, payload: before });
    expect(first.acked).toBeGreaterThan(1_000);
    expect(first.acked).toBe(first.sent);
    // The back-up's frames then begin at a number above 1, and those of the new servers at 1.
    await eventually(async () => expect(await framesOf(old)).toBe(0), 60_000);
    await platform.stop();
    platform = await startPlatform({ env: old.env, dataDir: platform.dataDir });

    const during = meterPayload({ startTs: Date.now() - 3_600_000 });
    let acked = 0;
    const swarm = runSwarm({
      ...{ ...load, port: platform.mqttPort, durationMs: 8_000, payload: during },
      onProgress: (progress) => {
        acked = progress.acked;
      },
    });
    await sleep(2_500);
    const ackedBefore = acked;
    const backup = await runCommand(['backup.ts', '--to', file], { env: { ...old.env, DATA_DIR: dir } });
    expect(backup).toMatchObject({ code: 0, err: '' });
    const second = await swarm;
    await platform.stop();
    const { journals, journalKind } = await verifyBackup(file);
    const messages = journals.reduce((sum, journal) => sum + journal.messages, 0);
    expect({ journalKind, count: journals.length }).toEqual({ journalKind: 'nats', count: PARTITIONS });
    expect(Math.max(...journals.map((journal) => journal.first ?? 0))).toBeGreaterThan(1);
    expect(ackedBefore).toBeGreaterThan(0);
    expect(messages).toBeGreaterThanOrEqual(ackedBefore);

    const into = { ...fresh.env, DATA_DIR: join(dir, 'restored') };
    const restore = await runCommand(['restore.ts', '--from', file], { env: into });
    expect(restore).toMatchObject({ code: 0, err: '' });
    const again = join(dir, 'again.tar');
    const { code } = await runCommand(['backup.ts', '--to', again], { env: into });
    expect(code).toBe(0);
    expect(await tablesOf(again)).toEqual(await tablesOf(file));

    restored = await startPlatform({ env: fresh.env, dataDir: into.DATA_DIR });
    const { db } = fresh.database;
    const count = async (): Promise<Record<string, number> | undefined> => {
      const { rows } = await db.$client.query<Record<string, number>>(
        `SELECT (SELECT count(*)::int FROM readings) AS readings, (SELECT count(*)::int FROM telemetry) AS telemetry,
                (SELECT count(*)::int FROM dead_letters) AS letters`,
      );
      return rows[0];
    };
    // Each message is one reading: the tables and the frames of the journals together have each once.
    const kept = first.acked + messages;
    await eventually(async () =>
      expect(await count()).toEqual({ readings: kept, telemetry: kept, letters: 0 }),
    );
    expect(await balance(db, first, before)).toMatchObject({ missing: 0, wrong: 0 });
    const later = await balance(db, second, during);
    expect(later.wrong).toBe(0);
    expect(later.acknowledged - later.missing).toBeLessThanOrEqual(messages);

    const after = meterPayload({ startTs: Date.now() - 600_000 });
    const third = await runSwarm({ ...load, port: restored.mqttPort, durationMs: 1_000, payload: after });
    expect(third.acked).toBeGreaterThan(100);
    await eventually(async () => expect((await balance(db, third, after)).missing).toBe(0));
    expect((await balance(db, third, after)).wrong).toBe(0);
    expect((await count())?.readings).toBe(kept + third.sent);
  });

  it('is restored neither over streams that have messages nor into another number of them, and leaves nothing', {
    timeout: 60_000,
  }, async () => {
    const taken = await openServers();
    const { db } = taken.database;
    const options = { url: taken.nats.url, partitions: PARTITIONS, replicas: 1, bytesMax: 1e9 };
    try {
      await db.$client.query('DROP SCHEMA public CASCADE; DROP SCHEMA drizzle CASCADE; CREATE SCHEMA public');
      const journals = await openNatsJournals(options);
      await journals[2]?.append(record(1));
      for (const journal of journals) await journal.close();
      const env = { ...taken.env, DATA_DIR: join(dir, 'refused') };
      const over = await runCommand(['restore.ts', '--from', file], { env });
      expect(over).toMatchObject({
        ...{ code: 1, err: expect.stringContaining('the stream STALLGRID_JOURNAL_2 has messages') },
      });
      expect(await framesOf(taken)).toBe(1);
      const other = { ...env, JOURNAL_PARTITIONS: '8' };
      const wrong = await runCommand(['restore.ts', '--from', file], { env: other });
      expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('JOURNAL_PARTITIONS=4') });
      const { rows } = await db.$client.query(`SELECT FROM pg_tables WHERE schemaname = 'public'`);
      expect(rows).toHaveLength(0);
    } finally {
      await taken.database.drop();
      await taken.nats.stop();
    }
  });
});

/** Hash and rows of each table but that of the cursors, which are those of other streams. */
async function tablesOf(file: string) {
  const { tables } = await verifyBackup(file);
  return tables.filter(({ name }) => name !== 'journal_cursors');
}

async function framesOf({ nats }: Servers): Promise<number> {
  const options = { url: nats.url, partitions: PARTITIONS, replicas: 1, bytesMax: 1e9 };
  const journals = await openNatsJournals(options);
  try {
    const all = await Promise.all(journals.map((journal) => journal.status()));
    return all.reduce((sum, { frames }) => sum + frames, 0);
  } finally {
    for (const journal of journals) await journal.close();
  }
}
