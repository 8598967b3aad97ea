import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { billingPeriods, billingRuns } from '../../store/schema/billing.ts';
import { actions } from '../../store/schema/cases.ts';
import { leases } from '../../store/schema/parties.ts';
import { createLease, createMarket, SITE } from './market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
const lease: Record<string, number> = {};
const JANUARY = '2026-01-01T00:00:00+08:00';
const NOVEMBER = '2026-11-01T00:00:00+08:00';
const DECEMBER = '2026-12-01T00:00:00+08:00';
const post = (path: string, payload: object) => api.call({ method: 'POST', url: `/api/v1/${path}`, payload });
const assign = (tariff: string, startsAt: string, ids: number[], dryRun = false) =>
  post('lease-tariffs', { site: SITE, tariff, startsAt, leases: ids, dryRun });
const paidBy = async (id: number) =>
  (await api.call({ url: `/api/v1/leases/${id}` })).body.tariffs.map(
    (one: { tariff: string; startsAt: string; endsAt: string | null }) => [
      one.tariff,
      one.startsAt,
      one.endsAt,
    ],
  );
const iso = (text: string) => new Date(text).toISOString();

beforeAll(async () => {
  api = await startTestApi();
  const { stalls } = await createMarket(api.db, 4);
  for (const [i, name] of ['a', 'b', 'c', 'over'].entries()) {
    lease[name] = (await createLease(api.db, stalls[i]?.id ?? 0, name)).lease;
  }
  await api.db
    .update(leases)
    .set({ endsAt: new Date('2026-06-01T00:00:00+08:00') })
    .where(eq(leases.id, lease['over'] ?? 0));
  for (const code of ['old', 'new']) {
    const definition = { components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '1' } }] };
    const tariff = {
      site: SITE,
      code,
      name: code,
      commodity: 'electricity',
      effectiveFrom: JANUARY,
      definition,
    };
    expect((await post('tariffs', tariff)).status).toBe(201);
  }
});
afterAll(() => api.close());

test('a dry run says what would change, and changes nothing', async () => {
  const { a = 0, b = 0, over = 0 } = lease;
  await assign('old', JANUARY, [a]);
  const dry = await assign('new', DECEMBER, [a, b, over, 999_999], true);
  expect(dry.body).toMatchObject({ changed: 2, unchanged: 0, refused: 2 });
  expect(dry.body.leases).toMatchObject([
    { lease: a, outcome: 'changed', was: 'old', startsAt: iso(DECEMBER), endsAt: null },
    { lease: b, outcome: 'changed', was: null },
    { lease: over, outcome: 'refused', reason: 'lease_over' },
    { lease: 999_999, outcome: 'refused', reason: 'no_such_lease' },
  ]);
  expect(await paidBy(a)).toEqual([['old', iso(JANUARY), null]]);
  expect(await paidBy(b)).toEqual([]);
});

test('many leases change at once; those that pay it already stay, those refused are left alone', async () => {
  const { a = 0, b = 0, over = 0 } = lease;
  const done = await assign('new', DECEMBER, [a, b, over]);
  expect(done.body).toMatchObject({ changed: 2, refused: 1 });
  expect(await paidBy(a)).toEqual([
    ['old', iso(JANUARY), iso(DECEMBER)],
    ['new', iso(DECEMBER), null],
  ]);
  expect((await assign('new', DECEMBER, [a, b])).body).toMatchObject({ changed: 0, unchanged: 2 });
  const recorded = await api.db.select().from(actions).where(eq(actions.subject, 'tariff new'));
  expect(recorded.map(({ detail }) => detail['leases'])).toEqual([[a, b]]);
});

test('a change that was arranged for later stays, and one for the same instant is replaced', async () => {
  const { a = 0, b = 0 } = lease;
  await assign('old', NOVEMBER, [b]);
  expect(await paidBy(b)).toEqual([
    ['old', iso(NOVEMBER), iso(DECEMBER)],
    ['new', iso(DECEMBER), null],
  ]);
  await assign('old', DECEMBER, [a]);
  expect(await paidBy(a)).toEqual([
    ['old', iso(JANUARY), iso(DECEMBER)],
    ['old', iso(DECEMBER), null],
  ]);
});

test('nothing changes in a closed period', async () => {
  const { c = 0 } = lease;
  const at = new Date('2026-11-05T00:00:00Z');
  const [run] = await api.db
    .insert(billingRuns)
    .values({ siteId: SITE, period: '2026-10', status: 'succeeded', requestedBy: 'test' })
    .returning();
  await api.db.insert(billingPeriods).values({
    ...{ siteId: SITE, period: '2026-10', closedAt: at, closedBy: 'test', runId: run?.id ?? 0 },
    ...{ lines: 0, amount: 0n, hash: 'h' },
  });
  const early = await assign('new', '2026-10-15T00:00:00+08:00', [c]);
  expect(early.body.leases).toMatchObject([
    { outcome: 'refused', reason: 'period_closed', earliest: iso(NOVEMBER) },
  ]);
  expect(await paidBy(c)).toEqual([]);
  expect((await assign('new', NOVEMBER, [c])).body).toMatchObject({ changed: 1 });
});

test('only who may change leases does', async () => {
  const payload = { site: SITE, tariff: 'new', startsAt: DECEMBER, leases: [lease['a']] };
  const refused = await api.call({ method: 'POST', url: '/api/v1/lease-tariffs', payload, as: 'auditor' });
  expect(refused.status).toBe(403);
  expect((await assign('nothing', DECEMBER, [1])).status).toBe(422);
});
