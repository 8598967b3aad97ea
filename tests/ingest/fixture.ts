import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { startIngest } from '../../ingest/start.ts';
import type { Database } from '../../store/database.ts';
import type { Journal, JournalRecord } from '../../store/journal/port.ts';
import { ensureBuiltInProfiles } from '../../store/profiles.ts';
import type { TelemetryStore } from '../../store/telemetry/port.ts';
import { openPostgresTelemetry } from '../../store/telemetry/postgres.ts';
import type { TestDatabase } from '../support/postgres.ts';

export const SITE = 'north';
/** When the tests' messages are received. */
export const NOW = Date.UTC(2026, 9, 15, 8);
export const log = pino({ level: 'silent' });

/** A site, and stalls `S1`, `S2`… on one floor. Returns the stalls' ids by code. */
export async function createSite(db: Database, stalls = 2): Promise<ReadonlyMap<string, number>> {
  await ensureBuiltInProfiles(db);
  await db.$client.query(`INSERT INTO sites (id, name, time_zone) VALUES ($1, 'North', 'Asia/Shanghai')`, [
    SITE,
  ]);
  const { rows } = await db.$client.query<{ code: string; id: string }>(
    `INSERT INTO places (site_id, kind, code, name)
     SELECT $1, 'stall', 'S' || n, 'Stall ' || n FROM generate_series(1, $2::int) AS n RETURNING code, id`,
    [SITE, stalls],
  );
  return new Map(rows.map(({ code, id }) => [code, Number(id)]));
}

/** A device with the register its profile names, if any. Returns the register's id, or null. */
export async function createDevice(
  db: Database,
  device: { readonly id: string; readonly profile: string; readonly placeId?: number | undefined },
): Promise<number | null> {
  const { id, profile, placeId = null } = device;
  await db.$client.query(
    `INSERT INTO devices (id, site_id, serial, profile_id, profile_revision, place_id, secret_hash)
     VALUES ($1, $2, $1, $3, 1, $4, $5)`,
    [id, SITE, profile, placeId, randomBytes(32)],
  );
  const register = REGISTERS[profile];
  if (!register) return null;
  const { rows } = await db.$client.query<{ id: string }>(
    'INSERT INTO registers (device_id, point, unit, modulus) VALUES ($1, $2, $3, $4) RETURNING id',
    [id, register.point, register.unit, register.modulus],
  );
  return Number(rows[0]?.id);
}

const REGISTERS: Record<string, { point: string; unit: string; modulus: string }> = {
  'electricity-meter': { point: 'energy_import', unit: 'Wh', modulus: '1000000000' },
  'water-meter': { point: 'volume', unit: 'L', modulus: '100000000' },
};

export function record(
  device: string,
  payload: unknown,
  more: Partial<Omit<JournalRecord, 'device' | 'payload'>> = {},
): JournalRecord {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
  return { site: SITE, kind: 'up', receivedAt: NOW, retain: false, ...more, device, payload: bytes };
}

/** Waits until `done` holds, for at most 20 s. */
export async function until(what: string, done: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function cursorOf(db: Database): Promise<number> {
  const { rows } = await db.$client.query<{ seq: string }>(
    `SELECT seq FROM journal_cursors WHERE reader = 'ingest/0'`,
  );
  return Number(rows[0]?.seq ?? 0);
}

export async function workedOff(db: Database, journal: Journal): Promise<void> {
  await until('the journal is worked off', async () => (await cursorOf(db)) >= (await journal.head()));
}

/** Starts ingest over a journal, waits until all of it is worked off, and stops it again. */
export async function workOff(
  { db, url }: TestDatabase,
  journal: Journal,
  telemetry: TelemetryStore = openPostgresTelemetry(db),
): Promise<void> {
  const ingest = await startIngest({
    db,
    databaseUrl: url,
    journals: [journal],
    telemetry,
    log,
    journalDays: 7,
    clock: () => NOW,
  });
  try {
    await workedOff(db, journal);
  } finally {
    await ingest.close();
  }
}
