import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Config, ConfigError } from './config.ts';
import { journalSettings } from './journal-settings.ts';
import { readJournalCursor } from './store/cursors.ts';
import { type Database, migrateDatabase } from './store/database.ts';
import { readDatabaseError } from './store/database-errors.ts';
import { influxdInstalled, startInfluxd } from './store/embedded/influxd.ts';
import { startEmbeddedPostgres } from './store/embedded/postgres.ts';
import { openLmdbJournal } from './store/journal/lmdb.ts';
import { openNatsJournals } from './store/journal/nats.ts';
import { ingestReader } from './store/journal/partition.ts';
import type { Journal } from './store/journal/port.ts';
import { markClosed, mendJournal } from './store/journal/salvage.ts';
import { openInfluxTelemetry } from './store/telemetry/influx.ts';
import type { TelemetryStore } from './store/telemetry/port.ts';
import { openPostgresTelemetry } from './store/telemetry/postgres.ts';

const DATABASE_WAIT_MS_MAX = 60_000;

/** What the process that opens its stores has at hand. */
export interface Opening {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
  /** Tells whoever watches the start. */
  readonly say: (line: string) => void;
  /** Is run when the process stops. */
  readonly onClose: (close: () => unknown) => void;
}

/** @returns the URL of a Postgres that lives as long as this process. */
export async function startOwnPostgres({ dataDir, say, onClose }: Opening): Promise<string> {
  say('starting the embedded Postgres …');
  const postgres = await startEmbeddedPostgres({ dir: join(dataDir, 'postgres') });
  onClose(() => postgres.stop());
  return postgres.url;
}

/** Waits a minute for a database that is away, unless the process is told to stop. */
export async function migrateWhenReachable(
  db: Database,
  { log, say }: Opening,
  isStopping: () => boolean,
): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 1_000) {
    try {
      return await migrateDatabase(db);
    } catch (error) {
      const isAway = readDatabaseError(error)?.kind === 'away';
      if (!isAway || waitedMs >= DATABASE_WAIT_MS_MAX || isStopping()) throw error;
      if (waitedMs === 0) say('waiting for the database …');
      log.debug({ err: error }, 'database not reachable yet');
      await sleep(1_000);
    }
  }
}

/** In an InfluxDB of our own, in the one of INFLUX_URL, or in Postgres. */
export async function openTelemetry(
  db: Database,
  { config, dataDir, say, onClose }: Opening,
  ownInfluxd: boolean,
): Promise<TelemetryStore> {
  const { INFLUX_TOKEN: token, INFLUX_ORG: org, INFLUX_BUCKET: bucket } = config;
  if (ownInfluxd) {
    if (!influxdInstalled()) throw new ConfigError('--influxd needs an installed InfluxDB 1.x (`influxd`)');
    say('starting the local InfluxDB …');
    const influxd = await startInfluxd({ dir: join(dataDir, 'influxdb') });
    onClose(() => influxd.stop());
    return openInfluxTelemetry({ url: influxd.url, token, org, bucket, api: 'v1' });
  }
  if (!config.INFLUX_URL) return openPostgresTelemetry(db);
  return openInfluxTelemetry({ url: config.INFLUX_URL, token, org, bucket, api: config.INFLUX_API });
}

/**
 * One on this machine, or on NATS several that any number of machines share. Who appends to the one on this machine
 * mends it first.
 */
export async function openJournals(
  db: Database,
  { config, dataDir, log }: Opening,
  appends: boolean,
): Promise<readonly Journal[]> {
  const { nats, bytesMax } = journalSettings(config);
  if (nats) return openNatsJournals(nats);
  const dir = join(dataDir, 'journal');
  if (!appends) return [await openLmdbJournal({ dir, bytesMax })];
  const cursor = await readJournalCursor(db, ingestReader(0));
  const salvage = await mendJournal({ dir, bytesMax, cursor, now: Date.now() });
  if (salvage) log.error({ salvage }, 'the journal was damaged: what could be read of it is kept');
  return [await openLmdbJournal({ dir, bytesMax, onClosed: () => markClosed(dir) })];
}
