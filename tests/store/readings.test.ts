import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { monthPartitions } from '../../store/partitions.ts';
import { insertReadings, listReadings, type NewReading } from '../../store/readings.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());
beforeEach(async () => {
  await database.db.$client.query('TRUNCATE readings, reading_conflicts');
});

const TS = Date.UTC(2026, 9, 15);
const reading = (value: bigint, ts = TS, more: Partial<NewReading> = {}): NewReading => ({
  registerId: 1,
  ts,
  value,
  quality: 'good',
  receivedAt: TS + 5,
  journalSeq: 9,
  ...more,
});

async function insert(...readings: NewReading[]): Promise<void> {
  await monthPartitions('readings').ensure(database.db.$client, readings);
  await insertReadings(database.db.$client, readings);
}
const stored = async (): Promise<string[]> =>
  (await listReadings(database.db.$client, { registerId: 1, from: 0, to: TS * 2, limit: 20_000 })).map(
    (r) => `${r.ts - TS} ${r.value} ${r.quality}`,
  );
const conflicts = async (): Promise<string[]> => {
  const { rows } = await database.db.$client.query<{ value: string }>(
    'SELECT value FROM reading_conflicts ORDER BY register_id, ts, value',
  );
  return rows.map((row) => row.value);
};

describe('storing readings', () => {
  it('keeps value, quality, source and times', async () => {
    await insert(reading(12_345_678_901_234n, TS + 1, { quality: 'future' }));
    expect(
      await listReadings(database.db.$client, { registerId: 1, from: TS, to: TS + 2, limit: 1 }),
    ).toEqual([
      { ts: TS + 1, value: 12_345_678_901_234n, quality: 'future', source: 'device', receivedAt: TS + 5 },
    ]);
  });

  it('does nothing when the same comes again, in a batch or later', async () => {
    await insert(reading(5n), reading(5n));
    await insert(reading(5n), reading(6n, TS + 1));
    expect(await stored()).toEqual(['1 6 good', '0 5 good']);
    expect(await conflicts()).toEqual([]);
  });

  it('keeps the first value of an instant, and another one as a conflict', async () => {
    await insert(reading(5n));
    await insert(reading(7n), reading(8n), reading(7n));
    await insert(reading(7n));
    expect(await stored()).toEqual(['0 5 good']);
    expect(await conflicts()).toEqual(['7', '8']);
  });

  it('keeps the first of two values for one instant in one batch', async () => {
    await insert(reading(5n, TS + 1), reading(7n), reading(6n));
    expect(await stored()).toEqual(['1 5 good', '0 7 good']);
    expect(await conflicts()).toEqual(['6']);
  });

  it('keeps the registers apart, and takes months and thousands of rows in one go', async () => {
    const many = Array.from({ length: 11_000 }, (_, i) => reading(BigInt(i), TS + i * 3_600_000));
    await insert(...many, reading(1n, TS, { registerId: 2 }));
    expect(await stored()).toHaveLength(11_000);
    expect(await conflicts()).toEqual([]);
  });

  it('answers the newest of a half-open range first, up to a limit', async () => {
    await insert(...[0, 1, 2, 3].map((i) => reading(BigInt(i), TS + i)));
    const found = await listReadings(database.db.$client, {
      registerId: 1,
      from: TS + 1,
      to: TS + 3,
      limit: 5,
    });
    expect(found.map((r) => r.value)).toEqual([2n, 1n]);
    const one = await listReadings(database.db.$client, { registerId: 1, from: TS, to: TS + 9, limit: 1 });
    expect(one.map((r) => r.value)).toEqual([3n]);
  });
});
