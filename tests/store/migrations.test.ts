import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrateDatabase } from '../../store/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('migrating a database that is up to date changes nothing', async () => {
  const count = async () =>
    (await database.db.$client.query('SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations')).rows[0]
      .n;
  const before = await count();
  await migrateDatabase(database.db);
  expect(before).toBeGreaterThan(0);
  expect(await count()).toBe(before);
});

test('partitions are made by UTC month, also when asked twice', async () => {
  const { db } = database;
  await db.$client.query(
    `SELECT ensure_month_partition('readings', '2026-03-17'), ensure_month_partition('readings', '2026-03-01')`,
  );
  await db.$client.query(
    `INSERT INTO readings VALUES (1, '2026-03-31T23:59:59.999Z', 5, 'good', 'device', now(), 1)`,
  );
  const { rows } = await db.$client.query(`SELECT tableoid::regclass::text AS partition FROM readings`);
  expect(rows).toEqual([{ partition: 'readings_202603' }]);
});

test('two leases of one stall may touch but not overlap', async () => {
  const { db } = database;
  await db.$client.query(`
    INSERT INTO sites (id, name, time_zone) VALUES ('s', 'S', 'Asia/Shanghai');
    INSERT INTO places (site_id, kind, code, name) VALUES ('s', 'stall', 'A1', 'A1');
    INSERT INTO parties (kind, name) VALUES ('merchant', 'M');`);
  const lease = (from: string, to: string | null) =>
    db.$client.query(
      `INSERT INTO leases (site_id, place_id, party_id, charging, starts_at, ends_at)
       SELECT 's', p.id, m.id, 'postpaid', $1, $2 FROM places p, parties m`,
      [from, to],
    );
  await lease('2026-01-01Z', '2026-02-01Z');
  await lease('2026-02-01Z', null);
  await expect(lease('2026-01-31Z', '2026-02-02Z')).rejects.toThrow(/leases_no_overlap/);
});
