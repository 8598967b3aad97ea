import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BillMarket, buildBillMarket } from '../billing/bill-market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
let market: BillMarket;
let wang: { lease: number; party: number };
let li: { lease: number; party: number };
let lines: number[];
let bills: Map<number, number>;
beforeAll(async () => {
  api = await startTestApi();
  market = await buildBillMarket(api.db, 'm');
  wang = await market.lease({ party: '王记水产' });
  li = await market.lease({ party: '李家蔬菜' });
  lines = await market.lines([
    { lease: wang.lease, amount: 4_000n },
    { lease: wang.lease, amount: 1_000n, component: 'service' },
    { lease: li.lease, amount: 700n },
  ]);
});
afterAll(() => api.close());

const billOf = (lease: number): number => bills.get(lease) ?? 0;
const post = (url: string, payload: object, headers?: Record<string, string>) =>
  api.call({ method: 'POST', url: `/api/v1${url}`, payload, ...(headers ? { headers } : {}) });
const as = async (role: 'merchant' | 'biller', party?: number) => ({
  authorization: `Bearer ${await api.keyOf(role, party)}`,
});
const step = async (name: string, ids: number[], headers?: Record<string, string>, reason?: string) =>
  (await post('/bills/steps', { site: 'm', step: name, bills: ids, ...(reason ? { reason } : {}) }, headers))
    .body.results;

test('bills of a month that is not closed are not drawn up', async () => {
  const refused = await post('/bills/runs', { site: 'm', period: '2026-10' });
  expect(refused.status).toBe(422);
  expect(refused.body.detail).toMatch(/not closed/);
  await market.close('2026-10');
  expect((await post('/bills/runs', { site: 'm', period: '2026-10' })).status).toBe(202);
  const twice = await post('/bills/runs', { site: 'm', period: '2026-10' });
  expect(twice.status).toBe(202);
  expect((await api.call({ url: '/api/v1/bills/runs?site=m' })).body.items).toHaveLength(1);
  await api.db.$client.query(`UPDATE bill_runs SET status = 'succeeded'`);
  bills = await market.drawUp();
});

test('a merchant sees no bill before it is issued, and only their own', async () => {
  const own = await as('merchant', wang.party);
  const list = () => api.call({ url: '/api/v1/bills', headers: own, as: 'nobody' });
  expect((await list()).body.items).toEqual([]);
  const ids = [...bills.values()];
  expect(await step('review', ids, await as('biller'))).toMatchObject([{ done: true }, { done: true }]);
  expect(await step('issue', ids, await as('biller'))).toMatchObject([
    { done: false, refusal: { code: 'reviewed_it' } },
    { done: false, refusal: { code: 'reviewed_it' } },
  ]);
  expect(await step('issue', [...ids, 999_999])).toMatchObject([
    { done: true },
    { done: true },
    { done: false, refusal: { code: 'no_such_bill' } },
  ]);
  expect(await step('issue', ids)).toMatchObject([{ refusal: { code: 'wrong_status' } }, { done: false }]);
  expect((await list()).body.items).toMatchObject([{ id: billOf(wang.lease), due: '5000' }]);
  const other = `/api/v1/bills/${billOf(li.lease)}`;
  for (const url of [other, `${other}/lines`])
    expect((await api.call({ url, headers: own, as: 'nobody' })).status).toBe(404);
  const detail = (await api.call({ url: `/api/v1/bills/${billOf(wang.lease)}`, headers: own, as: 'nobody' }))
    .body;
  expect(detail).toMatchObject({ createdBy: '', reviewedBy: null, issuedBy: null });
  expect(detail.events).toMatchObject([{ action: 'bill.issue', actor: null }]);
});

test('returning and voiding need a reason', async () => {
  const refused = await post('/bills/steps', { site: 'm', step: 'void', bills: [1] });
  expect(refused.status).toBe(400);
  expect(refused.body.detail).toMatch(/say why/);
  expect((await post('/bills/steps', { site: 'nowhere', step: 'review', bills: [1] })).status).toBe(422);
});

test('a bill shows its lines, its bookings and who did what', async () => {
  const url = `/api/v1/bills/${billOf(wang.lease)}`;
  const { body } = await api.call({ url });
  expect(body).toMatchObject({
    number: expect.stringMatching(/^\d{4}-00000\d$/),
    groups: [
      { component: 'energy', amount: '4000', lines: 1 },
      { component: 'service', amount: '1000', lines: 1 },
    ],
    bookings: [{ kind: 'bill.issued', amount: '5000' }],
  });
  expect(body.events.map(({ action }: { action: string }) => action)).toEqual([
    'bill.draw_up',
    'bill.review',
    'bill.issue',
  ]);
  const page = (await api.call({ url: `${url}/lines?limit=1` })).body;
  expect(page.items).toHaveLength(1);
  expect((await api.call({ url: `${url}/lines?limit=1&cursor=${page.nextCursor}` })).body).toMatchObject({
    items: [{ id: lines[0] }],
    nextCursor: null,
  });
});

test('a merchant disputes their own lines; a biller decides', async () => {
  const own = await as('merchant', wang.party);
  const bill = billOf(wang.lease);
  const dispute = (id: number, of: number[]) =>
    post(`/bills/${id}/disputes`, { lines: of, reason: '不是我的表' }, own);
  expect((await dispute(billOf(li.lease), [lines[2] ?? 0])).status).toBe(404);
  expect((await dispute(bill, [lines[2] ?? 0])).status).toBe(422);
  const opened = await dispute(bill, [lines[0] ?? 0]);
  expect(opened.status).toBe(201);
  expect((await dispute(bill, [lines[0] ?? 0])).status).toBe(409);
  const { id } = opened.body;
  const cases = await api.db.$client.query(`SELECT kind, status FROM cases`);
  expect(cases.rows).toEqual([{ kind: 'bill_dispute', status: 'open' }]);
  const decide = (body: object, headers?: Record<string, string>) =>
    post(`/disputes/${id}/decision`, body, headers);
  expect((await decide({ outcome: 'rejected', note: 'no reason' }, own)).status).toBe(403);
  const above = await decide({ outcome: 'upheld', note: '表装反了', amount: '4001' });
  expect(above.status).toBe(422);
  expect((await api.call({ url: `/api/v1/disputes/${id}` })).body.status).toBe('open');
  expect((await decide({ outcome: 'upheld', note: '表装反了', amount: '3000' })).body).toMatchObject({
    status: 'upheld',
  });
  expect((await decide({ outcome: 'rejected', note: 'again' })).status).toBe(409);
  expect((await api.call({ url: `/api/v1/bills/${bill}` })).body).toMatchObject({
    due: '2000',
    credits: '3000',
    creditNotes: [{ amount: '3000', disputeId: id, number: expect.stringMatching(/^CN/) }],
  });
});

test('credits above the bill, write-offs above the due and deposits that are not there are refused whole', async () => {
  const url = `/bills/${billOf(li.lease)}`;
  const before = (await api.db.$client.query('SELECT count(*) FROM ledger_transactions')).rows;
  const above = await post(`${url}/credit-notes`, { amount: '701', reason: 'too much' });
  expect(above.body.detail).toMatch(/at most 700/);
  expect((await post(`${url}/write-offs`, { amount: '701', reason: 'too much' })).status).toBe(409);
  expect((await post(`${url}/deposit`, { amount: '1' })).status).toBe(422);
  expect((await post(`${url}/balance`, {})).status).toBe(409);
  expect((await post('/deposits/returns', { lease: li.lease, amount: '1', reason: 'transfer' })).status).toBe(
    422,
  );
  expect((await post(`${url}/credit-notes`, { amount: '0', reason: 'nothing' })).status).toBe(400);
  expect((await post(`${url}/credit-notes`, { amount: '99999999999999999999', reason: 'huge' })).status).toBe(
    400,
  );
  expect((await api.db.$client.query('SELECT count(*) FROM ledger_transactions')).rows).toEqual(before);
  const { rows } = await api.db.$client.query(`SELECT last FROM bill_counters WHERE kind = 'credit_note'`);
  expect(rows).toEqual([{ last: 1 }]);
});

test('a write-off is proposed by one and approved by another', async () => {
  const biller = await as('biller');
  const bill = billOf(li.lease);
  const proposed = await post(`/bills/${bill}/write-offs`, { amount: '700', reason: '已退租' }, biller);
  expect(proposed.status).toBe(201);
  const [{ id }] = proposed.body.writeOffs;
  expect((await post(`/write-offs/${id}/decision`, { approve: true }, biller)).status).toBe(409);
  expect((await post(`/write-offs/${id}/decision`, { approve: true })).body).toMatchObject({
    status: 'paid',
    due: '0',
  });
  expect((await post('/write-offs/999999/decision', { approve: true })).status).toBe(404);
});

test('the ledger adds up, and leads from an account to the bill', async () => {
  const balance = (await api.call({ url: '/api/v1/ledger/trial-balance?site=m' })).body;
  expect(balance.sums).toMatchObject([{ currency: 'CNY', sum: '0' }]);
  const accounts = (
    await api.call({ url: `/api/v1/ledger/accounts?site=m&kind=receivable&lease=${wang.lease}` })
  ).body;
  expect(accounts.items).toMatchObject([{ balance: '2000', lease: { party: '王记水产' } }]);
  const url = `/api/v1/ledger/accounts/${accounts.items[0].id}/entries`;
  const first = (await api.call({ url: `${url}?limit=1` })).body;
  expect(first.items).toMatchObject([{ kind: 'credit_note', amount: '-3000', balance: '2000' }]);
  const second = (await api.call({ url: `${url}?limit=1&cursor=${first.nextCursor}` })).body;
  expect(second).toMatchObject({ items: [{ amount: '5000', balance: '5000' }], nextCursor: null });
  const one = await api.call({ url: `/api/v1/ledger/transactions/${second.items[0].transaction}` });
  expect(one.body).toMatchObject({ kind: 'bill.issued', refs: { bill: billOf(wang.lease) } });
  expect(one.body.entries).toHaveLength(3);
});

test('messages to be sent are listed, and marked as sent once', async () => {
  const bill = billOf(wang.lease);
  await api.db.$client.query(
    `INSERT INTO dunning_notices (site_id, bill_id, step, after_days, created_at) VALUES ('m', $1, 'remind', 1, now())`,
    [bill],
  );
  const open = (await api.call({ url: '/api/v1/dunning?site=m' })).body.items;
  expect(open).toMatchObject([{ bill: { id: bill }, texts: { zh: expect.stringContaining('CNY 20.00') } }]);
  const mark = () => post(`/dunning/${open[0].id}/sent`, {});
  expect((await mark()).status).toBe(200);
  expect((await mark()).status).toBe(409);
  expect((await api.call({ url: '/api/v1/dunning?site=m&sent=true' })).body.items).toMatchObject([
    { texts: open[0].texts },
  ]);
});
