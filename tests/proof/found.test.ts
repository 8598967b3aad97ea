import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../store/database.ts';
import { at, buildMarket, FLAT, PEAK_VALLEY, run } from '../billing/market.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { audited } from './scene.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const LATER = at('2027-01-01');

async function meteredStall(definition = FLAT) {
  const market = await buildMarket(db, `found${++sites}`);
  const tariff = await market.tariff('T', '2026-01-01', definition);
  const stall = await market.stall();
  await market.lease(stall, '2026-09-01', null, { tariff });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-10-01', 0n);
  await market.read(register, [
    ['2026-10-04', 50_021n],
    ['2026-10-11 01:00', 100_003n],
  ]);
  return { market, stall, register };
}

/** A stall whose meter falls silent in the month, which is closed all the same. */
async function silentStall(definition = FLAT) {
  const metered = await meteredStall(definition);
  const { market } = metered;
  const now = LATER;
  expect(await run(db, market.site, '2026-10', { kind: 'close', isForced: true, now })).toMatchObject({
    status: 'succeeded',
    linesPosted: definition === FLAT ? 1 : 3,
  });
  return metered;
}

/** Wh of each lease, in the order of the leases. */
async function quantities(site: string): Promise<readonly number[]> {
  const { rows } = await db.$client.query<{ quantity: string }>(
    'SELECT sum(quantity) AS quantity FROM fee_lines WHERE site_id = $1 GROUP BY lease_id ORDER BY lease_id',
    [site],
  );
  return rows.map(({ quantity }) => Number(quantity));
}

async function violationsOf(site: string) {
  const findings = await audited(db, site);
  return findings.flatMap(({ invariant, violations }) =>
    violations.map((violation) => ({ invariant, ...violation })),
  );
}

describe('what the physical truth has found', () => {
  it('a month that was estimated is the same again, also in its bands', async () => {
    const { market } = await silentStall(PEAK_VALLEY);
    expect(await run(db, market.site, '2026-10', { now: LATER })).toMatchObject({ linesPosted: 0 });
    expect(await violationsOf(market.site)).toEqual([]);
  });

  it('an estimate stands when a reading before its cut comes late', async () => {
    const { market, register } = await silentStall();
    await market.read(register, [['2026-10-20', 190_000n]], LATER);
    expect(await run(db, market.site, '2026-10', { now: at('2027-01-02') })).toMatchObject({
      linesPosted: 0,
      problems: [],
    });
    expect(await violationsOf(market.site)).toEqual([]);
  });

  it('what moves before an estimate moves against what lies up to it', async () => {
    const { market, stall, register } = await silentStall();
    const whole = async () => (await quantities(market.site)).reduce((sum, quantity) => sum + quantity, 0);
    const before = await whole();
    const tariff = await market.tariff('next', '2026-01-01', FLAT);
    await db.$client.query('UPDATE leases SET ends_at = $2 WHERE place_id = $1', [stall, at('2026-10-16')]);
    await market.lease(stall, '2026-10-16', null, { tariff });
    expect(await run(db, market.site, '2026-10', { now: LATER })).toMatchObject({ linesPosted: 3 });
    const [first = 0] = await quantities(market.site);
    // It does not reach the end of the month, but says more of the middle.
    await market.read(register, [['2026-10-20', 250_000n]], LATER);
    await run(db, market.site, '2026-10', { now: at('2027-01-02') });
    expect((await quantities(market.site))[0]).toBeGreaterThan(first);
    expect(await whole()).toBe(before);
    expect(await violationsOf(market.site)).toEqual([]);
  });

  it('a lease that is known to have ended is not charged again while the rest of its month cannot be judged', async () => {
    const { market, stall, register } = await meteredStall();
    await market.read(register, [['2026-11-01', 200_000n]]);
    expect(await run(db, market.site, '2026-10', { now: LATER })).toMatchObject({ linesPosted: 1 });
    const judge = (quality: string) =>
      db.$client.query('UPDATE readings SET quality = $3 WHERE register_id = $1 AND ts = $2', [
        register,
        at('2026-11-01'),
        quality,
      ]);
    await judge('rejected');
    const tariff = await market.tariff('next', '2026-01-01', FLAT);
    await db.$client.query('UPDATE leases SET ends_at = $2 WHERE place_id = $1', [stall, at('2026-10-06')]);
    await market.lease(stall, '2026-10-06', null, { tariff });
    const waits = await run(db, market.site, '2026-10', { now: at('2027-01-02') });
    expect(waits).toMatchObject({ status: 'succeeded', linesPosted: 0 });
    expect(waits.problems.map(({ code }) => code)).toEqual(['awaiting_reading', 'charged_elsewhere']);
    expect(await violationsOf(market.site)).toEqual([]);

    await judge('good');
    const settled = await run(db, market.site, '2026-10', { now: at('2027-01-04') });
    expect(settled).toMatchObject({ linesPosted: 3, problems: [] });
    expect(await violationsOf(market.site)).toEqual([]);
    expect(await quantities(market.site)).toEqual([64_217, 135_783]);
  });

  it('a reading that ingest came to after the close is none of it, also when it is rejected then', async () => {
    const { market, register } = await silentStall();
    await market.read(register, [['2026-10-20', 190_000n]], at('2026-10-20'));
    await db.$client.query(`UPDATE readings SET quality = 'rejected' WHERE register_id = $1 AND ts = $2`, [
      register,
      at('2026-10-20'),
    ]);
    expect(await violationsOf(market.site)).toEqual([]);
  });
});
