import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../store/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, FLAT, linesOf, type Market, run } from './market.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const newMarket = (): Promise<Market> => buildMarket(db, `site${++sites}`);

describe('a month is cut', () => {
  it('where the lease changes; vacant days are the house’s', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    const house = await market.lease(null, '2026-01-01', null, { tariff });
    const stall = await market.stall();
    const before = await market.lease(stall, '2026-09-01', '2026-10-11', { tariff });
    const after = await market.lease(stall, '2026-10-21 12:00', null, { tariff });
    const point = await market.point(stall);
    const register = await market.meter(point, '2026-09-01', 0n);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ problems: [], linesPosted: 3 });
    expect(await linesOf(db, point)).toMatchObject([
      { lease: before, from: '2026-10-01', to: '2026-10-11', quantity: 240_000n, kind: 'original' },
      { lease: house, from: '2026-10-11', to: '2026-10-21 12:00', quantity: 252_000n, kind: 'original' },
      { lease: after, from: '2026-10-21 12:00', to: '2026-11-01', quantity: 252_000n, kind: 'original' },
    ]);
  });

  it('where a new version of the tariff takes effect', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    await market.tariff('T', '2026-10-16', {
      components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '1.00' } }],
    });
    await market.lease(null, '2026-01-01', null, { tariff });
    const point = await market.point(null);
    const register = await market.meter(point, '2026-09-01', 0n);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10');
    expect(await linesOf(db, point)).toMatchObject([
      { to: '2026-10-16', quantity: 360_000n, amount: 28_800n },
      { from: '2026-10-16', quantity: 384_000n, amount: 38_400n },
    ]);
  });

  it('for the first time where the meter was put in', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    await market.lease(null, '2026-01-01', null, { tariff });
    const point = await market.point(null);
    const register = await market.meter(point, '2026-10-11', 9_000n);
    await market.readHourly(register, '2026-10-11 01:00', '2026-11-01 01:00', 10_000n, 1_000n);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ problems: [] });
    expect(await linesOf(db, point)).toMatchObject([
      { from: '2026-10-01', to: '2026-11-01', quantity: 504_000n },
    ]);
    expect(await run(db, market.site, '2026-09')).toMatchObject({ problems: [], linesPosted: 0 });
  });

  it('for the meters behind a main meter, and not for the main again', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    await market.lease(null, '2026-01-01', null, { tariff });
    const main = await market.point(null);
    const sub = await market.point(null);
    await db.$client.query('UPDATE metering_points SET main_id = $1 WHERE id = $2', [main, sub]);
    for (const point of [main, sub]) {
      const register = await market.meter(point, '2026-09-01', 0n);
      await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    }
    expect(await run(db, market.site, '2026-10')).toMatchObject({ pointsTotal: 1, problems: [] });
    expect(await linesOf(db, main)).toEqual([]);
    expect(await linesOf(db, sub)).toMatchObject([{ quantity: 744_000n }]);
  });
});

describe('a meter', () => {
  it('that is exchanged is charged to its last value and the next one from its first, each by its multiplier', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    await market.lease(null, '2026-01-01', null, { tariff });
    const point = await market.point(null);
    const old = await market.meter(point, '2026-09-01', 0n);
    await market.read(old, [
      ['2026-10-01', 100_000n],
      ['2026-10-11', 200_000n],
    ]);
    await db.$client.query(
      'UPDATE installations SET ends_at = $2, end_value = 205000 WHERE register_id = $1',
      [old, at('2026-10-11 10:00')],
    );
    const next = await market.meter(point, '2026-10-11 10:00', 50n, { multiplier: '20' });
    await market.read(next, [['2026-11-01', 1_050n]]);
    // A reading of the old meter after it was taken out is nobody's.
    await market.read(old, [['2026-10-20', 999_999n]]);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ problems: [] });
    expect(await linesOf(db, point)).toMatchObject([{ quantity: 105_000n + 20_000n }]);
  });

  it('that wraps is charged through the wrap, once in all', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    await market.lease(null, '2026-01-01', null, { tariff });
    const point = await market.point(null);
    const register = await market.meter(point, '2026-09-30', 900_000n, { modulus: 1_000_000n });
    await market.read(register, [
      ['2026-10-01', 950_000n],
      ['2026-10-15', 990_000n],
      ['2026-10-15 01:00', 20_000n],
      ['2026-11-01', 40_000n],
      ['2026-12-01', 70_000n],
    ]);
    await run(db, market.site, '2026-10');
    await run(db, market.site, '2026-11');
    expect(await linesOf(db, point)).toMatchObject([{ quantity: 90_000n }, { quantity: 30_000n }]);
  });

  it('whose readings are implausible is charged by the good ones, and the run says so', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    await market.lease(null, '2026-01-01', null, { tariff });
    const point = await market.point(null);
    const register = await market.meter(point, '2026-09-30', 0n);
    const refused = Array.from({ length: 40 }, (_, i) => [`2026-11-01 00:${10 + i}`, 0n] as const);
    await market.read(register, [
      ['2026-10-01', 100_000n],
      ['2026-10-15', 0n],
      ['2026-10-15 01:00', 150_000n],
      ['2026-10-16', 900_000_000n],
      ['2026-10-31', 180_000n],
      // More than one page of nonsense before the reading that ends the month.
      ...refused,
      ['2026-11-02', 182_000n],
    ]);
    const result = await run(db, market.site, '2026-10');
    expect(result.problems).toMatchObject([
      { code: 'reading_refused', detail: expect.stringMatching(/^42 not used/) },
    ]);
    expect(await linesOf(db, point)).toMatchObject([{ quantity: 81_000n }]);
  });
});

describe('what cannot be charged', () => {
  it('is reported point by point and does not stop the others', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-10-11', FLAT);
    await market.lease(null, '2026-01-01', '2026-12-31', { tariff });
    const untariffed = await market.stall();
    await market.lease(untariffed, '2026-01-01', null);
    const points = {
      unmetered: await market.point(null),
      untariffed: await market.point(untariffed),
      good: await market.point(null),
    };
    const register = await market.meter(points.good, '2026-09-01', 0n);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    const result = await run(db, market.site, '2026-10');
    expect(result.status).toBe('succeeded');
    expect(result.problems.map(({ meteringPointId, code }) => [meteringPointId, code])).toEqual([
      [points.unmetered, 'no_tariff'],
      [points.unmetered, 'no_meter'],
      [points.untariffed, 'no_tariff'],
      [points.good, 'no_tariff'],
    ]);
    expect(await linesOf(db, points.good)).toMatchObject([{ from: '2026-10-11', quantity: 504_000n }]);
  });

  it('for want of any lease is reported as without payer', async () => {
    const market = await newMarket();
    await market.point(null);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ problems: [{ code: 'no_payer' }] });
  });
});

describe('prepaid and postpaid', () => {
  it('never charge the same time, however often and in whatever order they run', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    await market.lease(null, '2026-01-01', null, { tariff });
    const stall = await market.stall();
    const prepaid = await market.lease(stall, '2026-10-11', '2026-10-14', { tariff, charging: 'prepaid' });
    const point = await market.point(stall);
    const register = await market.meter(point, '2026-09-01', 0n);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    for (const period of [
      '2026-10-12',
      '2026-10',
      '2026-10-11',
      '2026-10-13',
      '2026-10-14',
      '2026-10',
      '2026-10-12',
    ]) {
      expect(await run(db, market.site, period)).toMatchObject({ status: 'succeeded', problems: [] });
    }
    const lines = await linesOf(db, point);
    expect(lines.reduce((sum, { quantity }) => sum + quantity, 0n)).toBe(744_000n);
    expect(lines.filter((line) => line.lease === prepaid)).toMatchObject([
      { from: '2026-10-12', to: '2026-10-13', quantity: 24_000n },
      { from: '2026-10-11', to: '2026-10-12', quantity: 24_000n },
      { from: '2026-10-13', to: '2026-10-14', quantity: 24_000n },
    ]);
    expect(lines.every(({ kind }) => kind === 'original')).toBe(true);
  });

  it('do not double when a lease changes from one to the other', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    const stall = await market.stall();
    await market.lease(null, '2026-01-01', null, { tariff });
    const lease = await market.lease(stall, '2026-09-01', null, { tariff });
    const point = await market.point(stall);
    const register = await market.meter(point, '2026-09-01', 0n);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10');
    await db.$client.query(`UPDATE leases SET charging = 'prepaid' WHERE id = $1`, [lease]);
    expect(await run(db, market.site, '2026-10-12')).toMatchObject({
      linesPosted: 0,
      problems: [{ code: 'charged_elsewhere' }],
    });
    expect(await linesOf(db, point)).toHaveLength(1);
  });

  it('a day that was charged prepaid moves into the month when the lease becomes postpaid', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    const stall = await market.stall();
    const lease = await market.lease(stall, '2026-09-01', null, { tariff, charging: 'prepaid' });
    const point = await market.point(stall);
    const register = await market.meter(point, '2026-09-01', 0n);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10-12');
    await db.$client.query(`UPDATE leases SET charging = 'postpaid' WHERE id = $1`, [lease]);
    await run(db, market.site, '2026-10');
    await run(db, market.site, '2026-10-12');
    const lines = await linesOf(db, point);
    expect(lines.reduce((sum, { quantity }) => sum + quantity, 0n)).toBe(744_000n);
    expect(lines.map(({ kind }) => kind)).toEqual(['original', 'adjustment', 'reversal']);
  });
});

describe('a run', () => {
  it('of a period that is not over, or is none, fails and says why', async () => {
    const market = await newMarket();
    await market.point(null);
    const now = at('2026-10-31 23:59');
    expect(await run(db, market.site, '2026-10', { now })).toMatchObject({
      status: 'failed',
      error: '2026-10 is not over in Asia/Shanghai',
    });
    expect(await run(db, market.site, '2026-02-30')).toMatchObject({ status: 'failed' });
  });
});
