import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRunner } from '../../billing/runner.ts';
import type { TariffDefinition, Tiers } from '../../domain/tariffs/definition.ts';
import type { Database } from '../../store/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, HOUR, type Market, run, silent } from './market.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const tiers = (dear: string): Tiers => ({
  accumulation: 'year',
  scale: 'window',
  mode: 'graduated',
  tiers: [
    { upTo: '100', unitPrice: '0.50' },
    { upTo: '400', unitPrice: '0.60' },
    { upTo: null, unitPrice: dear },
  ],
});
/** Peak by day and valley by night, each with tiers of its own that count the year. */
const BAND_TIERS: TariffDefinition = {
  components: [
    {
      code: 'energy',
      price: {
        kind: 'time_of_use',
        bands: [
          { code: 'peak', tiered: tiers('1.30') },
          { code: 'valley', tiered: tiers('0.70') },
        ],
        calendar: {
          schedules: {
            day: [
              { from: '00:00', to: '08:00', band: 'valley' },
              { from: '08:00', to: '24:00', band: 'peak' },
            ],
          },
          days: [{ schedule: 'day' }],
        },
      },
    },
  ],
};
const MONTHS = ['2026-09', '2026-10', '2026-11'] as const;
const LATER = at('2027-02-01');

async function aMeter() {
  const market = await buildMarket(db, `tiers${++sites}`);
  const tariff = await market.tariff('T', '2026-01-01', BAND_TIERS);
  const stall = await market.stall();
  await market.lease(stall, '2026-01-01', null, { tariff });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-09-01', 0n);
  return { market, point, register };
}

/** The register at an instant: an uneven use, day by day. */
const counted = (hours: number): bigint => BigInt(hours) * 700n + (BigInt(hours) % 24n) * 90n;
const START = at('2026-09-01').getTime();
const readingAt = (hours: number) => [new Date(START + hours * HOUR), counted(hours)] as const;
const HOURS = Math.round((at('2026-12-01').getTime() - START) / HOUR);
/** One reading a month end: in between usage lies evenly on day and night. */
const EDGES = ['2026-09-01', '2026-10-01', '2026-11-01', '2026-12-01'].map(
  (day) => (at(day).getTime() - START) / HOUR,
);

/** Runs until no run waits. */
async function settleAll({ site }: Market, now = LATER): Promise<readonly string[]> {
  const runner = startRunner({ db, log: silent, now: () => now });
  const open = async () =>
    (
      await db.$client.query(
        `SELECT period FROM billing_runs WHERE site_id = $1 AND status IN ('queued', 'running')`,
        [site],
      )
    ).rowCount ?? 0;
  try {
    while ((await open()) > 0) {
      runner.wake();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    await runner.close();
  }
  const { rows } = await db.$client.query(
    `SELECT period FROM billing_runs WHERE site_id = $1 AND requested_by = 'tiers' ORDER BY id`,
    [site],
  );
  return rows.map(({ period }) => period);
}

/** What was charged, by month, band and tier: quantity and amount. */
async function charged(point: number): Promise<Readonly<Record<string, string>>> {
  const { rows } = await db.$client.query(
    `SELECT period, band, sum(quantity) AS quantity, sum(amount) AS amount FROM fee_lines
     WHERE metering_point_id = $1 GROUP BY 1, 2 HAVING sum(quantity) <> 0 OR sum(amount) <> 0 ORDER BY 1, 2`,
    [point],
  );
  return Object.fromEntries(
    rows.map(({ period, band, quantity, amount }) => [`${period} ${band}`, `${quantity} ${amount}`]),
  );
}

describe('tiers of bands that count earlier months', () => {
  it('are corrected in later months, closed ones too, by the run of the month for which a reading came late', async () => {
    const { market, point, register } = await aMeter();
    await market.read(register, EDGES.slice(1).map(readingAt), at('2026-12-01'));
    for (const month of MONTHS) await run(db, market.site, month, { now: at('2026-12-10') });
    const closed = { kind: 'close', now: at('2026-12-20'), isForced: true } as const;
    expect(await run(db, market.site, '2026-10', closed)).toMatchObject({ status: 'succeeded' });
    expect(await settleAll(market)).toEqual([]);
    const before = await charged(point);
    // On a day of September nearly all was used by day.
    const late = [
      [at('2026-09-11 08:00'), 168_000n],
      [at('2026-09-11 20:00'), 330_000n],
    ] as const;
    await market.read(register, late, at('2027-01-10'));
    expect(await run(db, market.site, '2026-09', { now: LATER })).toMatchObject({ status: 'succeeded' });
    expect(await settleAll(market)).toEqual(['2026-10', '2026-11']);
    const after = await charged(point);
    const moved = Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
    expect([...new Set(moved.map((key) => key.slice(0, 7)))].sort()).toEqual(MONTHS);
    const { rows } = await db.$client.query(
      `SELECT DISTINCT accounting_period FROM fee_lines WHERE metering_point_id = $1 AND period = '2026-10'
         AND kind = 'adjustment'`,
      [point],
    );
    expect(rows).toEqual([{ accounting_period: '2026-11' }]);
    // Nothing has changed since: nobody is asked to run again.
    const runs = await settleAll(market);
    await run(db, market.site, '2026-09', { now: LATER });
    expect(await settleAll(market)).toEqual(runs);
  });

  it('come to what they would have been had every reading been in time', async () => {
    const someHours = fc.uniqueArray(fc.integer({ min: 1, max: HOURS - 1 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(someHours, someHours, async (early, late) => {
        const known = [...new Set([...EDGES.slice(1), ...early])].sort((a, b) => a - b);
        const rest = late.filter((hours) => !known.includes(hours)).sort((a, b) => a - b);
        const [mine, fresh] = [await aMeter(), await aMeter()];
        await mine.market.read(mine.register, known.map(readingAt), at('2026-12-01'));
        for (const month of MONTHS) await run(db, mine.market.site, month, { now: at('2026-12-10') });
        await settleAll(mine.market);
        if (rest.length > 0) {
          await mine.market.read(mine.register, rest.map(readingAt), at('2027-01-10'));
          // Only the months that a late reading lies in.
          for (const [n, month] of MONTHS.entries()) {
            const [from = 0, to = 0] = [EDGES[n], EDGES[n + 1]];
            if (rest.some((hours) => hours >= from && hours < to)) {
              await run(db, mine.market.site, month, { now: LATER });
            }
          }
          await settleAll(mine.market);
        }
        const all = [...known, ...rest].sort((a, b) => a - b);
        await fresh.market.read(fresh.register, all.map(readingAt), at('2026-12-01'));
        for (const month of MONTHS) await run(db, fresh.market.site, month, { now: LATER });
        expect(await charged(mine.point)).toEqual(await charged(fresh.point));
      }),
      { numRuns: 6 },
    );
  }, 240_000);
});
