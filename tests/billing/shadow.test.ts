import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../store/database.ts';
import { listShadowDifferences, readShadowSum } from '../../store/shadow-totals.ts';
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
const dryRun = (market: Market) => run(db, market.site, '2026-10', { kind: 'shadow', pointsPerBatch: 1 });
const differences = async (runId: number) =>
  (await listShadowDifferences(db.$client, runId, { offset: 0, limit: 10 })).map(
    ({ leaseId, component, amountBefore, amount }) => [leaseId, component, amountBefore, amount],
  );

async function stalls(market: Market) {
  const flat = await market.tariff('T', '2026-01-01', FLAT);
  const bands = await market.tariff('B', '2026-01-01', PEAK_VALLEY);
  const made = [];
  for (const tariff of [flat, bands]) {
    const stall = await market.stall();
    const lease = await market.lease(stall, '2026-09-01', null, { tariff });
    const point = await market.point(stall);
    const register = await market.meter(point, '2026-09-01', 0n);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    made.push({ lease, point, register });
  }
  const [one, two] = made;
  if (!one || !two) throw new Error('two stalls were made');
  return { one, two };
}

describe('a dry run', () => {
  it('posts and pins nothing, and says what each lease would be charged', async () => {
    const market = await newMarket();
    const { one, two } = await stalls(market);
    const view = await dryRun(market);
    expect(view).toMatchObject({ kind: 'shadow', status: 'succeeded', linesPosted: 4, comparedRunId: null });
    expect(await linesOf(db, one.point)).toEqual([]);
    const { rows } = await db.$client.query(
      'SELECT 1 FROM boundary_values WHERE metering_point_id = ANY($1)',
      [[one.point, two.point]],
    );
    expect(rows).toEqual([]);
    expect(await differences(view.id)).toEqual([
      [two.lease, 'energy', 0n, 69_440n],
      [one.lease, 'energy', 0n, 59_520n],
      [two.lease, 'fund', 0n, 2_611n],
    ]);
    expect(await readShadowSum(db.$client, view.id)).toEqual({
      ...{ amount: 131_571n, amountBefore: 0n, different: 3 },
    });
  });

  it('is compared with what is posted, the largest difference first', async () => {
    const market = await newMarket();
    const { one, two } = await stalls(market);
    const charged = await run(db, market.site, '2026-10');
    const same = await dryRun(market);
    expect(same).toMatchObject({ linesPosted: 0, comparedRunId: charged.id });
    expect(await differences(same.id)).toEqual([]);
    await db.$client.query('UPDATE installations SET multiplier = 2 WHERE register_id = $1', [one.register]);
    await market.read(two.register, [['2026-10-15 12:30', 1_045_000n]]);
    const changed = await dryRun(market);
    expect(changed.comparedRunId).toBe(same.id);
    expect(await differences(changed.id)).toEqual([[one.lease, 'energy', 59_520n, 119_040n]]);
    expect(await dryRun(market)).toMatchObject({ comparedRunId: changed.id });
  });

  it('leaves what is posted as it is where nobody can say what is right', async () => {
    const market = await newMarket();
    const { two } = await stalls(market);
    await run(db, market.site, '2026-10');
    await db.$client.query('UPDATE leases SET starts_at = $2 WHERE id = $1', [two.lease, at('2026-11-01')]);
    await market.lease(null, '2026-01-01', null);
    const view = await dryRun(market);
    // Without a tariff the house cannot be charged: what is posted on that time is left alone.
    expect(view.problems.map(({ code }) => code)).toContain('no_tariff');
    expect(await differences(view.id)).toEqual([]);
  });
});
