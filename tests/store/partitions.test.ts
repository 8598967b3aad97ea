import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../store/database.ts';
import { monthPartitions } from '../../store/partitions.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

const names = async (): Promise<string[]> => {
  const { rows } = await database.db.$client.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'readings'::regclass ORDER BY 1`,
  );
  return rows.map((row) => row.name);
};

it('makes the partition of each UTC month that rows fall into, once', async () => {
  const partitions = monthPartitions('readings');
  const at = [
    Date.UTC(2026, 9, 31, 23, 59, 59, 999),
    Date.UTC(2026, 10, 1),
    Date.UTC(2026, 9, 1),
    Date.UTC(2027, 0),
  ];
  await partitions.ensure(
    database.db.$client,
    at.map((ts) => ({ ts })),
  );
  expect(await names()).toEqual(['readings_202610', 'readings_202611', 'readings_202701']);
  const unreachable = openDatabase('postgres://nobody@127.0.0.1:1/none').$client;
  await partitions.ensure(
    unreachable,
    at.map((ts) => ({ ts })),
  );
});

it('lets processes make the same partition at the same time', async () => {
  const many = Array.from({ length: 8 }, () =>
    monthPartitions('readings').ensure(database.db.$client, [{ ts: Date.UTC(2030, 1, 2) }]),
  );
  await Promise.all(many);
  expect(await names()).toContain('readings_203002');
});

it('does not wait for whoever reads the table, nor hold them up', async () => {
  const reader = await database.db.$client.connect();
  try {
    await reader.query('BEGIN; SELECT count(*) FROM readings');
    await monthPartitions('readings').ensure(database.db.$client, [{ ts: Date.UTC(2031, 1, 2) }]);
    expect(await names()).toContain('readings_203102');
    await reader.query('SELECT count(*) FROM readings');
  } finally {
    await reader.query('ROLLBACK');
    reader.release();
  }
});

it('gives a partition its primary key, so that a row is there once', async () => {
  const insert = `INSERT INTO readings (register_id, ts, value, quality, source, received_at)
    VALUES (1, '2031-02-03Z', 1, 'good', 'device', now()) ON CONFLICT (register_id, ts) DO NOTHING`;
  expect((await database.db.$client.query(insert)).rowCount).toBe(1);
  expect((await database.db.$client.query(insert)).rowCount).toBe(0);
});
