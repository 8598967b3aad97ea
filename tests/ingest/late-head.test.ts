import { afterAll, beforeAll, expect, it } from 'vitest';
import { startIngest } from '../../ingest/start.ts';
import { openPostgresTelemetry } from '../../store/telemetry/postgres.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { createDevice, createSite, log, NOW, record } from './fixture.ts';

/** As a stream whose new leader does not know its newest frames yet. */
class ForgetfulJournal extends MemoryJournal {
  /** How often it still answers that it is empty. */
  forgets = 0;
  override async head(): Promise<number> {
    return this.forgets-- > 0 ? 0 : super.head();
  }
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await createSite(database.db);
  await createDevice(database.db, { id: 'm1', profile: 'electricity-meter' });
});
afterAll(() => database.drop());

const append = (journal: MemoryJournal, hour: number): Promise<void> =>
  journal.append(record('m1', { ts: NOW - hour * 3_600_000, values: { energy_import: 100 - hour } }));
async function cursor(): Promise<{ readonly seq: number; readonly base: number }> {
  const { rows } = await database.db.$client.query('SELECT seq::int, base::int FROM journal_cursors');
  return rows[0];
}
/** Ingest from its start until the cursor is there. */
async function ingestTo(journal: MemoryJournal, at: { readonly seq: number; readonly base: number }) {
  const { db, url } = database;
  const ingest = await startIngest({
    ...{ db, databaseUrl: url, journals: [journal], telemetry: openPostgresTelemetry(db), log },
    ...{ journalDays: 7, clock: () => NOW },
  });
  await expect.poll(cursor, { timeout: 20_000 }).toEqual(at);
  await ingest.close();
}

it('a journal that knows its newest frames only after a moment is not taken for a lost one', async () => {
  const journal = new ForgetfulJournal();
  for (const hour of [5, 4, 3]) await append(journal, hour);
  await ingestTo(journal, { seq: 3, base: 0 });
  await append(journal, 2);
  journal.forgets = 3;
  await ingestTo(journal, { seq: 4, base: 0 });

  // One that never knows them again is read from its start.
  const again = new ForgetfulJournal();
  again.id = () => journal.id();
  await append(again, 1);
  await ingestTo(again, { seq: 1, base: 4 });
});
