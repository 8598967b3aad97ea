import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zSiteSettings } from '../../contracts/settings.ts';
import { bookTransaction } from '../../store/ledger.ts';
import { writeSettings } from '../../store/settings.ts';
import { transaction } from '../../store/transaction.ts';
import { buildMarket, type Market } from '../billing/market.ts';
import { balancesOf, bookings, issueBill, leaseOf } from '../billing/payments-market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
let market: Market;
let lease: number;
let bill: number;
let party: number;
/** A merchant of another market. */
let stranger: number;

beforeAll(async () => {
  api = await startTestApi({ providers: ['sandbox', 'bank_transfer', 'stripe'] });
  market = await buildMarket(api.db, 'pay');
  lease = await leaseOf(market);
  bill = await issueBill(api.db, market, lease, 10_000n);
  party = await partyOf(lease);
  stranger = await partyOf(await leaseOf(await buildMarket(api.db, 'elsewhere')));
});
afterAll(() => api.close());

async function partyOf(leaseId: number): Promise<number> {
  const { rows } = await api.db.$client.query<{ party_id: string }>(
    'SELECT party_id FROM leases WHERE id = $1',
    [leaseId],
  );
  return Number(rows[0]?.party_id);
}
const post = (url: string, payload: object, as?: 'biller' | 'auditor' | 'merchant' | 'viewer') =>
  api.call({ method: 'POST', url: `/api/v1${url}`, payload, as });
const pay = (change: object = {}, as: 'biller' | 'auditor' | 'viewer' = 'biller') =>
  post('/charges', { purpose: 'bill', lease, bill, amount: '10000', provider: 'sandbox', ...change }, as);
const asMerchant = async (partyId: number) => {
  const authorization = `Bearer ${await api.keyOf('merchant', partyId)}`;
  return (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
    api.call({
      method,
      url: `/api/v1${url}`,
      headers: { authorization },
      as: 'nobody',
      ...(payload ? { payload } : {}),
    });
};
const charges = async (): Promise<number> => {
  const { rows } = await api.db.$client.query<{ n: number }>('SELECT count(*)::int AS n FROM charges');
  return rows[0]?.n ?? 0;
};

describe('a charge is refused, and nothing is written,', () => {
  it.each([
    ['for more than is due', { amount: '10001' }, 422, /above the 10000 minor units/],
    ['for nothing', { amount: '0' }, 400, /amount/],
    ['for parts of a cent', { amount: '1.5' }, 400, /amount/],
    ['without a bill', { bill: undefined }, 400, /names the bill/],
    ['with a bill, for a top-up', { purpose: 'top_up' }, 400, /names the bill/],
    ['of a lease that is not', { lease: 999_999 }, 422, /no such lease/],
    ['of a bill that is not', { bill: 999_999 }, 422, /no such bill/],
    ['by a provider that is not set up', { provider: 'alipay' }, 422, /payment-options/],
    ['in cash without a receipt', { provider: 'cash' }, 422, /receipt number/],
    ['with a receipt, but not in cash', { receiptNo: 'R1' }, 422, /receipt number/],
    [
      'from the balance for a top-up',
      { purpose: 'top_up', bill: undefined, provider: 'balance' },
      422,
      /bills only/,
    ],
  ])('%s', async (_what, change, status, detail) => {
    const before = await charges();
    const answer = await pay(change);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([status, expect.stringMatching(detail)]);
    expect(await charges()).toBe(before);
  });

  it('by who may only look, or nothing', async () => {
    expect((await pay({}, 'auditor')).status).toBe(403);
    expect((await pay({}, 'viewer')).status).toBe(403);
  });

  it('for a draft', async () => {
    const draft = await issueBill(api.db, market, await leaseOf(market), 500n);
    await api.db.$client.query(
      `SET session_replication_role = replica; UPDATE bills SET status = 'draft', number = NULL WHERE id = ${draft}; SET session_replication_role = origin`,
    );
    const { rows } = await api.db.$client.query<{ lease_id: string }>(
      'SELECT lease_id FROM bills WHERE id = $1',
      [draft],
    );
    const answer = await pay({ bill: draft, lease: Number(rows[0]?.lease_id), amount: '500' });
    expect(answer).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('not issued yet') },
    });
  });
});

describe('a merchant', () => {
  it('pays and sees their own only', async () => {
    const [own, other] = [await asMerchant(party), await asMerchant(stranger)];
    const mine = { purpose: 'top_up', lease, amount: '500', provider: 'sandbox' };
    const made = await own('POST', '/charges', mine);
    expect(made.status).toBe(201);
    const { id } = made.body;
    expect((await own('GET', `/charges/${id}`)).body).toMatchObject({ id, status: 'created', payWith: null });
    expect((await other('GET', `/charges/${id}`)).status).toBe(404);
    expect((await other('POST', `/charges/${id}/cancel`, {})).status).toBe(404);
    expect((await other('GET', '/charges')).body.items).toEqual([]);
    expect((await other('GET', `/payment-options?lease=${lease}`)).status).toBe(404);
    expect((await other('POST', '/charges', mine)).status).toBe(422);
  });

  it('takes no cash, enters no deposit, and decides nothing', async () => {
    const own = await asMerchant(party);
    const cash = { purpose: 'bill', lease, bill, amount: '1', provider: 'cash', receiptNo: 'R' };
    expect((await own('POST', '/charges', cash)).status).toBe(422);
    const deposit = { purpose: 'deposit', lease, amount: '1', provider: 'sandbox' };
    expect((await own('POST', '/charges', deposit)).status).toBe(422);
    for (const verb of ['settle', 'refunds', 'look'])
      expect((await own('POST', `/charges/1/${verb}`, {})).status).toBe(403);
    expect((await own('GET', `/payment-options?lease=${lease}`)).body.providers).not.toContain('cash');
  });

  it('may have their balance charged by itself, but no card', async () => {
    const own = await asMerchant(party);
    const url = `/leases/${lease}/payment-method`;
    expect((await own('PUT', url, { provider: 'balance', autopay: true })).status).toBe(200);
    expect(
      (
        await own('PUT', url, {
          provider: 'stripe',
          autopay: true,
          payer: { customer: 'c', paymentMethod: 'p' },
        })
      ).status,
    ).toBe(422);
    const biller = (payload: object) =>
      api.call({ method: 'PUT', url: `/api/v1${url}`, payload, as: 'biller' });
    expect((await biller({ provider: 'stripe', autopay: true, payer: { customer: 'c' } })).status).toBe(422);
    const method = { provider: 'stripe', autopay: true, payer: { customer: 'c', paymentMethod: 'p' } };
    expect((await biller(method)).body).toEqual(method);
    const options = await api.call({ url: `/api/v1/payment-options?lease=${lease}`, as: 'biller' });
    expect(options.body).toMatchObject({ balance: '0', deposit: '0', currency: 'CNY', method });
  });

  it('has no more than five payments of a lease open', async () => {
    const one = await leaseOf(market);
    const own = await asMerchant(party);
    const top = { purpose: 'top_up', lease: one, amount: '500', provider: 'sandbox' };
    for (let i = 0; i < 5; i++) expect((await own('POST', '/charges', top)).status).toBe(201);
    expect((await own('POST', '/charges', top)).status).toBe(409);
  });
});

describe('a bill', () => {
  it('has one open charge, whose address the second one is told', async () => {
    const first = await pay();
    expect(first.status).toBe(201);
    const second = await pay({ amount: '1' });
    expect(second).toMatchObject({
      status: 409,
      headers: { location: `/api/v1/charges/${first.body.id}` },
      body: { detail: expect.stringContaining('finish or cancel it first') },
    });
    expect(
      (await post(`/charges/${first.body.id}/refunds`, { amount: '1', reason: 'x' }, 'biller')).status,
    ).toBe(409);
    expect(
      (await post(`/charges/${first.body.id}/settle`, { as: 'failed', note: 'x' }, 'biller')).status,
    ).toBe(409);
    expect((await post('/charges/999999/settle', { as: 'failed', note: 'x' }, 'biller')).status).toBe(404);
    expect(
      (await post(`/charges/${first.body.id}/settle`, { as: 'maybe', note: 'x' }, 'biller')).status,
    ).toBe(400);
  });

  it('is paid in cash at once, and recorded under who took it', async () => {
    const one = await leaseOf(market);
    const due = await issueBill(api.db, market, one, 700n);
    const cash = { lease: one, bill: due, amount: '700', provider: 'cash', receiptNo: 'R-9' };
    expect((await pay(cash)).body).toMatchObject({ status: 'succeeded', paid: '700', providerRef: 'R-9' });
    expect((await pay(cash)).status).toBe(422);
    const { rows } = await api.db.$client.query(
      `SELECT actor, detail->>'receiptNo' AS receipt FROM actions WHERE action = 'charge.create' ORDER BY id DESC LIMIT 1`,
    );
    expect(rows).toEqual([{ actor: 'key:biller/', receipt: 'R-9' }]);
  });
});

const withoutFourEyes = (site: string) =>
  writeSettings(api.db, site, zSiteSettings.parse({ billing: { fourEyes: false } }), {
    ...{ actor: 'test', at: new Date() },
  });

describe('an unknown charge', () => {
  it.each([
    ['succeeded', 'paid', 1],
    ['failed', 'issued', 0],
  ] as const)('is settled by hand as %s, and its case closes', async (as, status, booked) => {
    const one = await buildMarket(api.db, `hand-${as}`);
    await withoutFourEyes(one.site);
    const leased = await leaseOf(one);
    const owed = await issueBill(api.db, one, leased, 900n);
    const { body } = await pay({ lease: leased, bill: owed, amount: '900' });
    await api.db.$client.query(`UPDATE charges SET status = 'unknown', next_look_at = NULL WHERE id = $1`, [
      body.id,
    ]);
    await api.db.$client.query(
      `INSERT INTO cases (site_id, kind, key, subject, opened_at, last_seen_at) VALUES ($1, 'payment_mismatch', $2, '{}', now(), now())`,
      [one.site, `charge ${body.id}`],
    );
    const settled = await post(
      `/charges/${body.id}/settle`,
      { as, note: 'seen in the back office' },
      'biller',
    );
    expect(settled.body).toMatchObject({
      status: as,
      failure: as === 'failed' ? 'seen in the back office' : null,
    });
    expect((await post(`/charges/${body.id}/settle`, { as, note: 'again' }, 'biller')).status).toBe(409);
    expect(await bookings(api.db, one.site)).toBe(booked);
    const { rows } = await api.db.$client.query(
      `SELECT b.status, c.status AS case, c.closed_by FROM bills b, cases c WHERE b.id = $1 AND c.key = $2`,
      [owed, `charge ${body.id}`],
    );
    expect(rows).toEqual([{ status, case: 'closed', closed_by: 'key:biller/' }]);
  });

  it('waits for a second person where the market has four eyes, who may also drop it', async () => {
    const one = await buildMarket(api.db, 'hand-two');
    const leased = await leaseOf(one);
    const owed = await issueBill(api.db, one, leased, 900n);
    const { body } = await pay({ lease: leased, bill: owed, amount: '900' });
    await api.db.$client.query(`UPDATE charges SET status = 'unknown' WHERE id = $1`, [body.id]);
    const settle = (as: string) => post(`/charges/${body.id}/settle`, { as, note: 'back office' }, 'biller');
    const decide = (id: number, approve: boolean, as?: 'biller') =>
      post(`/hand-outcomes/${id}/decision`, { approve }, as);
    const first = await settle('failed');
    expect(first.body).toMatchObject({
      status: 'unknown',
      byHand: [{ as: 'failed', note: 'back office', status: 'proposed', proposedBy: 'key:biller/' }],
    });
    expect((await settle('succeeded')).body.detail).toMatch(/approve that, or drop it/);
    expect((await decide(first.body.byHand[0].id, true, 'biller')).body.detail).toMatch(/somebody else/);
    expect((await decide(first.body.byHand[0].id, false)).body).toMatchObject({
      status: 'unknown',
      byHand: [{ status: 'rejected' }],
    });
    const second = await settle('succeeded');
    const { id } = second.body.byHand[1];
    expect((await decide(id, true)).body).toMatchObject({ status: 'succeeded', paid: '900' });
    expect((await decide(id, true)).status).toBe(409);
    expect((await decide(999_999, true)).status).toBe(404);
    expect(await bookings(api.db, one.site)).toBe(1);
    const { rows } = await api.db.$client.query(
      `SELECT action, actor FROM actions WHERE site_id = $1 AND action LIKE 'charge.settle%' ORDER BY id`,
      [one.site],
    );
    expect(rows.map(({ action }) => action)).toEqual([
      'charge.settle_propose',
      'charge.settle_reject',
      'charge.settle_propose',
      'charge.settle',
    ]);
    expect(rows[3]?.actor).not.toBe(rows[2]?.actor);
  });
});

describe('a deposit', () => {
  it('is refunded only while it is there', async () => {
    const one = await buildMarket(api.db, 'deposit');
    const leased = await leaseOf(one);
    const { body } = await pay({
      ...{
        purpose: 'deposit',
        lease: leased,
        bill: undefined,
        amount: '50000',
        provider: 'cash',
        receiptNo: 'D1',
      },
    });
    expect(await balancesOf(api.db, one)).toEqual({ clearing: 50_000n, deposit: -50_000n });
    await transaction(api.db, (tx) =>
      bookTransaction(tx, {
        ...{
          siteId: one.site,
          currency: 'CNY',
          key: 'back',
          kind: 'deposit.returned',
          at: new Date(),
          actor: 'test',
        },
        entries: [
          { account: { kind: 'bank' }, amount: -40_000n },
          { account: { kind: 'deposit', leaseId: leased }, amount: 40_000n },
        ],
      }),
    );
    const refund = (amount: string) =>
      post(`/charges/${body.id}/refunds`, { amount, reason: 'moves out' }, 'biller');
    expect(await refund('10001')).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('10000') },
    });
    expect((await refund('10000')).status).toBe(201);
  });
});
