import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TariffDefinition } from '../../domain/tariffs/definition.ts';
import type { Database } from '../../store/database.ts';
import { createTariff, listTariffs, type NewTariff, readTariffVersion } from '../../store/tariffs.ts';
import { at, buildMarket, FLAT, type Market, run } from '../billing/market.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let db: Database;
let market: Market;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  market = await buildMarket(db, 'tariffs');
});
afterAll(() => database.drop());

const dearer: TariffDefinition = {
  components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '0.90' } }],
};
const create = (over: Partial<NewTariff> = {}) =>
  createTariff(db, {
    ...{ site: 'tariffs', code: 'A', name: 'Trade', commodity: 'electricity' },
    ...{ effectiveFrom: at('2026-01-01'), definition: FLAT },
    ...over,
  });

describe('a tariff', () => {
  it('gets its next version under the same code, and is listed with all of them', async () => {
    expect(await create({ code: 'B' })).toMatchObject({ ok: true, version: { version: 1 } });
    const next = { code: 'B', name: 'Trade 2026', effectiveFrom: at('2026-07-01'), definition: dearer };
    expect(await create(next)).toMatchObject({ ok: true, version: { version: 2 } });
    const [listed] = (await listTariffs(db, { site: 'tariffs', limit: 10 })).filter(
      ({ code }) => code === 'B',
    );
    expect(listed).toMatchObject({ name: 'Trade 2026', versions: [{ version: 2 }, { version: 1 }] });
    expect(await readTariffVersion(db, { site: 'tariffs', code: 'B' })).toMatchObject({ definition: dearer });
    expect(await readTariffVersion(db, { site: 'tariffs', code: 'B', version: 1 })).toMatchObject({
      definition: FLAT,
    });
    expect(await readTariffVersion(db, { site: 'tariffs', code: 'none' })).toBeUndefined();
  });

  it('numbers versions that are created at once without a gap or a repetition', async () => {
    const made = await Promise.all(
      [1, 2, 3, 4, 5].map((month) => create({ code: 'C', effectiveFrom: at(`2026-0${month}-01`) })),
    );
    expect(made.map((result) => result.ok && result.version.version).sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('is refused for an unknown site, another commodity, a taken instant, and a rounding that cannot be paid', async () => {
    const fine: TariffDefinition = {
      components: [
        {
          ...{ code: 'energy', price: { kind: 'flat', unitPrice: '1' } },
          rounding: { stage: 'line', mode: 'half_up', quantum: '0.001' },
        },
      ],
    };
    await create({ code: 'D' });
    expect(await create({ site: 'none' })).toEqual({ ok: false, reason: 'unknown_site' });
    expect(await create({ code: 'D', commodity: 'water' })).toEqual({ ok: false, reason: 'other_commodity' });
    expect(await create({ code: 'D' })).toEqual({ ok: false, reason: 'effective_from_taken' });
    expect(await create({ code: 'E', definition: fine })).toEqual({
      ok: false,
      reason: 'rounding_below_minor',
    });
    expect((await listTariffs(db, { site: 'tariffs', limit: 10 })).some(({ code }) => code === 'E')).toBe(
      false,
    );
  });

  it('gets no version that would change the price of what has been charged', async () => {
    const tariff = await market.tariff('F', '2026-01-01', FLAT);
    await market.lease(null, '2026-01-01', null, { tariff });
    const register = await market.meter(await market.point(null), '2026-09-30', 0n);
    await market.readHourly(register, '2026-10-01', '2026-11-01', 0n, 100n);
    await run(db, market.site, '2026-10');
    const version = (effectiveFrom: Date) => create({ code: 'F', effectiveFrom, definition: dearer });
    expect(await version(at('2026-10-31 23:59'))).toEqual({ ok: false, reason: 'already_charged' });
    expect(await version(at('2026-11-01'))).toMatchObject({ ok: true, version: { version: 2 } });
  });

  it('gets no version in a closed period, once leases pay it; its name stays as it is then', async () => {
    const own = await buildMarket(db, 'closed');
    const tariff = await own.tariff('G', '2026-01-01', FLAT);
    await own.tariff('UNPAID', '2026-01-01', FLAT);
    await own.lease(null, '2026-01-01', null, { tariff });
    // Nothing was used, so that nothing is charged: only the period is closed.
    await run(db, own.site, '2026-10', { kind: 'close', isForced: true });
    const version = (code: string, from: string) =>
      create({ site: own.site, code, name: 'New', effectiveFrom: at(from), definition: dearer });
    expect(await version('G', '2026-10-31 23:59')).toEqual({
      ok: false,
      reason: 'period_closed',
      closed: { period: '2026-10', earliest: '2026-11-01' },
    });
    const named = async () => (await listTariffs(db, { site: own.site, limit: 10 })).map(({ name }) => name);
    expect(await named()).toEqual(['G', 'UNPAID']);
    expect(await version('UNPAID', '2026-10-15')).toMatchObject({ ok: true });
    expect(await version('G', '2026-11-01')).toMatchObject({ ok: true, version: { version: 2 } });
    expect(await named()).toEqual(['New', 'New']);
  });

  it('of a prepaid lease answers to closed days too', async () => {
    const own = await buildMarket(db, 'days');
    const tariff = await own.tariff('H', '2026-01-01', FLAT);
    await own.lease(await own.stall(), '2026-01-01', null, { tariff, charging: 'prepaid' });
    await run(db, own.site, '2026-10-10', { kind: 'close', isForced: true });
    const version = (from: string) =>
      create({ site: own.site, code: 'H', effectiveFrom: at(from), definition: dearer });
    expect(await version('2026-10-10 12:00')).toEqual({
      ok: false,
      reason: 'period_closed',
      closed: { period: '2026-10-10', earliest: '2026-10-11' },
    });
    expect(await version('2026-10-11')).toMatchObject({ ok: true });
  });
});
