import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCutOff } from '../../store/as-of.ts';
import { CursorMovedError, moveCursor, openCursor, prepareCursors } from '../../store/cursors.ts';
import { ingestReader, partitionOf } from '../../store/journal/partition.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const cutOff = async (site: string): Promise<number> => {
  const client = await database.db.$client.connect();
  try {
    return (await readCutOff(client, site)).journalSeq;
  } finally {
    client.release();
  }
};

test('a cut-off is where ingest has come to, and does not go back when a new journal begins', async () => {
  const { db } = database;
  const move = (from: number, to: number) => moveCursor(db.$client, { reader: ingestReader(0), from, to });
  const open = (journal: string, head: number) => openCursor(db, { reader: ingestReader(0), journal, head });
  await prepareCursors(db, 1);
  expect(await cutOff('any')).toBe(0);
  expect(await open('first', 0)).toEqual({ seq: 0, base: 0, restartedFrom: null });
  await move(0, 70);
  await move(70, 75);
  expect(await cutOff('any')).toBe(75);
  expect(await open('first', 80)).toEqual({ seq: 75, base: 0, restartedFrom: null });
  // Restored from a copy that is older than the cursor.
  expect(await open('first', 60)).toEqual({ seq: 0, base: 75, restartedFrom: 75 });
  expect(await cutOff('any')).toBe(75);
  await move(0, 3);
  expect(await cutOff('any')).toBe(78);
  // Another one in its place, which has come further by now.
  expect(await open('second', 500)).toEqual({ seq: 0, base: 78, restartedFrom: 3 });
  await expect(move(3, 5)).rejects.toThrow(CursorMovedError);
});

test('sites that move between journals go on with larger numbers', async () => {
  const { db } = database;
  const sites = Array.from({ length: 40 }, (_, i) => `market-${i}`);
  const heads = async () => Promise.all(sites.map(cutOff));
  for (const count of [8, 3, 5, 1]) {
    const before = await heads();
    await prepareCursors(db, count);
    const after = await heads();
    expect(after.filter((seq, i) => seq < (before[i] ?? 0))).toEqual([]);
    const { rows } = await db.$client.query('SELECT journal_partition(s) AS n FROM unnest($1::text[]) s', [
      sites,
    ]);
    expect(rows.map(({ n }) => n)).toEqual(sites.map((site) => partitionOf(site, count)));
    for (let n = 0; n < count; n++) {
      const { seq } = await openCursor(db, { reader: ingestReader(n), journal: `${count} ${n}`, head: 1e6 });
      await moveCursor(db.$client, { reader: ingestReader(n), from: seq, to: seq + 10 * (n + 1) });
    }
  }
});
