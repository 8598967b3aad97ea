import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildMarket } from '../billing/market.ts';
import { startTestApi, type TestApi } from './support.ts';

const SITE = 'bad';
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await buildMarket(api.db, SITE);
});
afterAll(() => api.close());

const tiers = (first: string, price: string) => ({
  ...{ kind: 'tiered', accumulation: 'month', scale: 'window', mode: 'graduated' },
  tiers: [
    { upTo: first, unitPrice: price },
    { upTo: '10', unitPrice: '2' },
    { upTo: null, unitPrice: '3' },
  ],
});
const bands = (to: string, band: string) => ({
  kind: 'time_of_use',
  bands: [{ code: 'peak', unitPrice: '1' }],
  calendar: { schedules: { day: [{ from: '00:00', to, band }] }, days: [{ schedule: 'day' }] },
});

test.each([
  ['a gap in its day', bands('23:00', 'peak'), 'day'],
  ['a band that it does not have', bands('24:00', 'valley'), 'valley'],
  ['tiers out of order', tiers('20', '1'), 'tiers.1.upTo'],
  ['a negative price', tiers('5', '-1'), 'tiers.0.unitPrice'],
  ['a price beyond range', { kind: 'flat', unitPrice: '1000000000.1' }, 'unitPrice'],
])('a tariff with %s is refused, names the place, and is not stored', async (_what, price, place) => {
  const definition = { components: [{ code: 'energy', price }] };
  const about = { site: SITE, code: 'T', name: 'T', commodity: 'electricity' };
  const payload = { ...about, effectiveFrom: '2026-01-01T00:00:00+08:00', definition };
  const { status, body } = await api.call({ method: 'POST', url: '/api/v1/tariffs', payload });
  expect([400, 422]).toContain(status);
  expect(JSON.stringify(body)).toContain(place);
  expect((await api.call({ url: `/api/v1/tariffs?site=${SITE}` })).body.items).toEqual([]);
});
