import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../store/database.ts';
import { openPostgresTelemetry } from '../../../store/telemetry/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { describeTelemetryStore } from './contract.ts';

describeTelemetryStore('Postgres', async () => {
  const { db, drop } = await createTestDatabase();
  return { store: openPostgresTelemetry(db), remove: drop };
});

describe('telemetry in Postgres', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.drop());
  const ts = Date.UTC(2026, 9, 1);

  it('stores everything but the point that Postgres cannot keep, and says which it was', async () => {
    const store = openPostgresTelemetry(database.db);
    const rows = Array.from({ length: 20 }, (_, i) => ({
      site: 's',
      device: 'd',
      ts: ts + i,
      values: { power: i, note: i === 7 ? 'nul \0' : 'fine' },
    }));
    expect(await store.write(rows)).toEqual([
      { device: 'd', ts: ts + 7, points: ['note'], fault: expect.stringContaining('unsupported Unicode') },
    ]);
    const query = { site: 's', device: 'd', from: ts, to: ts + 20, limit: 100 };
    expect(await store.query({ ...query, point: 'power' })).toHaveLength(20);
    expect(await store.query({ ...query, point: 'note' })).toHaveLength(19);
  });

  it('puts a partition back that was dropped under it', async () => {
    const store = openPostgresTelemetry(database.db);
    const row = { site: 's', device: 'e', ts, values: { power: 1 } };
    await store.write([row]);
    await database.db.$client.query('DROP TABLE telemetry_202610');
    // The first try finds out; the next one is after a pause, as with any other failure.
    await store.write([row]).catch(() => {});
    await store.write([row]);
    const query = { site: 's', device: 'e', point: 'power', from: ts, to: ts + 1, limit: 1 };
    expect(await store.query(query)).toHaveLength(1);
  });

  it('rejects a write while the server is away', async () => {
    const away = openPostgresTelemetry(openDatabase('postgres://nobody@127.0.0.1:1/none'));
    await expect(away.write([{ site: 's', device: 'd', ts, values: { power: 1 } }])).rejects.toThrow(
      /ECONNREFUSED/,
    );
  });
});
