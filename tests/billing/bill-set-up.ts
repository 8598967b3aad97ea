import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { buildBillMarket } from './bill-market.ts';

export const log = pino({ level: 'silent' });
/** For work that nobody stops. */
export const open = new AbortController().signal;

/** A database for all tests of a file, and as many markets in it as they ask for. */
export function setUpBillMarkets() {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  let sites = 0;
  return {
    db: () => database.db,
    pool: () => database.db.$client,
    market: () => buildBillMarket(database.db, `m${++sites}`),
  };
}
