import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCutOff } from '../../store/as-of.ts';
import { CursorMovedError, moveCursor, restartCursor } from '../../store/cursors.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a cut-off is where ingest has come to, and does not go back when a new journal begins', async () => {
  const pool = database.db.$client;
  const seq = async () => {
    const client = await pool.connect();
    try {
      return (await readCutOff(client)).journalSeq;
    } finally {
      client.release();
    }
  };
  expect(await seq()).toBe(0);
  await moveCursor(pool, { reader: 'ingest', from: 0, to: 70 });
  await moveCursor(pool, { reader: 'ingest', from: 70, to: 75 });
  expect(await seq()).toBe(75);
  // The journal was lost: the reader starts again from its first frame, as the pipeline does.
  await restartCursor(pool, { reader: 'ingest', from: 75 });
  expect(await seq()).toBe(75);
  await moveCursor(pool, { reader: 'ingest', from: 0, to: 3 });
  expect(await seq()).toBe(78);
  await expect(restartCursor(pool, { reader: 'ingest', from: 75 })).rejects.toThrow(CursorMovedError);
});
