import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inSnapshot } from '../../billing/audit/audit.ts';
import { replayPeriod } from '../../billing/replay.ts';
import type { TariffDefinition } from '../../domain/tariffs/definition.ts';
import type { Database } from '../../store/database.ts';
import { checkResiduals } from '../../store/shares.ts';
import { findSite } from '../../store/sites.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, linesOf, type Market, run } from './market.ts';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const WITH_SHARE: TariffDefinition = {
  components: [
    { code: 'energy', price: { kind: 'flat', unitPrice: '0.80' } },
    { code: 'loss', price: { kind: 'share', unitPrice: '0.50' } },
  ],
};
/** October has 744 hours. */
const HOURS = 744n;
const PERIOD = '2026-10';

/**
 * A main in front of stall A, a common area and a second main, and stall B behind that. A is leased; B is vacant until
 * the 11th. Every meter counts evenly; the first main counts 70 Wh an hour and the second 20 beyond what is behind it.
 */
async function treeOf(site: string) {
  const market = await buildMarket(db, site);
  const tariff = await market.tariff('t', '2026-01-01', WITH_SHARE);
  const house = await market.lease(null, '2026-01-01', null, { tariff });
  const [stallA, stallB] = [await market.stall(), await market.stall()];
  await db.$client.query(
    `UPDATE places SET area_m2 = CASE id WHEN $1 THEN 30 ELSE 10 END WHERE id IN ($1, $2)`,
    [stallA, stallB],
  );
  const leaseA = await market.lease(stallA, '2026-01-01', null, { tariff });
  const leaseB = await market.lease(stallB, '2026-10-11', null, { tariff, charging: 'prepaid' });
  const [main, sub, a, b, common] = [
    ...[await market.point(null), await market.point(null), await market.point(stallA)],
    ...[await market.point(stallB), await market.point(null)],
  ] as [number, number, number, number, number];
  await put(sub, main);
  await put(a, main);
  await put(common, main);
  await put(b, sub);
  const registers = new Map<number, number>();
  for (const [point, wh] of [
    [a, 100n],
    [b, 50n],
    [common, 10n],
    [sub, 70n],
    [main, 250n],
  ] as const) {
    const register = await market.meter(point, '2026-09-01', 0n);
    registers.set(point, register);
    const rows = ['2026-10-01', '2026-10-11', '2026-11-01', '2026-11-02'].map(
      (day) => [day, hoursSince(day) * wh] as const,
    );
    await market.read(register, rows);
  }
  return { market, house, leaseA, leaseB, main, sub, a, b, common, registers };
}

const hoursSince = (day: string): bigint =>
  BigInt((at(day).getTime() - at('2026-09-01').getTime()) / 3_600_000);

const put = (point: number, main: number | null) =>
  db.$client.query('UPDATE metering_points SET main_id = $2 WHERE id = $1', [point, main]);

const allocate = (main: number, what: string, weight: string) =>
  db.$client.query(
    `INSERT INTO allocations (main_id, from_month, what, weight, created_by, created_at)
     VALUES ($1, '2026-10', $2, $3, 'test', '2026-10-01T00:00:00Z')`,
    [main, what, weight],
  );

const chargedTo = async (site: string, component: string): Promise<Record<string, bigint>> => {
  const { rows } = await db.$client.query(
    `SELECT lease_id, sum(quantity) AS quantity FROM fee_lines WHERE site_id = $1 AND component = $2
     GROUP BY lease_id HAVING sum(quantity) <> 0`,
    [site, component],
  );
  return Object.fromEntries(rows.map(({ lease_id, quantity }) => [lease_id, BigInt(quantity)]));
};

const shareSum = async (site: string): Promise<bigint> =>
  Object.values(await chargedTo(site, 'loss')).reduce((sum, quantity) => sum + quantity, 0n);

const problemCodes = async (market: Market): Promise<readonly string[]> =>
  [...new Set((await run(db, market.site, PERIOD)).problems.map(({ code }) => code))].sort();

describe('common area and loss', () => {
  it('is shared out by area and time over two levels, vacancy to the house, and again without a new line', async () => {
    const { market, main, a, b, common, house, leaseA, leaseB } = await treeOf('shares-area');
    await allocate(main, 'residual', 'area');
    const first = await run(db, market.site, PERIOD);
    expect([first.status, first.problems]).toEqual(['succeeded', []]);
    // 250 − 100 − 10 − 70 = 70 Wh an hour by 30 m² : 10 m², the latter 10 days of 31 the house's.
    const residual = 70n * HOURS;
    const charged = await chargedTo(market.site, 'loss');
    expect(charged[leaseA]).toBe((residual * 3n) / 4n);
    expect(await shareSum(market.site)).toBe(residual);
    expect(charged[house]).toBe((residual * 10n) / 124n);
    expect(charged[leaseB]).toBe(residual - (charged[leaseA] ?? 0n) - (charged[house] ?? 0n));
    expect((await linesOf(db, b, 'loss')).map(({ from, to }) => [from, to])).toEqual([
      ['2026-10-01', '2026-10-11'],
      ['2026-10-11', '2026-11-01'],
    ]);
    // The mains are not charged; the common area is, to the house.
    expect((await linesOf(db, main)).length).toBe(0);
    expect((await linesOf(db, common)).map(({ quantity }) => quantity)).toEqual([10n * HOURS]);
    expect((await linesOf(db, a, 'loss'))[0]?.amount).toBe((((residual * 3n) / 4n) * 50n + 500n) / 1000n);

    const second = await run(db, market.site, PERIOD);
    expect([second.status, second.linesPosted]).toEqual(['succeeded', 0]);
    const { rows } = await db.$client.query('SELECT count(*)::int AS n FROM residuals WHERE site_id = $1', [
      market.site,
    ]);
    expect(rows[0].n).toBe(2);
    expect(await checkResiduals(db.$client, market.site, PERIOD)).toEqual({ checked: 2, faults: [] });

    const evidence = await db.$client.query(
      `SELECT evidence->'shares'->0 AS part FROM fee_lines WHERE lease_id = $1 AND component = 'loss'`,
      [leaseA],
    );
    expect(evidence.rows[0].part).toMatchObject({
      mainUsage: `${250n * HOURS}`,
      subUsage: `${180n * HOURS}`,
      allocated: `${residual}`,
      by: 'area',
      share: `${(residual * 3n) / 4n}`,
    });
  });

  it('is shared out by the run that closes the month, also where none was before', async () => {
    const { market, main } = await treeOf('shares-close');
    await allocate(main, 'residual', 'area');
    const now = at('2026-11-20');
    expect(await run(db, market.site, PERIOD, { kind: 'close', isForced: true, now })).toMatchObject({
      status: 'succeeded',
      problems: [],
    });
    expect(await shareSum(market.site)).toBe(70n * HOURS);
  });

  it('takes metered common areas along, which the house then does not pay', async () => {
    const { market, main, common } = await treeOf('shares-common');
    await allocate(main, 'residual_and_common', 'usage');
    await run(db, market.site, PERIOD);
    expect(await shareSum(market.site)).toBe(80n * HOURS);
    expect(await linesOf(db, common)).toEqual([]);
    expect((await run(db, market.site, PERIOD)).linesPosted).toBe(0);
    expect((await checkResiduals(db.$client, market.site, PERIOD)).faults).toEqual([]);
  });

  it('moves with a late reading: adjustments of every share, which add up to the new residual', async () => {
    const { market, main, a, registers } = await treeOf('shares-late');
    await allocate(main, 'residual', 'equal');
    await run(db, market.site, PERIOD);
    const before = await shareSum(market.site);
    // By the 31st stall A had used 9 kWh more than the straight line to the next reading said.
    const late = 'SELECT ensure_month_partition($1, $2)';
    await db.$client.query(late, ['readings', '2026-10-01']);
    const value = hoursSince('2026-10-31') * 100n + 1_000n;
    await market.read(registers.get(a) ?? 0, [['2026-10-31', value]]);
    await db.$client.query(`DELETE FROM readings WHERE register_id = $1 AND ts = $2`, [
      registers.get(a),
      at('2026-11-01'),
    ]);
    const after = await run(db, market.site, PERIOD);
    expect(after.status).toBe('succeeded');
    expect(await shareSum(market.site)).toBe(before - 500n);
    const lines = await linesOf(db, a, 'loss');
    expect(lines.map(({ kind }) => kind)).toEqual(['original', 'adjustment']);
    expect((await run(db, market.site, PERIOD)).linesPosted).toBe(0);
    expect((await checkResiduals(db.$client, market.site, PERIOD)).faults).toEqual([]);
  });

  it('waits for the main, and is a case when the meters behind it count more than it', async () => {
    const { market, main, sub, registers } = await treeOf('shares-negative');
    await allocate(main, 'residual', 'area');
    await db.$client.query('DELETE FROM readings WHERE register_id = $1 AND ts >= $2', [
      registers.get(main),
      at('2026-11-01'),
    ]);
    expect(await problemCodes(market)).toEqual(['awaiting_residual']);
    expect(await shareSum(market.site)).toBe(0n);

    await market.read(registers.get(main) ?? 0, [
      ['2026-11-01', hoursSince('2026-10-01') * 250n + 100n * HOURS],
    ]);
    expect(await problemCodes(market)).toEqual(['negative_residual']);
    expect(await problemCodes(market)).toEqual(['negative_residual']);
    expect(await shareSum(market.site)).toBe(0n);
    const { rows } = await db.$client.query(
      `SELECT status, count, subject FROM cases WHERE site_id = $1 AND kind = 'negative_residual'`,
      [market.site],
    );
    expect(rows).toMatchObject([
      { status: 'open', count: '1', subject: { mainId: main, residual: `${-80n * HOURS}`, period: PERIOD } },
    ]);
    expect(rows[0].subject.mainId).not.toBe(sub);
  });

  it('is looked at by every day run as well: one case a main, however many days', async () => {
    const { market, main, registers } = await treeOf('shares-daily');
    await run(db, market.site, '2026-10-05');
    const cases = async () =>
      (
        await db.$client.query(
          `SELECT count, subject->>'period' AS day, subject->>'residual' AS residual FROM cases WHERE site_id = $1`,
          [market.site],
        )
      ).rows;
    expect(await cases()).toEqual([]);
    await db.$client.query('DELETE FROM readings WHERE register_id = $1', [registers.get(main)]);
    await market.read(registers.get(main) ?? 0, [
      ['2026-10-01', 0n],
      ['2026-11-01', 100n * HOURS],
    ]);
    await run(db, market.site, '2026-10-05');
    await run(db, market.site, '2026-10-06');
    expect(await cases()).toEqual([{ count: '2', day: '2026-10-06', residual: `${-80n * 24n}` }]);
    expect((await db.$client.query('SELECT FROM residuals WHERE site_id = $1', [market.site])).rowCount).toBe(
      0,
    );
  });

  it('goes back when an allocation ends before the month is closed', async () => {
    const { market, main } = await treeOf('shares-ended');
    await allocate(main, 'residual', 'equal');
    await run(db, market.site, PERIOD);
    await db.$client.query('DELETE FROM allocations WHERE main_id = $1', [main]);
    await run(db, market.site, PERIOD);
    expect(await shareSum(market.site)).toBe(0n);
    expect((await run(db, market.site, PERIOD)).linesPosted).toBe(0);
  });
});

describe('once a month is closed', () => {
  const CLOSED_AT = at('2026-11-20');
  const LATER = at('2026-12-01');
  const closedTree = async (site: string) => {
    const tree = await treeOf(site);
    await allocate(tree.main, 'residual_and_common', 'area');
    const closed = await run(db, site, PERIOD, { kind: 'close', isForced: true, now: CLOSED_AT });
    expect([closed.status, closed.problems]).toEqual(['succeeded', []]);
    expect(await shareSum(site)).toBe(80n * HOURS);
    return tree;
  };
  const replayed = async (id: string) => {
    const site = await findSite(db, id);
    return site && inSnapshot(db, site, PERIOD, replayPeriod);
  };
  const stays = async (site: string): Promise<void> => {
    expect(await replayed(site)).toMatchObject({ isSame: true, differences: [] });
    expect(await run(db, site, PERIOD, { now: LATER })).toMatchObject({
      status: 'succeeded',
      linesPosted: 0,
    });
  };

  it('stays shared out as its rule was, whatever becomes of the rule', async () => {
    const { main } = await closedTree('shares-rule-gone');
    await stays('shares-rule-gone');
    await db.$client.query(`UPDATE allocations SET what = 'residual' WHERE main_id = $1`, [main]);
    await stays('shares-rule-gone');
    await db.$client.query('DELETE FROM allocations WHERE main_id = $1', [main]);
    await stays('shares-rule-gone');
  });

  it('stays charged to whom it was, whatever lies behind what afterwards', async () => {
    const { a, b, main, common } = await closedTree('shares-tree-moved');
    await db.$client.query(`UPDATE metering_points SET role = 'main' WHERE id = $1`, [a]);
    await stays('shares-tree-moved');
    await db.$client.query('UPDATE metering_points SET main_id = NULL WHERE main_id = $1', [main]);
    await db.$client.query(`UPDATE metering_points SET role = 'stall' WHERE id = ANY($1)`, [[main, common]]);
    await put(b, null);
    await stays('shares-tree-moved');
  });

  it('is computed again as it was shared out, although a late reading left nothing to share since', async () => {
    const { market, common, main, registers } = await closedTree('shares-nothing-left');
    await db.$client.query('DELETE FROM readings WHERE register_id = $1 AND ts = $2', [
      registers.get(main),
      at('2026-11-01'),
    ]);
    // The main counted less than what is behind it: nothing is shared out, and the house pays for the common area.
    const counted = hoursSince('2026-10-01') * 250n + 100n * HOURS;
    await market.read(registers.get(main) ?? 0, [['2026-11-01', counted]], at('2026-11-25'));
    await run(db, 'shares-nothing-left', PERIOD, { now: LATER });
    expect(await shareSum('shares-nothing-left')).toBe(0n);
    expect((await linesOf(db, common)).map(({ quantity }) => quantity)).toEqual([10n * HOURS]);
    expect(await replayed('shares-nothing-left')).toMatchObject({ isSame: true, differences: [] });
  });
});
