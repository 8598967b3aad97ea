import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryJournal } from '../support/memory-journal.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { createDevice, createSite, NOW, record, workOff } from './fixture.ts';

let database: TestDatabase;
let stalls: ReadonlyMap<string, number>;
const journal = new MemoryJournal();

beforeAll(async () => {
  database = await createTestDatabase();
  stalls = await createSite(database.db);
});
afterAll(() => database?.drop());

const query = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
  (await database.db.$client.query(text, values)).rows;

const readingsOf = (register: number | null): Promise<Record<string, unknown>[]> =>
  query(
    `SELECT extract(epoch FROM ts)::bigint * 1000 - ${NOW} AS t, value, quality FROM readings
     WHERE register_id = $1 ORDER BY ts`,
    [register],
  );

describe('a meter’s uplink', () => {
  it('becomes a telemetry row, a reading in base units, and a sighting', async () => {
    const register = await createDevice(database.db, { id: 'm1', profile: 'electricity-meter' });
    const ts = NOW - 1_000;
    journal.appendFrame([record('m1', { ts, values: { energy_import: 12345.678, power: 812 } })]);
    await workOff(database, journal);
    expect(await readingsOf(register)).toEqual([{ t: '-1000', value: '12345678', quality: 'good' }]);
    expect(await query(`SELECT ts, values FROM telemetry WHERE device_id = 'm1'`)).toEqual([
      { ts: new Date(ts), values: { energy_import: 12345.678, power: 812 } },
    ]);
    expect(
      await query(`SELECT online, last_seen_at, measured_at FROM device_states WHERE device_id = 'm1'`),
    ).toEqual([{ online: false, last_seen_at: new Date(NOW), measured_at: new Date(ts) }]);
  });
});
void stalls;
