import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zFeeLineDetail } from '../../contracts/fee-lines.ts';
import type { Database } from '../../store/database.ts';
import { readFeeLine } from '../../store/fee-lines.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { buildMarket, FLAT, linesOf, type Market, PEAK_VALLEY, run } from './market.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const newMarket = (): Promise<Market> => buildMarket(db, `site${++sites}`);

/** A leased stall with one meter that counts 1 kWh an hour from September on. */
async function steadyStall(market: Market, options: { definition?: typeof FLAT; until?: string } = {}) {
  const tariff = await market.tariff('T', '2026-01-01', options.definition ?? FLAT);
  const house = await market.lease(null, '2026-01-01', null, { tariff });
  const stall = await market.stall();
  const lease = await market.lease(stall, '2026-09-01', null, { tariff });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-09-01', 5_000n);
  await market.readHourly(register, '2026-09-01 01:00', options.until ?? '2026-12-01 01:00', 6_000n, 1_000n);
  return { tariff, house, stall, lease, point, register };
}

describe('a billing run', () => {
  it('charges a month of usage once, and a run after a run writes nothing', async () => {
    const market = await newMarket();
    const { point, lease } = await steadyStall(market);
    const first = await run(db, market.site, '2026-10');
    expect(first).toMatchObject({
      status: 'succeeded',
      linesPosted: 1,
      problems: [],
      pointsDone: 1,
      pointsTotal: 1,
    });
    expect(await linesOf(db, point)).toEqual([
      {
        lease,
        ...{ from: '2026-10-01', to: '2026-11-01', band: 'all', sequence: 0, kind: 'original' },
        quantity: 744_000n,
        amount: 59_520n,
      },
    ]);
    const again = await run(db, market.site, '2026-10');
    expect(again).toMatchObject({ status: 'succeeded', linesPosted: 0, amountPosted: '0' });
    expect(await linesOf(db, point)).toHaveLength(1);
  });

  it('charges bands by the local clock and every component on all usage', async () => {
    const market = await newMarket();
    const { point } = await steadyStall(market, { definition: PEAK_VALLEY });
    await run(db, market.site, '2026-10');
    expect(await linesOf(db, point)).toMatchObject([
      { band: 'valley', quantity: 248_000n, amount: 9_920n },
      { band: 'peak', quantity: 496_000n, amount: 59_520n },
    ]);
    expect(await linesOf(db, point, 'fund')).toMatchObject([
      { band: 'all', quantity: 744_000n, amount: 2_611n },
    ]);
  });

  it('shows the evidence of a line in the shape that the api promises', async () => {
    const market = await newMarket();
    const { point } = await steadyStall(market, { definition: PEAK_VALLEY });
    await run(db, market.site, '2026-10');
    const { rows } = await db.$client.query(
      `SELECT id FROM fee_lines WHERE metering_point_id = $1 AND band = 'peak'`,
      [point],
    );
    const line = zFeeLineDetail.parse(await readFeeLine(db, Number(rows[0].id)));
    if (line.evidence.kind !== 'usage') throw new Error('expected usage');
    expect(line.evidence.from).toMatchObject({
      method: 'measured',
      before: { kind: 'reading', value: '725000' },
    });
    expect(line.evidence.segments).toMatchObject([{ startValue: '725000', endValue: '1469000', wraps: 0 }]);
    expect(line.evidence.intervals.count).toBe(31);
    const list = line.evidence.intervals.list ?? [];
    expect(list.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)).toBe(496_000n);
    expect(line.evidence.arithmetic).toMatchObject({
      unitPrice: '1.20',
      unrounded: '595.2',
      amount: '59520',
    });
  });
});
