import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimRun, finishRun } from '../../store/billing-runs.ts';
import { createMeteringPoint } from '../../store/installations.ts';
import { eventually } from '../support/eventually.ts';
import { createLease, createMarket, type Market, SITE } from './market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
let market: Market;
beforeAll(async () => {
  api = await startTestApi();
  market = await createMarket(api.db, 3);
});
afterAll(() => api.close());

const stallAt = (n: number): number => {
  const stall = market.stalls[n];
  if (!stall) throw new Error('the market has stalls');
  return stall.id;
};
const startRun = (payload: object, headers: Record<string, string> = {}) =>
  api.call({ method: 'POST', url: '/api/v1/billing/runs', payload: { site: SITE, ...payload }, headers });
/** What billing does with a run, at once. */
async function execute(id: number, error: string | null = null): Promise<void> {
  await claimRun(api.db.$client, id, new Date());
  await finishRun(api.db.$client, id, new Date(), error);
}

test('a run is queued and answered with where to ask for it; while it has not ended there is no second one', async () => {
  const first = await startRun({ period: '2026-09' });
  expect(first.status).toBe(202);
  expect(first.body).toMatchObject({
    site: SITE,
    period: '2026-09',
    status: 'queued',
    requestedBy: 'ADMIN_TOKEN',
  });
  expect(first.headers.location).toBe(`/api/v1/billing/runs/${first.body.id}`);
  const more = await Promise.all(Array.from({ length: 5 }, () => startRun({ period: '2026-09' })));
  expect(new Set(more.map(({ body }) => body.id))).toEqual(new Set([first.body.id]));
  expect((await startRun({ period: '2026-08' })).body.id).not.toBe(first.body.id);
  await execute(first.body.id);
  expect((await api.call({ url: `/api/v1/billing/runs/${first.body.id}` })).body.status).toBe('succeeded');
  expect((await startRun({ period: '2026-09' })).body.id).not.toBe(first.body.id);
  const list = await api.call({ url: `/api/v1/billing/runs?site=${SITE}` });
  expect(list.body.items).toHaveLength(3);
  expect((await api.call({ url: '/api/v1/billing/runs/999999' })).status).toBe(404);
});

test('Prefer: wait answers with the end of the run', async () => {
  const waiting = startRun({ period: '2026-07' }, { prefer: 'respond-async, wait=20' });
  const id = await eventually(async () => {
    const { body } = await api.call({ url: `/api/v1/billing/runs?site=${SITE}&limit=1` });
    expect(body.items[0].period).toBe('2026-07');
    return body.items[0].id;
  });
  await execute(id, 'no tariff');
  const answer = await waiting;
  expect(answer.status).toBe(200);
  expect(answer.headers['preference-applied']).toBe('wait=20');
  expect(answer.body).toMatchObject({ id, status: 'failed', error: 'no tariff' });
});

test('Prefer: wait gives up after its seconds with 202', async () => {
  expect((await startRun({ period: '2026-06' }, { prefer: 'wait=1' })).status).toBe(202);
});

test.each([
  [{ period: new Date(Date.now() + 86_400_000 * 40).toISOString().slice(0, 7) }, 422],
  [{ period: new Date(Date.now() + 86_400_000 * 2).toISOString().slice(0, 10) }, 422],
  [{ period: '2026-02-30' }, 422],
  [{ period: '2026-13' }, 400],
  [{ period: 'last month' }, 400],
  [{ site: 'nowhere', period: '2026-09' }, 422],
])('a run for %j is refused', async (payload, status) => {
  expect((await startRun(payload)).status).toBe(status);
});

test('a merchant sees the fee lines of their own leases and nobody else’s', async () => {
  const mine = await createLease(api.db, stallAt(0), '王记水产');
  const other = await createLease(api.db, stallAt(1), '李记蔬菜');
  const tariff = await api.call({
    method: 'POST',
    url: '/api/v1/tariffs',
    payload: {
      site: SITE,
      code: 'flat',
      name: 'Flat',
      commodity: 'electricity',
      effectiveFrom: '2026-01-01T00:00:00+08:00',
      definition: { components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '1.25' } }] },
    },
  });
  const run = (await startRun({ period: '2026-05' })).body.id;
  for (const [n, { lease }] of [mine, other].entries()) {
    const point = await createMeteringPoint(api.db, {
      siteId: SITE,
      placeId: stallAt(n),
      commodity: 'electricity',
      code: `P${n}`,
      maxRate: 1000,
    });
    await api.db.$client.query(
      `INSERT INTO fee_lines (site_id, period, accounting_period, unit, run_id, lease_id, metering_point_id, service_from, service_to,
         tariff_version_id, component, band, sequence, quantity, unit_price, amount, currency, kind, input_hash,
         evidence, posted_at)
       VALUES ($1, '2026-05', '2026-05', 'Wh', $2, $3, $4, '2026-05-01', '2026-06-01', $5, 'energy', 'all', 0, 9007199254740993, 1.25,
         -125, 'CNY', 'reversal', 'hash', $6, now())`,
      [
        SITE,
        run,
        lease,
        point.id,
        tariff.body.version.id,
        JSON.stringify({ kind: 'reversal', reverses: [7], posted: { quantity: '100', amount: '125' } }),
      ],
    );
  }
  const all = await api.call({ url: `/api/v1/fee-lines?site=${SITE}&period=2026-05` });
  expect(all.body.items).toHaveLength(2);
  const one = await api.call({ url: '/api/v1/fee-lines?stall=A001' });
  expect(one.body.items).toMatchObject([
    {
      lease: { id: mine.lease, party: '王记水产', stall: 'A001' },
      quantity: '9007199254740993',
      unit: 'Wh',
      unitPrice: '1.25',
      amount: '-125',
      tariff: { code: 'flat', version: 1 },
    },
  ]);
  expect((await api.call({ url: '/api/v1/fee-lines?commodity=water' })).body.items).toEqual([]);

  const asMerchant = { authorization: `Bearer ${await api.keyOf('merchant', mine.party)}` };
  const own = await api.call({ url: '/api/v1/fee-lines', headers: asMerchant });
  expect(own.body.items.map(({ lease }: { lease: { id: number } }) => lease.id)).toEqual([mine.lease]);
  const asked = await api.call({ url: `/api/v1/fee-lines?lease=${other.lease}`, headers: asMerchant });
  expect(asked.body.items).toEqual([]);
  for (const line of all.body.items) {
    const detail = await api.call({ url: `/api/v1/fee-lines/${line.id}`, headers: asMerchant });
    expect(detail.status).toBe(line.lease.id === mine.lease ? 200 : 404);
  }
  const detail = await api.call({ url: `/api/v1/fee-lines/${own.body.items[0].id}`, headers: asMerchant });
  expect(detail.body.evidence).toMatchObject({ kind: 'reversal', reverses: [7] });
  expect(detail.body).not.toHaveProperty('partyId');
  const nobody = { authorization: `Bearer ${await api.keyOf('merchant')}` };
  expect((await api.call({ url: '/api/v1/fee-lines', headers: nobody })).body.items).toEqual([]);
});

const tariffOf = (more: object) => ({
  site: SITE,
  code: 'tou',
  name: 'Time of use',
  commodity: 'electricity',
  effectiveFrom: '2026-01-01T00:00:00+08:00',
  definition: { components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '0.8' } }] },
  ...more,
});
const postTariff = (more: object) =>
  api.call({ method: 'POST', url: '/api/v1/tariffs', payload: tariffOf(more) });

test('a tariff is created, then its next version; what conflicts is said', async () => {
  const first = await postTariff({});
  expect(first.status).toBe(201);
  expect(first.body).toMatchObject({
    code: 'tou',
    version: { version: 1, effectiveFrom: '2025-12-31T16:00:00.000Z' },
  });
  const next = await postTariff({ effectiveFrom: '2026-07-01T00:00:00+08:00' });
  expect(next.body.version.version).toBe(2);
  expect((await postTariff({})).status).toBe(409);
  expect((await postTariff({ commodity: 'water' })).status).toBe(409);
  expect((await postTariff({ site: 'nowhere' })).status).toBe(422);
  expect((await postTariff({ definition: { components: [] } })).status).toBe(400);
  const { body } = await api.call({ url: `/api/v1/tariffs?site=${SITE}` });
  expect(body.items.find((tariff: { code: string }) => tariff.code === 'tou').versions).toHaveLength(2);
});

test('a preview rates usage by a given definition or a stored tariff, and stores nothing', async () => {
  const ask = (payload: object) =>
    api.call({ method: 'POST', url: '/api/v1/tariffs/preview', payload: { site: SITE, ...payload } });
  const definition = { components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '0.8523' } }] };
  const usage = { kind: 'total', quantity: '1000000' };
  const before = await api.db.$client.query('SELECT count(*) FROM tariff_versions');
  const given = await ask({ tariff: { definition }, usage });
  expect(given.status).toBe(200);
  expect(given.body).toMatchObject({ currency: 'CNY', digits: 2, quantity: '1000000', amount: '85230' });
  expect(given.body.lines).toMatchObject([{ component: 'energy', quantity: '1000000', amount: '85230' }]);
  expect((await ask({ tariff: { code: 'flat' }, usage })).body.amount).toBe('125000');
  expect((await ask({ tariff: { code: 'none' }, usage })).status).toBe(422);
  const series = {
    kind: 'series',
    intervals: [{ from: '2026-10-01T00:00:00Z', to: '2026-10-01T00:00:00Z', quantity: '1' }],
  };
  expect((await ask({ tariff: { definition }, usage: series })).status).toBe(422);
  expect((await api.db.$client.query('SELECT count(*) FROM tariff_versions')).rows).toEqual(before.rows);
});

test('a dry run is queued beside a charge, and compared once it is over', async () => {
  const dry = await startRun({ period: '2026-05', kind: 'shadow' });
  expect(dry).toMatchObject({ status: 202, body: { kind: 'shadow', status: 'queued' } });
  expect((await startRun({ period: '2026-05' })).body.id).not.toBe(dry.body.id);
  await execute(dry.body.id);
  const differences = await api.call({ url: `/api/v1/billing/runs/${dry.body.id}/differences` });
  expect(differences).toMatchObject({ status: 200, body: { items: [], amount: '0', count: 0 } });
  const charge = await startRun({ period: '2026-05' });
  expect((await api.call({ url: `/api/v1/billing/runs/${charge.body.id}/differences` })).status).toBe(404);
  expect((await startRun({ period: '2026-05', kind: 'close' })).status).toBe(400);
});

test('the periods of a site are listed, newest first, with what is known of each', async () => {
  const page = await api.call({ url: `/api/v1/periods?site=${SITE}&kind=month&limit=2` });
  expect(page.status).toBe(200);
  const [current] = page.body.items;
  expect(current).toMatchObject({ status: 'running', closed: null, amount: '0', lines: 0 });
  const all = [...page.body.items];
  for (let cursor = page.body.nextCursor; cursor; ) {
    const next = await api.call({
      url: `/api/v1/periods?site=${SITE}&kind=month&limit=2&cursor=${cursor}`,
    });
    all.push(...next.body.items);
    cursor = next.body.nextCursor;
  }
  const names = all.map(({ period }) => period);
  expect(names).toEqual([...new Set(names)].sort().reverse());
  const days = await api.call({ url: `/api/v1/periods?site=${SITE}&kind=day` });
  expect(days.body.items[0].period).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  expect((await api.call({ url: '/api/v1/periods?site=nowhere' })).status).toBe(422);
});

test('a person closes a period that is over, once, and nobody else does', async () => {
  const url = `/api/v1/periods/${SITE}/2026-04/close`;
  const close = (of = url, as?: 'auditor' | 'merchant') =>
    api.call({ method: 'POST', url: of, ...(as ? { as } : {}) });
  for (const as of ['auditor', 'merchant'] as const) expect((await close(url, as)).status).toBe(403);
  const first = await close();
  expect(first).toMatchObject({
    status: 202,
    body: { kind: 'close', period: '2026-04', requestedBy: 'ADMIN_TOKEN' },
  });
  expect((await close()).body.id).toBe(first.body.id);
  expect((await api.call({ url: `/api/v1/periods/${SITE}/2026-04` })).body).toMatchObject({
    closingRunId: first.body.id,
  });
  await api.db.$client.query(
    `INSERT INTO billing_periods (site_id, period, closed_at, closed_by, run_id, lines, amount, hash)
     VALUES ($1, '2026-04', now(), 'test', $2, 0, 0, 'h')`,
    [SITE, first.body.id],
  );
  await execute(first.body.id);
  expect((await close()).status).toBe(409);
  expect((await api.call({ url: `/api/v1/periods/${SITE}/2026-04` })).body).toMatchObject({
    ...{ status: 'closed', closed: { by: 'test', hash: 'h', previousHash: null } },
  });
  const running = new Date(Date.now() + 86_400_000).toISOString().slice(0, 7);
  expect((await close(`/api/v1/periods/${SITE}/${running}/close`)).status).toBe(422);
  expect((await close(`/api/v1/periods/${SITE}/2026-02-30/close`)).status).toBe(404);
});
