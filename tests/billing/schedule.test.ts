import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { duePeriods } from '../../billing/schedule.ts';
import { listRuns } from '../../store/billing-runs.ts';
import { queueDueRuns } from '../../store/billing-schedule.ts';
import type { Database } from '../../store/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, type Market, ZONE } from './market.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const newMarket = (): Promise<Market> => buildMarket(db, `site${++sites}`);

async function tick(
  market: Market,
  kind: 'day' | 'month',
  now: Date,
  isTick = true,
): Promise<readonly string[]> {
  const before = (await listRuns(db, { site: market.site, limit: 1 }))[0]?.id ?? 0;
  const site = { id: market.site, timeZone: ZONE };
  const count = await queueDueRuns(db, site, duePeriods(site, kind, now, isTick), now);
  const queued = (await listRuns(db, { site: market.site, limit: 100 })).filter(({ id }) => id > before);
  expect(queued).toHaveLength(count);
  return queued.map(({ period }) => period).reverse();
}

async function endRuns(market: Market, problems: readonly string[] = []): Promise<void> {
  const list = problems.map((code) => ({ meteringPointId: 1, code, detail: '' }));
  await db.$client.query(
    `UPDATE billing_runs SET status = 'succeeded', problems = $2 WHERE site_id = $1 AND status = 'queued'`,
    [market.site, JSON.stringify(list)],
  );
}

const setCreated = (market: Market, created: Date): Promise<unknown> =>
  db.$client.query('UPDATE sites SET created_at = $2 WHERE id = $1', [market.site, created]);

describe('the schedule', () => {
  it('queues the month before, in the site’s zone, for a site with leases', async () => {
    const market = await newMarket();
    await market.lease(null, '2026-01-01', null);
    await setCreated(market, at('2026-10-05'));
    expect(await tick(market, 'month', at('2026-10-31 23:59'))).toEqual([]);
    expect(await tick(market, 'month', at('2026-11-01 01:00'))).toEqual(['2026-10']);
    expect(await tick(market, 'day', at('2026-11-01 01:00'))).toEqual([]);
  });

  it('queues the day before, and the month, for a site with prepaid leases', async () => {
    const market = await newMarket();
    await market.lease(await market.stall(), '2026-01-01', null, { charging: 'prepaid' });
    await setCreated(market, at('2026-10-05'));
    expect(await tick(market, 'day', at('2026-10-06 00:30'))).toEqual(['2026-10-05']);
    // What is due by the month is due from prepaid leases too.
    expect(await tick(market, 'month', at('2026-11-01 01:00'))).toEqual(['2026-10']);
  });

  it('queues nothing twice when several processes keep it', async () => {
    const market = await newMarket();
    await market.lease(null, '2026-01-01', null);
    await setCreated(market, at('2026-10-05'));
    const now = at('2026-11-01 01:00');
    const site = { id: market.site, timeZone: ZONE };
    const counts = await Promise.all(
      [1, 2, 3, 4].map(() => queueDueRuns(db, site, duePeriods(site, 'month', now, true), now)),
    );
    expect(counts.reduce((a, b) => a + b)).toBe(1);
    await endRuns(market);
    expect(await tick(market, 'month', now)).toEqual([]);
  });

  it('makes up for what was missed, and for nothing before the site was there', async () => {
    const market = await newMarket();
    await market.lease(await market.stall(), '2026-01-01', null, { charging: 'prepaid' });
    await setCreated(market, at('2026-10-05 12:00'));
    expect(await tick(market, 'day', at('2026-10-08 09:00'), false)).toEqual([
      '2026-10-05',
      '2026-10-06',
      '2026-10-07',
    ]);
  });

  it('settles the newest periods again for late readings, and older ones that await some', async () => {
    const market = await newMarket();
    await market.lease(await market.stall(), '2026-01-01', null, { charging: 'prepaid' });
    await setCreated(market, at('2026-10-01'));
    await tick(market, 'day', at('2026-10-05 00:30'));
    await endRuns(market, ['awaiting_reading']);
    await tick(market, 'day', at('2026-10-06 00:30'));
    await endRuns(market);
    expect(await tick(market, 'day', at('2026-10-07 00:30'))).toEqual([
      '2026-10-04',
      '2026-10-05',
      '2026-10-06',
    ]);
    await db.$client.query(
      `UPDATE billing_runs SET problems = '[{"code":"awaiting_reading"}]' WHERE site_id = $1 AND period = '2026-10-02'`,
      [market.site],
    );
    await endRuns(market);
    expect(await tick(market, 'day', at('2026-10-08 00:30'))).toEqual([
      '2026-10-02',
      '2026-10-05',
      '2026-10-06',
      '2026-10-07',
    ]);
  });

  it('leaves a period alone that is queued or running', async () => {
    const market = await newMarket();
    await market.lease(null, '2026-01-01', null);
    await setCreated(market, at('2026-10-05'));
    await tick(market, 'month', at('2026-11-01 01:00'));
    expect(await tick(market, 'month', at('2026-11-02 01:00'))).toEqual([]);
  });
});
