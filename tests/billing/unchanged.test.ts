import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../store/database.ts';
import { readSettledPoints, readStalePoints } from '../../store/settled-points.ts';
import { createTariff } from '../../store/tariffs.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, FLAT, linesOf, type Market, run } from './market.ts';

let database: TestDatabase;
let db: Database;
let market: Market;
let sites = 0;

interface Let {
  readonly stall: number;
  readonly lease: number;
  readonly point: number;
  readonly register: number;
}
let mine: Let;
let other: Let;
let tariff: number;

const PERIOD = '2026-10';
const sql = (text: string, values: unknown[] = []) => db.$client.query(text, values);
const stale = () => readStalePoints(db.$client, market.site, PERIOD);
const settled = async () =>
  [...(await readSettledPoints(db.$client, [mine.point, other.point], PERIOD, 1))].sort((a, b) => a - b);

async function letStall(): Promise<Let> {
  const stall = await market.stall();
  const lease = await market.lease(stall, '2026-01-01', null, { tariff });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-09-30', 0n);
  // At twenty past: the values at the cuts lie between two readings.
  await market.readHourly(register, '2026-09-30 00:20', '2026-11-01 01:20', 333n, 1_000n);
  return { stall, lease, point, register };
}

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

beforeEach(async () => {
  market = await buildMarket(db, `same${++sites}`);
  tariff = await market.tariff('T', '2026-01-01', FLAT);
  mine = await letStall();
  other = await letStall();
  await market.lease(null, '2026-01-01', null, { tariff });
  await run(db, market.site, PERIOD);
});

describe('a run after a run', () => {
  it('leaves settled points alone, as of its own cut-off', async () => {
    expect(await settled()).toEqual([mine.point, other.point]);
    expect([...((await stale()) ?? [])]).toEqual([]);
    const again = await run(db, market.site, PERIOD);
    expect(again).toMatchObject({ linesPosted: 0, pointsDone: 2, problems: [] });
    const { rows } = await sql('SELECT DISTINCT run_id FROM settled_points WHERE metering_point_id = $1', [
      mine.point,
    ]);
    expect(rows).toEqual([{ run_id: String(again.id) }]);
  });

  it('settles a point again, and no other, when anything that it was settled from changes', async () => {
    const changes: Readonly<Record<string, () => Promise<unknown>>> = {
      'a late reading': () => market.read(mine.register, [['2026-10-15 12:30', 372_500n]]),
      'a reading after the end that is nearer': () =>
        market.read(mine.register, [['2026-11-01 00:05', 768_000n]]),
      'a reading that a person rejects': () =>
        sql(`UPDATE readings SET quality = 'rejected' WHERE register_id = $1 AND ts = $2`, [
          mine.register,
          at('2026-10-10 00:20'),
        ]),
      'the multiplier': () =>
        sql('UPDATE installations SET multiplier = 2 WHERE register_id = $1', [mine.register]),
      'the end of the lease': () =>
        sql('UPDATE leases SET ends_at = $2 WHERE id = $1', [mine.lease, at('2027-01-01')]),
      'the tariff of the lease': () =>
        sql('UPDATE lease_tariffs SET ends_at = $2 WHERE lease_id = $1', [mine.lease, at('2027-01-01')]),
      'the supply': () => sql('UPDATE metering_points SET max_rate = 5000 WHERE id = $1', [mine.point]),
      'the area': () => sql('UPDATE places SET area_m2 = 7 WHERE id = $1', [mine.stall]),
    };
    for (const [what, change] of Object.entries(changes)) {
      await change();
      expect([...((await stale()) ?? [])], what).toEqual([mine.point]);
      await run(db, market.site, PERIOD);
      expect([...((await stale()) ?? [])], what).toEqual([]);
    }
  });

  it('settles a point again whose reading came in while the run before was starting', async () => {
    // Received after the run took the time, taken in before it asked for the cut-off.
    await market.read(mine.register, [['2026-10-01', 24_100n]], at('2026-12-01 00:01'));
    expect(await run(db, market.site, PERIOD, { now: at('2026-12-01') })).toMatchObject({ linesPosted: 0 });
    expect([...((await stale()) ?? [])]).toEqual([mine.point]);
    expect(await run(db, market.site, PERIOD)).toMatchObject({ linesPosted: 1 });
    expect([...((await stale()) ?? [])]).toEqual([]);
  });

  it('settles all when a tariff or the house lease changes', async () => {
    const about = { site: market.site, code: 'T', name: 'T', commodity: 'electricity' } as const;
    const made = await createTariff(db, { ...about, effectiveFrom: at('2026-12-01'), definition: FLAT });
    expect(made).toMatchObject({ ok: true });
    expect(await stale()).toBeNull();
    await run(db, market.site, PERIOD);
    expect([...((await stale()) ?? [])]).toEqual([]);
    await sql(`UPDATE leases SET starts_at = $2 WHERE site_id = $1 AND kind = 'house'`, [
      market.site,
      at('2026-02-01'),
    ]);
    expect(await stale()).toBeNull();
  });

  it('is not misled by readings of another time', async () => {
    await market.read(mine.register, [['2026-11-05', 900_000n]]);
    expect([...((await stale()) ?? [])]).toEqual([]);
  });

  it('posts what a late reading moves, from the same settled points', async () => {
    const quantities = async () =>
      (await linesOf(db, mine.point)).map(({ quantity, kind }) => [quantity, kind]);
    await market.read(mine.register, [['2026-10-01', 24_100n]]);
    await run(db, market.site, PERIOD);
    // Twenty-four hours by interpolation gave 23,999 at the cut, rounded down; the reading there says 24,100.
    expect(await quantities()).toEqual([
      [744_000n, 'original'],
      [-101n, 'adjustment'],
    ]);
    expect(await linesOf(db, other.point)).toHaveLength(1);
  });
});

describe('a point', () => {
  it('that waits for a reading, or has a problem, is not settled whole', async () => {
    const stall = await market.stall();
    await market.lease(stall, '2026-01-01', null, { tariff });
    const point = await market.point(stall);
    const register = await market.meter(point, '2026-09-30', 0n);
    await market.readHourly(register, '2026-09-30 01:00', '2026-10-20', 1_000n, 1_000n);
    await run(db, market.site, PERIOD);
    expect((await readSettledPoints(db.$client, [point], PERIOD, 1)).size).toBe(0);
    await market.read(register, [['2026-11-02', 800_000n]]);
    await run(db, market.site, PERIOD);
    expect((await readSettledPoints(db.$client, [point], PERIOD, 1)).size).toBe(1);
    expect((await readSettledPoints(db.$client, [point], PERIOD, 2)).size).toBe(0);
  });
});
