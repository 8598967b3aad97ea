import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildDemoMarket } from '../../demo/market.ts';
import { listDevices } from '../../store/devices.ts';
import { importMarket, type Market } from '../../store/import-market.ts';
import { listStalls } from '../../store/stalls.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const startedAt = Date.parse('2026-11-21T15:42:00+08:00');
const { market } = buildDemoMarket({ seed: 'x', startedAt, historyDays: 35, secretOf: (id) => id });
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function counts(): Promise<Record<string, number>> {
  const tables = ['places', 'parties', 'leases', 'lease_tariffs', 'tariff_versions', 'devices'];
  const all = [...tables, 'device_states', 'registers', 'metering_points', 'installations'];
  const { rows } = await database.db.$client.query<Record<string, string>>(
    `SELECT ${all.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`).join(', ')}`,
  );
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([table, count]) => [table, Number(count)]));
}

test('a whole market is stored once, and a second time is a no-op', async () => {
  expect(await importMarket(database.db, market)).toBe(true);
  const expected = {
    places: market.places.length,
    // The operator is a party too.
    parties: market.parties.length + 1,
    // The cold store's, and the house's without a gate tariff.
    leases: 480 + 2,
    lease_tariffs: 3 * (480 + 1) + 2,
    tariff_versions: 5,
    devices: 1425,
    device_states: 1425,
    registers: 821,
    metering_points: 820,
    installations: 821,
  };
  expect(await counts()).toEqual(expected);
  expect(await importMarket(database.db, market)).toBe(false);
  expect(await counts()).toEqual(expected);
});

test('what is stored reads back as it was described', async () => {
  const now = new Date(startedAt);
  const [stall] = await listStalls(database.db, now, { site: 'demo', q: '1A-017', limit: 1 });
  const lease = market.leases.find(({ place }) => place === '1A-017');
  const party = market.parties.find(({ key }) => key === lease?.party);
  expect(stall).toMatchObject({ code: '1A-017', party: { name: party?.name } });
  const [device] = await listDevices(database.db, { id: 'E-1B-012-2', limit: 1 });
  expect(device).toMatchObject({ serial: 'E-1B-012-2', place: { code: '1B-012' }, enabled: true });
});

test('a market that contradicts itself leaves nothing behind', async () => {
  const before = await counts();
  const wrong: Market = {
    ...market,
    site: { ...market.site, id: 'wrong' },
    devices: market.devices.map((device) => ({ ...device, id: `x-${device.id}` })),
  };
  await expect(importMarket(database.db, wrong)).rejects.toThrow('there is no register of device');
  expect(await counts()).toEqual(before);
});
