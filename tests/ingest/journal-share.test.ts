import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { shareJournals } from '../../ingest/journal-share.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const COUNT = 5;
const eventually = { timeout: 20_000 };
let database: TestDatabase;
let ends: (() => Promise<void>)[] = [];
/** Whose each journal is; a journal that two work off at once fails the test. */
const worker = new Map<number, string>();
const clashes: string[] = [];
/** How often one was let go of. */
let left = 0;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
  expect(clashes).toEqual([]);
  expect(worker.size).toBe(0);
});

/** An ingest process; answers the way to stop it. A journal is let go of half a second after it was asked to. */
function join(name: string): () => Promise<void> {
  const stop = new AbortController();
  const done = shareJournals({
    databaseUrl: database.url,
    log: pino({ level: 'silent' }),
    count: COUNT,
    leave: () => {},
    signal: stop.signal,
    async work(journal, signal) {
      if (worker.has(journal)) clashes.push(`${name} and ${worker.get(journal)} have ${journal}`);
      worker.set(journal, name);
      if (!signal.aborted) await once(signal, 'abort');
      await sleep(500);
      worker.delete(journal);
      left++;
    },
  });
  const end = async (): Promise<void> => {
    stop.abort();
    await done;
  };
  ends.push(end);
  return end;
}
const shares = () => {
  const counts: Record<string, number> = {};
  for (const name of worker.values()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

describe('Ingest processes', () => {
  it('have all journals between them, each one at a time, while they come and go', async () => {
    const end = join('a');
    await expect.poll(shares, eventually).toEqual({ a: COUNT });
    join('b');
    await expect.poll(shares, eventually).toEqual({ a: 3, b: 2 });
    join('c');
    await expect.poll(() => Math.max(...Object.values(shares())), eventually).toBe(2);
    await expect.poll(() => worker.size, eventually).toBe(COUNT);
    await end();
    await expect.poll(shares, eventually).toEqual({ b: expect.any(Number), c: expect.any(Number) });
    await expect.poll(() => worker.size, eventually).toBe(COUNT);
  });

  it('stop working on their journals once the locks are lost, and take them up again', async () => {
    join('a');
    await expect.poll(shares, eventually).toEqual({ a: COUNT });
    const before = left;
    await database.db.$client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'stallgrid-shared-work' AND datname = current_database()`,
    );
    await expect.poll(() => left - before, eventually).toBe(COUNT);
    await expect.poll(shares, eventually).toEqual({ a: COUNT });
  });
});
