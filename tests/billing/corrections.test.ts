import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../store/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, FLAT, linesOf, type Market, PEAK_VALLEY, run } from './market.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const newMarket = (): Promise<Market> => buildMarket(db, `site${++sites}`);

/** A leased stall with a meter from September on, and no readings yet. */
async function leasedStall(market: Market, definition = FLAT) {
  const tariff = await market.tariff('T', '2026-01-01', definition);
  const house = await market.lease(null, '2026-01-01', null, { tariff });
  const stall = await market.stall();
  const lease = await market.lease(stall, '2026-09-01', null, { tariff });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-09-01', 0n);
  return { tariff, house, stall, lease, point, register };
}

describe('a reading that comes late', () => {
  it('moves usage across a posted boundary by equal and opposite adjustments, and changes no line', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, [
      ['2026-09-30 12:00', 100_000n],
      ['2026-10-31 12:00', 700_000n],
      ['2026-11-01 12:00', 724_000n],
      ['2026-12-01 12:00', 900_000n],
    ]);
    await run(db, market.site, '2026-10');
    await run(db, market.site, '2026-11');
    const posted = await linesOf(db, point);
    expect(posted.map(({ quantity }) => quantity)).toEqual([602_323n, 185_066n]);

    // Interpolated, the register stood at 712,000 at the cut. Now the meter says what it really showed.
    await market.read(register, [['2026-11-01', 720_000n]]);
    const rerun = await run(db, market.site, '2026-10');
    expect(rerun).toMatchObject({ linesPosted: 2, amountPosted: '0', problems: [] });
    const lines = await linesOf(db, point);
    expect(lines.slice(0, 2)).toEqual(posted);
    expect(lines.slice(2)).toMatchObject([
      {
        from: '2026-10-01',
        to: '2026-11-01',
        kind: 'adjustment',
        sequence: 1,
        quantity: 8_000n,
        amount: 640n,
      },
      {
        from: '2026-11-01',
        to: '2026-12-01',
        kind: 'adjustment',
        sequence: 1,
        quantity: -8_000n,
        amount: -640n,
      },
    ]);
    for (const period of ['2026-10', '2026-11']) {
      expect(await run(db, market.site, period)).toMatchObject({ linesPosted: 0 });
    }
    const { rows } = await db.$client.query(
      `SELECT l.sequence, l.corrects_id = o.id AS corrects FROM fee_lines l JOIN fee_lines o
         ON o.metering_point_id = l.metering_point_id AND o.service_from = l.service_from AND o.sequence = 0
       WHERE l.metering_point_id = $1 AND l.kind = 'adjustment'`,
      [point],
    );
    expect(rows).toEqual([
      { sequence: 1, corrects: true },
      { sequence: 1, corrects: true },
    ]);
  });

  it('moves usage between bands of a posted month without changing its sum', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market, PEAK_VALLEY);
    await market.read(register, [
      ['2026-10-01', 0n],
      ['2026-10-02', 24_000n],
      ['2026-11-01', 24_000n],
    ]);
    await run(db, market.site, '2026-10');
    await market.read(register, [['2026-10-01 08:00', 2_000n]]);
    await run(db, market.site, '2026-10');
    const lines = await linesOf(db, point);
    expect(lines).toMatchObject([
      { band: 'valley', quantity: 8_000n, amount: 320n },
      { band: 'peak', quantity: 16_000n, amount: 1_920n },
      { band: 'valley', quantity: -6_000n, amount: -240n, kind: 'adjustment' },
      { band: 'peak', quantity: 6_000n, amount: 720n, kind: 'adjustment' },
    ]);
    // The flat component beside it has nothing to correct.
    expect(await linesOf(db, point, 'fund')).toHaveLength(1);
  });

  it('is awaited: a range without a reading past its end is charged once there is one', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, [['2026-10-31 23:00', 300_000n]]);
    const first = await run(db, market.site, '2026-10');
    expect(first).toMatchObject({
      status: 'succeeded',
      linesPosted: 0,
      problems: [{ code: 'awaiting_reading' }],
    });
    await market.read(register, [['2026-11-01', 301_000n]]);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ linesPosted: 1, problems: [] });
    expect(await linesOf(db, point)).toMatchObject([{ kind: 'original', quantity: expect.any(BigInt) }]);
  });

  it('that a person rejects after it was charged is taken back', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, [
      ['2026-10-01', 0n],
      ['2026-11-01', 900_000n],
      ['2026-11-02', 910_000n],
    ]);
    await run(db, market.site, '2026-10');
    await db.$client.query(`UPDATE readings SET quality = 'rejected' WHERE register_id = $1 AND ts = $2`, [
      register,
      at('2026-11-01'),
    ]);
    await run(db, market.site, '2026-10');
    expect(await linesOf(db, point)).toMatchObject([
      { quantity: 900_000n },
      { quantity: -18_438n, kind: 'adjustment' },
    ]);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ linesPosted: 0 });
  });
});

describe('a reading that was charged by and is rejected', () => {
  const reject = (register: number, local: string): Promise<unknown> =>
    db.$client.query(`UPDATE readings SET quality = 'rejected' WHERE register_id = $1 AND ts = $2`, [
      register,
      at(local),
    ]);

  it('leaves what is posted alone while nothing else says what is right', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, [
      ['2026-10-01', 0n],
      ['2026-11-01', 900_000n],
    ]);
    await run(db, market.site, '2026-10');
    await reject(register, '2026-11-01');
    expect(await run(db, market.site, '2026-10')).toMatchObject({
      linesPosted: 0,
      problems: [{ code: 'awaiting_reading' }],
    });
    expect(await linesOf(db, point)).toHaveLength(1);
  });

  it('is no longer what the next run goes on from', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, [
      ['2026-09-30', 10_000n],
      ['2026-10-01', 50_000n],
      ['2026-10-02', 60_000n],
      ['2026-11-01', 900_000n],
    ]);
    await run(db, market.site, '2026-10');
    await reject(register, '2026-10-01');
    await run(db, market.site, '2026-10');
    expect(await linesOf(db, point)).toMatchObject([
      { quantity: 850_000n },
      { quantity: 15_000n, kind: 'adjustment' },
    ]);
  });
});

describe('a change that is entered after posting', () => {
  it('of the lease reverses the old payer and charges the new one, and no time is original twice', async () => {
    const market = await newMarket();
    const { point, register, lease, stall, tariff } = await leasedStall(market);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10');
    await db.$client.query('UPDATE leases SET ends_at = $2 WHERE id = $1', [lease, at('2026-10-11')]);
    const next = await market.lease(stall, '2026-10-11', null, { tariff });
    const rerun = await run(db, market.site, '2026-10');
    expect(rerun).toMatchObject({ status: 'succeeded', linesPosted: 3, amountPosted: '0' });
    expect(await linesOf(db, point)).toMatchObject([
      { lease, from: '2026-10-01', to: '2026-11-01', kind: 'original', quantity: 744_000n },
      { lease, from: '2026-10-01', to: '2026-10-11', kind: 'adjustment', quantity: 240_000n },
      { lease: next, from: '2026-10-11', to: '2026-11-01', kind: 'adjustment', quantity: 504_000n },
      { lease, from: '2026-10-01', to: '2026-11-01', kind: 'reversal', quantity: -744_000n },
    ]);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ linesPosted: 0 });
  });

  it('and undone again charges the old payer once more under the same key', async () => {
    const market = await newMarket();
    const { point, register, lease } = await leasedStall(market);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10');
    await db.$client.query('UPDATE leases SET ends_at = $2 WHERE id = $1', [lease, at('2026-10-11')]);
    await run(db, market.site, '2026-10');
    await db.$client.query('UPDATE leases SET ends_at = NULL WHERE id = $1', [lease]);
    await run(db, market.site, '2026-10');
    const lines = await linesOf(db, point);
    expect(lines.reduce((sum, { quantity }) => sum + quantity, 0n)).toBe(744_000n);
    const whole = lines.filter((line) => line.lease === lease && line.to === '2026-11-01');
    expect(whole.map(({ sequence, kind }) => [sequence, kind])).toEqual([
      [0, 'original'],
      [1, 'reversal'],
      [2, 'adjustment'],
    ]);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ linesPosted: 0 });
  });

  it('of the multiplier adjusts what was charged', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10');
    await db.$client.query('UPDATE installations SET multiplier = 30 WHERE register_id = $1', [register]);
    await run(db, market.site, '2026-10');
    expect(await linesOf(db, point)).toMatchObject([
      { quantity: 744_000n },
      { quantity: 29n * 744_000n, amount: 29n * 59_520n, kind: 'adjustment' },
    ]);
  });
});

describe('the database itself', () => {
  it('refuses to change or delete a fee line, a pinned boundary value and a used tariff version', async () => {
    const market = await newMarket();
    const { register } = await leasedStall(market);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10');
    for (const statement of [
      'UPDATE fee_lines SET amount = 0',
      'DELETE FROM fee_lines',
      'TRUNCATE fee_lines',
      'UPDATE boundary_values SET value = 0',
      'DELETE FROM boundary_values',
      'TRUNCATE boundary_values',
      `UPDATE tariff_versions SET definition = '{}'`,
      'DELETE FROM tariff_versions',
    ]) {
      await expect(db.$client.query(statement), statement).rejects.toThrow(/immutable|foreign key/);
    }
  });

  it('refuses a second original on time that has one, and a second correction of one number', async () => {
    const market = await newMarket();
    const { register } = await leasedStall(market);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10');
    const copy = (serviceFrom: string, kind: string, sequence: number) =>
      db.$client.query(
        `INSERT INTO fee_lines (site_id, period, accounting_period, unit, run_id, lease_id, metering_point_id, service_from, service_to,
           tariff_version_id, component, band, sequence, quantity, unit_price, amount, currency, kind, input_hash, evidence,
           posted_at)
         SELECT site_id, period, accounting_period, unit, run_id, lease_id, metering_point_id, ${serviceFrom}, service_to,
           tariff_version_id, component, band, $3, quantity, unit_price, amount, currency, $2, input_hash, evidence,
           posted_at FROM fee_lines WHERE site_id = $1 AND kind = 'original'`,
        [market.site, kind, sequence],
      );
    await expect(copy(`service_from + interval '1 day'`, 'original', 0)).rejects.toThrow(
      /fee_lines_original_once/,
    );
    await expect(copy('service_from', 'adjustment', 0)).rejects.toThrow(/fee_lines_once/);
    await copy('service_from', 'adjustment', 1);
    await expect(copy('service_from', 'adjustment', 1)).rejects.toThrow(/fee_lines_once/);
  });
});
