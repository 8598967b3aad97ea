import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { takeCallback } from '../../billing/callbacks.ts';
import { createSandbox } from '../../billing/providers/sandbox.ts';
import type { HandOutcome } from '../../domain/charges.ts';
import { createRefund } from '../../store/refunds.ts';
import { settleByHand } from '../../store/settle-by-hand.ts';
import { transaction } from '../../store/transaction.ts';
import { startTestApi, type TestApi } from '../api/support.ts';
import { buildMarket, type Market, silent } from './market.ts';
import {
  balancesOf,
  billStatus,
  bookings,
  chargeBill,
  chargesOf,
  issueBill,
  leaseOf,
  openCases,
} from './payments-market.ts';

const SECRET = 'shared with the sandbox';
let api: TestApi;
let market: Market;
let lease: number;
let bill: number;
let charge: { readonly id: number; readonly orderNo: string };
let sites = 0;

beforeAll(async () => {
  api = await startTestApi({ providers: ['sandbox', 'alipay'] });
});
afterAll(() => api.close());
beforeEach(async () => {
  market = await buildMarket(api.db, `lies${++sites}`);
  lease = await leaseOf(market);
  bill = await issueBill(api.db, market, lease, 1_000n);
  charge = await chargeBill(api.db, lease, bill, 1_000n);
});

interface Said {
  readonly about?: 'charge' | 'refund';
  readonly orderNo?: string;
  readonly status?: 'paid' | 'failed';
  readonly paid?: string;
  readonly currency?: string;
}

function signed(said: Said, secret = SECRET) {
  const {
    about = 'charge',
    orderNo = charge.orderNo,
    status = 'paid',
    paid = '1000',
    currency = 'CNY',
  } = said;
  const order = { orderNo, id: 'SB1', status, paid, currency, reason: 'no', payUrl: 'http://x' };
  const payload = JSON.stringify({ about, order });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.`).update(payload).digest('hex');
  const headers = { 'x-sandbox-timestamp': timestamp, 'x-sandbox-signature': signature };
  return { payload, headers: { ...headers, 'content-type': 'application/json' } };
}

async function deliver(call: ReturnType<typeof signed>, provider = 'sandbox') {
  const url = `/api/v1/callbacks/${provider}`;
  expect((await api.app.inject({ method: 'POST', url, ...call })).statusCode).toBe(200);
  const sandbox = createSandbox({ url: 'http://127.0.0.1:9', secret: SECRET });
  const deps = {
    db: api.db,
    log: silent,
    now: () => new Date(),
    providers: new Map([['sandbox', sandbox] as const]),
  };
  while (await takeCallback(deps));
  const { rows } = await api.db.$client.query<{ status: string; reason: string | null; count: number }>(
    'SELECT status, reason, count FROM provider_callbacks ORDER BY id DESC LIMIT 1',
  );
  return rows[0];
}
const say = (said: Said = {}) => deliver(signed(said));
const nothing = { receivable: 1_000n, revenue: -1_000n };
const paid = { clearing: 1_000n, revenue: -1_000n };

describe('a provider that lies', () => {
  it('about the amount: what came in is booked, and a case asks for the rest', async () => {
    expect(await say({ paid: '900' })).toMatchObject({ status: 'applied' });
    expect(await balancesOf(api.db, market)).toEqual({ clearing: 900n, receivable: 100n, revenue: -1_000n });
    expect(await billStatus(api.db, bill)).toBe('issued');
    expect(await openCases(api.db, market.site)).toEqual(['amount_differs']);
  });

  it('about the amount, the second time: what is booked stays, and a case says so', async () => {
    await say();
    await say({ paid: '9000' });
    expect(await balancesOf(api.db, market)).toEqual(paid);
    expect(await bookings(api.db, market.site)).toBe(1);
    expect(await openCases(api.db, market.site)).toEqual(['success_differs']);
  });

  it('about the currency: nothing is booked until a person has looked', async () => {
    await say({ currency: 'USD' });
    expect((await chargesOf(api.db, lease))[0]?.status).toBe('unknown');
    expect(await balancesOf(api.db, market)).toEqual(nothing);
    expect(await openCases(api.db, market.site)).toEqual(['currency_differs']);
  });

  it.each(['0', '-1000'])('that %s came in: nothing is booked', async (amount) => {
    await say({ paid: amount });
    expect(await balancesOf(api.db, market)).toEqual(nothing);
    expect((await chargesOf(api.db, lease))[0]?.status).not.toBe('succeeded');
  });

  it('about an order that nobody made is refused and kept', async () => {
    expect(await say({ orderNo: 'SG0000000000' })).toMatchObject({
      ...{ status: 'refused', reason: 'there is no charge SG0000000000' },
    });
    expect(await say({ about: 'refund', orderNo: charge.orderNo })).toMatchObject({ status: 'refused' });
    expect(await balancesOf(api.db, market)).toEqual(nothing);
  });

  it('and is somebody else, by its signature, or changed a byte, is refused', async () => {
    const forged = signed({}, 'a guess');
    expect(await deliver(forged)).toMatchObject({ status: 'refused', reason: 'the signature is wrong' });
    const right = signed({ paid: '1000' });
    expect(await deliver({ ...right, payload: right.payload.replace('1000', '1001') })).toMatchObject({
      status: 'refused',
    });
    expect(await balancesOf(api.db, market)).toEqual(nothing);
  });

  it('and says the same again, byte for byte or signed anew, books once', async () => {
    const once = signed({});
    await deliver(once);
    expect(await deliver(once)).toMatchObject({ status: 'applied', count: 2 });
    await say({});
    expect(await bookings(api.db, market.site)).toBe(1);
    expect(await balancesOf(api.db, market)).toEqual(paid);
    expect(await openCases(api.db, market.site)).toEqual([]);
  });

  it('about another market’s charge touches that one alone', async () => {
    const other = await buildMarket(api.db, `lies${++sites}`);
    const theirs = await leaseOf(other);
    const owed = await issueBill(api.db, other, theirs, 1_000n);
    const { orderNo } = await chargeBill(api.db, theirs, owed, 1_000n);
    await say({ orderNo });
    expect(await balancesOf(api.db, other)).toEqual(paid);
    expect(await balancesOf(api.db, market)).toEqual(nothing);
    expect((await chargesOf(api.db, lease))[0]?.status).toBe('created');
  });

  it('about a charge or refund of another provider is not heard', async () => {
    await say();
    const { orderNo } = await refundOf(400n);
    await api.db.$client.query(
      `ALTER TABLE charges DISABLE TRIGGER USER;
       UPDATE charges SET provider = 'alipay' WHERE id = ${charge.id};
       ALTER TABLE charges ENABLE TRIGGER USER`,
    );
    expect(await say({ about: 'refund', orderNo, paid: '400' })).toMatchObject({ status: 'refused' });
    expect(await say({ status: 'failed' })).toMatchObject({ status: 'refused' });
    expect(await bookings(api.db, market.site, 'charge.refunded')).toBe(0);
  });
});

async function refundOf(amount: bigint): Promise<{ readonly id: number; readonly orderNo: string }> {
  const made = await transaction(api.db, (tx) =>
    createRefund(tx, { chargeId: charge.id, amount, reason: 'test', requestedBy: 'test', at: new Date() }),
  );
  if (!made.ok) throw new Error(made.reason);
  const { rows } = await api.db.$client.query<{ order_no: string }>(
    'SELECT order_no FROM refunds WHERE id = $1',
    [made.id],
  );
  return { id: made.id, orderNo: rows[0]?.order_no ?? '' };
}

async function unknownRefund(amount: bigint) {
  const refund = await refundOf(amount);
  await api.db.$client.query(`UPDATE refunds SET status = 'unknown', next_look_at = NULL WHERE id = $1`, [
    refund.id,
  ]);
  return refund;
}
const byHand = (refundId: number | null, as: HandOutcome) =>
  transaction(api.db, (tx) =>
    settleByHand(
      tx,
      { chargeId: charge.id, refundId },
      {
        ...{ as, note: 'seen in the back office', fourEyes: false, actor: 'biller', at: new Date() },
      },
    ),
  );
const refundStatus = async (id: number) =>
  (await api.db.$client.query<{ status: string }>('SELECT status FROM refunds WHERE id = $1', [id])).rows[0]
    ?.status;

describe('what a person said, and the provider says otherwise', () => {
  it('a charge that was not paid: the money is booked after all, and a case says so', async () => {
    await api.db.$client.query(`UPDATE charges SET status = 'unknown' WHERE id = $1`, [charge.id]);
    expect(await byHand(null, 'failed')).toBeUndefined();
    expect(await balancesOf(api.db, market)).toEqual(nothing);
    await say();
    expect(await balancesOf(api.db, market)).toEqual(paid);
    expect(await billStatus(api.db, bill)).toBe('paid');
    expect(await openCases(api.db, market.site)).toEqual(['paid_after_all']);
  });

  it('a charge that was paid: it stays booked, and a case says so', async () => {
    await api.db.$client.query(`UPDATE charges SET status = 'unknown' WHERE id = $1`, [charge.id]);
    await byHand(null, 'succeeded');
    await say({ status: 'failed' });
    expect(await balancesOf(api.db, market)).toEqual(paid);
    expect(await openCases(api.db, market.site)).toEqual(['failed_after_success']);
  });

  it('a refund that went back: it stays booked, and a case says so', async () => {
    await say();
    const { id, orderNo } = await unknownRefund(400n);
    expect(await byHand(id, 'succeeded')).toBeUndefined();
    const back = { clearing: 600n, receivable: 400n, revenue: -1_000n };
    expect(await balancesOf(api.db, market)).toEqual(back);
    expect(await byHand(id, 'succeeded')).toEqual({ reason: 'not_open', status: 'succeeded' });
    await say({ about: 'refund', orderNo, status: 'failed' });
    expect(await refundStatus(id)).toBe('succeeded');
    expect(await balancesOf(api.db, market)).toEqual(back);
    expect(await openCases(api.db, market.site)).toEqual(['refund_failed_after_success']);
    // The same again is no news.
    await say({ about: 'refund', orderNo, paid: '400' });
    expect(await bookings(api.db, market.site, 'charge.refunded')).toBe(1);
  });

  it('a refund that did not go back: nothing is booked before a person has looked again, and then once', async () => {
    await say();
    const { id, orderNo } = await unknownRefund(400n);
    await byHand(id, 'failed');
    expect((await chargesOf(api.db, lease))[0]?.refunded).toBe('0');
    expect(await openCases(api.db, market.site)).toEqual([]);
    await say({ about: 'refund', orderNo, paid: '400' });
    expect(await refundStatus(id)).toBe('failed');
    expect(await balancesOf(api.db, market)).toEqual(paid);
    expect(await openCases(api.db, market.site)).toEqual(['refund_differs']);
    expect(await byHand(id, 'succeeded')).toBeUndefined();
    expect(await balancesOf(api.db, market)).toEqual({ clearing: 600n, receivable: 400n, revenue: -1_000n });
    expect((await chargesOf(api.db, lease))[0]?.refunded).toBe('400');
    expect(await openCases(api.db, market.site)).toEqual([]);
  });

  it('a refund that did not go back and was made again is never booked above what came in', async () => {
    await say();
    const first = await unknownRefund(700n);
    await byHand(first.id, 'failed');
    const again = await unknownRefund(700n);
    await byHand(again.id, 'succeeded');
    expect(await byHand(first.id, 'succeeded')).toEqual({ reason: 'above_paid', left: 300n });
    expect(await bookings(api.db, market.site, 'charge.refunded')).toBe(1);
  });

  it('before a second person approved it: the provider’s word counts, and nobody decides any more', async () => {
    await say();
    const { id, orderNo } = await unknownRefund(400n);
    const at = new Date();
    const one = { as: 'failed', note: 'x', fourEyes: true, actor: 'biller', at } as const;
    await transaction(api.db, (tx) => settleByHand(tx, { chargeId: charge.id, refundId: id }, one));
    expect(await refundStatus(id)).toBe('unknown');
    await say({ about: 'refund', orderNo, paid: '400' });
    expect(await refundStatus(id)).toBe('succeeded');
    const { rows } = await api.db.$client.query('SELECT status FROM hand_outcomes WHERE refund_id = $1', [
      id,
    ]);
    expect(rows).toEqual([{ status: 'overtaken' }]);
  });
});
