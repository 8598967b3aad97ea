import { afterAll, beforeAll, expect, test } from 'vitest';
import { noteLowBalances } from '../../store/balance-notices.ts';
import { bookTransaction } from '../../store/ledger.ts';
import { createMarket, createLease as leaseOf, SITE } from './market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
const leases: { party: number; lease: number }[] = [];
beforeAll(async () => {
  api = await startTestApi();
  const { stalls } = await createMarket(api.db, 3);
  for (const [i, stall] of stalls.entries()) leases.push(await leaseOf(api.db, stall.id, `商户${i}`));
  await api.db.$client.query(`UPDATE leases SET charging = 'prepaid' WHERE kind = 'merchant'`);
  for (const [i, amount] of [500n, -300n, 20_000n].entries()) {
    await bookTransaction(api.db.$client, {
      ...{ siteId: SITE, currency: 'CNY', key: `t${i}`, kind: 'top_up', at: new Date(), actor: 'test' },
      entries: [
        { account: { kind: 'bank' }, amount },
        { account: { kind: 'prepaid', leaseId: leases[i]?.lease }, amount: -amount },
      ],
    });
  }
  await noteLowBalances(api.db.$client, {
    ...{ siteId: SITE, at: new Date() },
    thresholds: [{ level: 'low', threshold: 10_000n }],
  });
});
afterAll(() => api.close());

const get = (url: string) => api.call({ method: 'GET', url: `/api/v1${url}`, as: 'biller' });

test('balances come lowest first, page by page, and by what is the matter', async () => {
  const first = await get(`/balances?site=${SITE}&limit=2`);
  expect(first.body.items.map((one: { balance: string }) => one.balance)).toEqual(['-300', '500']);
  const rest = await get(`/balances?site=${SITE}&limit=2&cursor=${first.body.nextCursor}`);
  expect(rest.body).toMatchObject({ items: [{ balance: '20000', notices: [] }], nextCursor: null });
  expect((await get(`/balances?filter=low`)).body.items).toHaveLength(2);
  expect((await get(`/balances?filter=negative`)).body.items).toMatchObject([{ notices: ['low'] }]);
  expect((await get(`/balances?filter=cut`)).body.items).toEqual([]);
  expect((await get('/balances?cursor=bm8')).status).toBe(400);
});

test('a merchant sees their own balance and nobody else’s', async () => {
  const key = await api.keyOf('merchant', leases[0]?.party);
  const own = async (url: string) =>
    (await api.app.inject({ url: `/api/v1${url}`, headers: { authorization: `Bearer ${key}` } })).json();
  expect((await own('/balances')).items).toMatchObject([{ balance: '500', supply: { state: 'connected' } }]);
  expect(await own(`/balances/${leases[0]?.lease}`)).toMatchObject({ obstacle: 'no_meter', cutOff: false });
  expect(await own(`/balances/${leases[1]?.lease}`)).toMatchObject({ status: 404 });
  expect((await own(`/balances/${leases[0]?.lease}/statement`)).items).toMatchObject([
    { amount: '500', balance: '500', kind: 'top_up' },
  ]);
  expect((await own('/balance-notices')).items).toMatchObject([{ lease: { id: leases[0]?.lease } }]);
});

test('staff mark a notice as told, once', async () => {
  const url = `/api/v1/balances/${leases[1]?.lease}/told`;
  expect((await api.call({ method: 'POST', url, as: 'auditor' })).status).toBe(403);
  expect((await api.call({ method: 'POST', url, as: 'biller' })).body).toEqual({ told: 1 });
  expect((await api.call({ method: 'POST', url, as: 'biller' })).body).toEqual({ told: 0 });
  expect((await get(`/balance-notices?site=${SITE}&untold=true`)).body.items).toMatchObject([
    { lease: { id: leases[0]?.lease } },
  ]);
});

test('a lease is protected with a reason, on the record', async () => {
  const url = `/api/v1/supplies/${leases[1]?.lease}/protection`;
  const put = (payload: object) => api.call({ method: 'PUT', url, as: 'operator', payload });
  expect((await put({ isProtected: true })).status).toBe(400);
  expect((await put({ isProtected: true, reason: 'cold store' })).body).toMatchObject({ isProtected: true });
  const { rows } = await api.db.$client.query(`SELECT detail FROM actions WHERE action = 'supply.protect'`);
  expect(rows).toEqual([{ detail: { reason: 'cold store' } }]);
});

test('by hand nothing is cut that is never cut', async () => {
  const step = (lease: number | undefined, name: string, as: 'operator' | 'biller' = 'operator') =>
    api.call({
      method: 'POST',
      url: `/api/v1/supplies/${lease}/steps`,
      as,
      payload: { step: name, reason: 'moved out' },
    });
  expect((await step(leases[1]?.lease, 'manual_cut', 'biller')).status).toBe(403);
  expect((await step(leases[1]?.lease, 'manual_cut')).body.detail).toMatch(/protected/);
  expect((await step(leases[0]?.lease, 'manual_cut')).body.detail).toMatch(/money on the balance/);
  expect((await step(leases[0]?.lease, 'manual_reconnect')).body.detail).toMatch(/supply is connected/);
});
