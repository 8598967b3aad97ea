import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawUpOpenRuns } from '../../billing/draw-up-bills.ts';
import { startRunner } from '../../billing/runner.ts';
import { queueBillRun } from '../../store/bill-runs.ts';
import { queueRun, readRun } from '../../store/billing-runs.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { buildBillMarket } from './bill-market.ts';
import { at, buildMarket, ended, FLAT, linesOf, silent } from './market.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const query = (text: string) => database.db.$client.query(text);
/** Every insert into the table fails as on a full disk. */
async function fill(table: string): Promise<void> {
  await query(
    `CREATE OR REPLACE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$`,
  );
  await query(`CREATE TRIGGER no_space BEFORE INSERT ON ${table} EXECUTE FUNCTION no_space()`);
}
const free = (table: string) => query(`DROP TRIGGER no_space ON ${table}`);

/** More looks than a run is begun when it brings processes down. */
const LOOKS = 8;

test('a run that meets a full disk stays open however often it is looked at, and succeeds once there is space', async () => {
  const { db } = database;
  const market = await buildMarket(db, 'full');
  const tariff = await market.tariff('T', '2026-01-01', FLAT);
  await market.lease(null, '2026-01-01', null, { tariff });
  const point = await market.point(null);
  await market.readHourly(await market.meter(point, '2026-09-30', 0n), '2026-10-01', '2026-11-01', 0n, 100n);
  const id = await queueRun(db, { site: 'full', period: '2026-10', requestedBy: 'test' });
  await fill('fee_lines');
  let interrupted = 0;
  const log = pino({ level: 'warn' }, { write: () => void interrupted++ });
  const runner = startRunner({ db, log, now: () => at('2027-01-01') });
  for (let look = 1; look <= LOOKS; look++) {
    runner.wake();
    await eventually(() => expect(interrupted).toBe(look));
    expect(await readRun(db, id)).toMatchObject({ status: 'running', linesPosted: 0, error: null });
  }
  await free('fee_lines');
  runner.wake();
  expect(await ended(db, id)).toMatchObject({ status: 'succeeded', linesPosted: 1 });
  await runner.close();
  expect(await linesOf(db, point)).toHaveLength(1);
});

test('so do bills that are drawn up', async () => {
  const { db } = database;
  const market = await buildBillMarket(db, 'bills');
  const { lease } = await market.lease();
  await market.lines([{ lease, amount: 100n }]);
  await market.close('2026-10');
  const now = at('2027-01-01');
  await queueBillRun(db.$client, { site: 'bills', period: '2026-10', requestedBy: 'test', at: now });
  await fill('bills');
  const look = () => drawUpOpenRuns({ db, log: silent, now: () => now }, new AbortController().signal);
  for (let n = 0; n < LOOKS; n++) await expect(look()).rejects.toThrow('could not extend file');
  const state = async () =>
    (await query(`SELECT r.status, r.error, (SELECT count(*)::int FROM bills) AS bills FROM bill_runs r`))
      .rows;
  expect(await state()).toEqual([{ status: 'running', error: null, bills: 0 }]);
  await free('bills');
  await look();
  expect(await state()).toEqual([{ status: 'succeeded', error: null, bills: 1 }]);
});
