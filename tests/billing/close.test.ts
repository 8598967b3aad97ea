import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inSnapshot } from '../../billing/audit/audit.ts';
import { type Replay, replayPeriod } from '../../billing/replay.ts';
import type { Database } from '../../store/database.ts';
import { readClosedPeriod, sealOf } from '../../store/periods.ts';
import { findSite } from '../../store/sites.ts';
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
const AFTER = at('2026-11-01 02:00');
const LATER = at('2027-01-01');

async function leasedStall(market: Market, definition = FLAT) {
  const tariff = await market.tariff(`T${++sites}`, '2026-01-01', definition);
  const stall = await market.stall();
  const lease = await market.lease(stall, '2026-09-01', null, { tariff });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-09-01', 0n);
  return { tariff, stall, lease, point, register };
}

const close = (market: Market, period: string, now = AFTER, isForced = false) =>
  run(db, market.site, period, { kind: 'close', now, isForced });
const closedOf = (market: Market, period: string) => readClosedPeriod(db.$client, market.site, period);

interface Posted {
  readonly kind: string;
  readonly period: string;
  readonly accounting: string;
  readonly quantity: bigint;
  readonly corrects: boolean;
}

async function postedOf(point: number): Promise<readonly Posted[]> {
  const { rows } = await db.$client.query(
    `SELECT kind, period, accounting_period AS accounting, quantity, corrects_id FROM fee_lines
     WHERE metering_point_id = $1 ORDER BY id`,
    [point],
  );
  return rows.map(({ corrects_id, quantity, ...row }) => ({
    ...row,
    quantity: BigInt(quantity),
    corrects: corrects_id !== null,
  }));
}

/** The end of October is estimated from September's last reading and October's first. */
const SPARSE = [
  ['2026-10-01', 100_000n],
  ['2026-10-11', 340_000n],
] as const;

async function caseOf(point: number) {
  const { rows } = await db.$client.query(
    `SELECT status, resolution, subject FROM cases WHERE kind = 'missing_reading' AND key LIKE $1`,
    [`${point} %`],
  );
  return rows;
}

describe('a month', () => {
  it('closes once every register has reported past its end, with the sum and the hash of its lines', async () => {
    const market = await newMarket();
    const { register } = await leasedStall(market);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10', { now: AFTER });
    expect(await close(market, '2026-10')).toMatchObject({ status: 'succeeded', linesPosted: 0 });
    const closed = await closedOf(market, '2026-10');
    expect(closed).toMatchObject({ lines: 1, amount: 59_520n, previousHash: null, closedBy: 'test' });
    expect(closed?.hash).toMatch(/^[0-9a-f]{64}$/);
    const { rows } = await db.$client.query(
      `SELECT actor, detail FROM actions WHERE action = 'period.close' AND site_id = $1`,
      [market.site],
    );
    expect(rows).toMatchObject([{ actor: 'test', detail: { hash: closed?.hash, isForced: false } }]);
    expect(await close(market, '2026-10')).toMatchObject({
      status: 'failed',
      error: '2026-10 is closed already',
    });
  });

  it('stays open while a reading is awaited and the grace is not over', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, SPARSE);
    const early = await close(market, '2026-10', at('2026-11-05 23:59'));
    expect(early).toMatchObject({ status: 'failed', error: expect.stringContaining('2026-10 stays open') });
    expect(await closedOf(market, '2026-10')).toBeUndefined();
    expect(await linesOf(db, point)).toEqual([]);
    expect(await close(market, '2026-10', at('2026-11-06'))).toMatchObject({ status: 'succeeded' });
  });

  it('is closed before its grace is over when a person says so', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, SPARSE);
    expect(await close(market, '2026-10', AFTER, true)).toMatchObject({ status: 'succeeded' });
    // 24 kWh a day for the three weeks that are missing.
    expect(await linesOf(db, point)).toMatchObject([{ quantity: 240_000n + 21n * 24_000n }]);
  });

  it('seals the one of its kind that was closed before', async () => {
    const market = await newMarket();
    const { register } = await leasedStall(market);
    await market.readHourly(register, '2026-09-01 01:00', '2026-12-01 01:00', 1_000n, 1_000n);
    for (const period of ['2026-10', '2026-11']) {
      await run(db, market.site, period, { now: LATER });
      await close(market, period, LATER);
    }
    const [october, november] = [await closedOf(market, '2026-10'), await closedOf(market, '2026-11')];
    expect(november?.previousHash).toBe(october?.hash);
    const forged = await sealOf(db.$client, market.site, '2026-11', 'another');
    expect(forged.hash).not.toBe(november?.hash);
  });
});

describe('a closed month', () => {
  it('gets no line any more: what comes late adjusts it on the next bill, in its own service range', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.readHourly(register, '2026-09-01 01:00', '2026-10-31 12:00', 1_000n, 1_000n);
    await market.read(register, [['2026-11-01 12:00', 1_500_000n]]);
    await run(db, market.site, '2026-10', { now: at('2026-11-01 13:00') });
    await close(market, '2026-10', at('2026-11-01 13:00'));
    const sealed = await closedOf(market, '2026-10');
    const before = await postedOf(point);
    await market.read(register, [['2026-11-01', 1_464_000n]]);
    const late = await run(db, market.site, '2026-10', { now: LATER });
    expect(late).toMatchObject({ status: 'succeeded', linesPosted: 1 });
    const after = await postedOf(point);
    expect(after.slice(0, 1)).toEqual(before);
    expect(after.slice(1)).toMatchObject([
      { kind: 'adjustment', period: '2026-10', accounting: '2026-11', corrects: true },
    ]);
    const { hash } = await sealOf(db.$client, market.site, '2026-10', null);
    expect(hash).toBe(sealed?.hash);
    expect((await linesOf(db, point)).map(({ from, to }) => [from, to])).toEqual([
      ['2026-10-01', '2026-11-01'],
      ['2026-10-01', '2026-11-01'],
    ]);
  });

  it('refuses a line in the database itself, and its own change', async () => {
    const market = await newMarket();
    const { register } = await leasedStall(market);
    await market.readHourly(register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await run(db, market.site, '2026-10', { now: AFTER });
    await close(market, '2026-10');
    const copy = db.$client.query(
      `INSERT INTO fee_lines (site_id, period, accounting_period, unit, run_id, lease_id, metering_point_id, service_from,
         service_to, tariff_version_id, component, band, sequence, quantity, unit_price, amount, currency, kind, input_hash,
         evidence, posted_at)
       SELECT site_id, period, accounting_period, unit, run_id, lease_id, metering_point_id, service_from, service_to,
         tariff_version_id, component, band, 1, 0, unit_price, 0, currency, 'adjustment', input_hash, evidence, posted_at
       FROM fee_lines WHERE site_id = $1`,
      [market.site],
    );
    await expect(copy).rejects.toThrow('period 2026-10 is closed');
    for (const statement of [
      `UPDATE billing_periods SET hash = ''`,
      'DELETE FROM billing_periods',
      'TRUNCATE billing_periods',
      'UPDATE sealed_inputs SET last_line_id = 0',
      'DELETE FROM sealed_inputs',
      'DELETE FROM change_history',
      `UPDATE sites SET time_zone = 'UTC' WHERE id = '${market.site}'`,
      `UPDATE sites SET currency = 'EUR' WHERE id = '${market.site}'`,
    ]) {
      await expect(db.$client.query(statement), statement).rejects.toThrow(/immutable|stay/);
    }
  });

  it('puts prepaid adjustments on the next open day, and draws them from the balance', async () => {
    const market = await newMarket();
    const tariff = await market.tariff('P', '2026-01-01', FLAT);
    const stall = await market.stall();
    const lease = await market.lease(stall, '2026-09-01', null, { tariff, charging: 'prepaid' });
    const point = await market.point(stall);
    const register = await market.meter(point, '2026-09-01', 0n);
    await market.readHourly(register, '2026-09-01 01:00', '2026-10-13 12:00', 1_000n, 1_000n);
    const now = at('2026-10-13 13:00');
    for (const day of ['2026-10-11', '2026-10-12']) {
      await run(db, market.site, day, { now });
      expect(await close(market, day, now)).toMatchObject({ status: 'succeeded' });
    }
    await db.$client.query('UPDATE installations SET multiplier = 2 WHERE register_id = $1', [register]);
    await run(db, market.site, '2026-10-11', { now: LATER });
    expect(await postedOf(point)).toMatchObject([
      { period: '2026-10-11', accounting: '2026-10-11', quantity: 24_000n },
      { period: '2026-10-12', accounting: '2026-10-12', quantity: 24_000n },
      { period: '2026-10-11', accounting: '2026-10-13', quantity: 24_000n },
      { period: '2026-10-12', accounting: '2026-10-13', quantity: 24_000n },
    ]);
    const { rows } = await db.$client.query(
      `SELECT sum(e.amount)::bigint AS drawn FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
       WHERE a.kind = 'prepaid' AND a.lease_id = $1`,
      [lease],
    );
    expect(rows).toEqual([{ drawn: String(4 * 1920) }]);
  });
});

describe('an estimated end', () => {
  it('is pinned: later runs use it, both months share it, and it opens a case', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, SPARSE);
    await close(market, '2026-10', LATER);
    expect(await linesOf(db, point)).toMatchObject([{ quantity: 744_000n, kind: 'original' }]);
    expect(await caseOf(point)).toMatchObject([
      { status: 'open', subject: { lastValue: '340000', estimate: '504000' } },
    ]);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ linesPosted: 0, problems: [] });
    await close(market, '2026-11', LATER);
    expect(await linesOf(db, point)).toMatchObject([{ quantity: 744_000n }, { quantity: 720_000n }]);
    const { rows } = await db.$client.query(
      `SELECT revision, method, basis FROM boundary_values WHERE metering_point_id = $1 AND at = $2`,
      [point, at('2026-11-01')],
    );
    expect(rows).toMatchObject([
      { revision: 1, method: 'estimated', basis: { quantity: expect.stringMatching(/^\d+$/) } },
    ]);
  });

  it('gives way to the reading: equal and opposite quantities move across its cut, and the case is closed', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, SPARSE);
    await close(market, '2026-10', LATER);
    await close(market, '2026-11', LATER);
    await market.read(register, [
      ['2026-11-01', 800_000n],
      ['2026-12-01', 1_564_000n],
    ]);
    expect(await run(db, market.site, '2026-11')).toMatchObject({ status: 'succeeded', linesPosted: 2 });
    expect((await postedOf(point)).slice(2)).toMatchObject([
      { period: '2026-11', accounting: '2026-12', quantity: 44_000n },
      { period: '2026-10', accounting: '2026-12', quantity: -44_000n },
    ]);
    expect(await caseOf(point)).toMatchObject([
      { status: 'closed', resolution: 'arrived' },
      { status: 'closed', resolution: 'arrived' },
    ]);
  });

  it('gives way to a reading days after the end as well: the value between is interpolated', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    await market.read(register, SPARSE);
    await close(market, '2026-10', LATER);
    await market.read(register, [['2026-11-02', 900_000n]]);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ status: 'succeeded', linesPosted: 1 });
    expect((await postedOf(point)).slice(1)).toMatchObject([
      // 21 of 22 days of what was used since 11 October, less the 504 kWh that were estimated.
      { period: '2026-10', accounting: '2026-11', quantity: (560_000n * 21n) / 22n - 504_000n },
    ]);
    expect(await caseOf(point)).toMatchObject([{ status: 'closed', resolution: 'arrived' }]);
  });

  it('is nothing more than the last reading where there is no history', async () => {
    const market = await newMarket();
    const { point } = await leasedStall(market);
    await close(market, '2026-10', LATER);
    expect(await linesOf(db, point)).toMatchObject([{ quantity: 0n }]);
  });

  it('takes four weeks of history, also from before the period', async () => {
    const market = await newMarket();
    const { point, register } = await leasedStall(market);
    // 1 kWh an hour for months, then silence from the first hour of October on.
    await market.readHourly(register, '2026-09-01 01:00', '2026-10-01', 1_000n, 1_000n);
    await run(db, market.site, '2026-09');
    await market.read(register, [['2026-10-01 01:00', 740_000n]]);
    await close(market, '2026-10', LATER);
    // The last hour used 20 kWh: since 4 September that is 1,029 Wh an hour, not 20,000.
    const [, october] = await linesOf(db, point);
    expect(october?.quantity).toBe(20_000n + (743n * 668_000n) / 649n);
  });

  it('lies linearly inside the tail, so that bands and a new lease share it', async () => {
    const market = await newMarket();
    const { stall, lease, point, register, tariff } = await leasedStall(market, PEAK_VALLEY);
    await market.read(register, SPARSE);
    await db.$client.query('UPDATE leases SET ends_at = $2 WHERE id = $1', [lease, at('2026-10-21')]);
    await market.lease(stall, '2026-10-21', null, { tariff });
    await close(market, '2026-10', LATER);
    const sums = (await linesOf(db, point)).map(({ band, quantity }) => `${band} ${quantity}`);
    expect(sums).toEqual(['valley 160000', 'peak 320000', 'valley 88000', 'peak 176000']);
  });
});

describe('a replay', () => {
  async function closedMarket() {
    const market = await newMarket();
    const stall = await leasedStall(market, PEAK_VALLEY);
    const sparse = await leasedStall(market);
    await market.readHourly(stall.register, '2026-09-01 01:00', '2026-11-01 01:00', 1_000n, 1_000n);
    await market.read(sparse.register, SPARSE);
    await run(db, market.site, '2026-09');
    await run(db, market.site, '2026-10');
    await close(market, '2026-10', LATER);
    return { market, stall, sparse };
  }
  const replayOf = async (market: Market): Promise<Replay | undefined> => {
    const site = await findSite(db, market.site);
    if (!site) throw new Error(`no site ${market.site}`);
    return inSnapshot(db, site, '2026-10', replayPeriod);
  };
  const replayed = async (market: Market): Promise<Replay> => {
    const replay = await replayOf(market);
    if (!replay) throw new Error('2026-10 is open');
    return replay;
  };

  it('of an open period there is none', async () => {
    const market = await newMarket();
    expect(await replayOf(market)).toBeUndefined();
  });

  it('comes to the same hash whatever is read, decided, moved and charged later', async () => {
    const { market, stall, sparse } = await closedMarket();
    const before = await replayed(market);
    expect(before).toMatchObject({ isSame: true, keys: 4, differences: [] });
    const late = [
      ['2026-10-20', 500_000n],
      ['2026-11-02', 900_000n],
    ] as const;
    await market.read(sparse.register, late, at('2027-01-15'));
    const moved = [stall.lease, at('2026-10-16')];
    await db.$client.query('UPDATE leases SET ends_at = $2 WHERE id = $1', moved);
    const cheap = await market.tariff('cheap', '2026-01-01', FLAT);
    await market.lease(stall.stall, '2026-10-16', null, { tariff: cheap });
    await db.$client.query('UPDATE installations SET multiplier = 3 WHERE register_id = $1', [
      stall.register,
    ]);
    await db.$client.query(`UPDATE readings SET quality = 'rejected' WHERE register_id = $1 AND ts = $2`, [
      stall.register,
      at('2026-10-01'),
    ]);
    await db.$client.query('DELETE FROM readings WHERE register_id = $1 AND ts = $2', [
      sparse.register,
      at('2026-10-11'),
    ]);
    await db.$client.query(
      `INSERT INTO readings (register_id, ts, value, quality, source, received_at) VALUES ($1, $2, 555000, 'good', 'manual', $2)`,
      // Entered in the past's name: only its history tells that it was not there.
      [sparse.register, at('2026-10-25')],
    );
    expect(await replayed(market)).toEqual(before);
    for (const period of ['2026-09', '2026-10', '2026-11']) {
      expect(await run(db, market.site, period, { now: at('2027-02-01') })).toMatchObject({
        status: 'succeeded',
      });
    }
    expect((await postedOf(stall.point)).some(({ accounting }) => accounting === '2026-11')).toBe(true);
    expect(await replayed(market)).toEqual(before);
  });

  it('finds a line that was tampered with', async () => {
    const { market, stall } = await closedMarket();
    const client = await db.$client.connect();
    try {
      await client.query('BEGIN');
      await client.query('ALTER TABLE fee_lines DISABLE TRIGGER fee_lines_immutable');
      await client.query(
        `UPDATE fee_lines SET amount = amount - 1 WHERE metering_point_id = $1 AND band = 'peak' AND period = '2026-10'`,
        [stall.point],
      );
      await client.query('ALTER TABLE fee_lines ENABLE TRIGGER fee_lines_immutable');
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    const found = await replayed(market);
    expect(found).toMatchObject({
      isSame: false,
      differences: [{ meteringPointId: stall.point, band: 'peak', component: 'energy' }],
    });
    expect(found.linesHash).not.toBe(found.sealedHash);
    expect(found.replayedHash).not.toBe(found.postedHash);
  });
});
