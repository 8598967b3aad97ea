import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallingPaymentProvider, Order } from '../../../billing/providers/port.ts';
import { createStripe } from '../../../billing/providers/stripe.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';

const WEBHOOK_SECRET = 'whsec_of_a_test';
let server: FakeServer;
let stripe: CallingPaymentProvider;
beforeAll(async () => {
  server = await startFakeServer();
  stripe = createStripe({
    ...{
      secretKey: 'sk_test_1',
      webhookSecret: WEBHOOK_SECRET,
      returnUrl: 'https://market.example/payments',
    },
    ...{ baseUrl: server.url, callMsMax: 300 },
  });
});
afterAll(() => server.close());

const order: Order = {
  ...{ orderNo: 'SG0123456789', amount: 12_850n, currency: 'CNY', description: 'South A1 2026-000001' },
  ...{ createdAt: new Date('2026-11-20T00:00:00Z'), expiresAt: new Date('2026-11-20T01:00:00Z') },
  ...{ providerRef: null, payer: null },
};
const session = (more: object = {}) =>
  JSON.stringify({
    ...{ id: 'cs_1', object: 'checkout.session', status: 'open', payment_status: 'unpaid' },
    ...{ url: 'https://checkout.example/cs_1', client_reference_id: order.orderNo },
    ...{ amount_total: 12_850, currency: 'cny', payment_intent: 'pi_1', ...more },
  });

describe('a payer who is there', () => {
  it('gets a page, asked for under the order number as idempotency key', async () => {
    server.reply(() => [200, session()]);
    expect(await stripe.submit(order)).toEqual({
      ...{ status: 'submitted', providerRef: 'cs_1' },
      payWith: { url: 'https://checkout.example/cs_1', qr: 'https://checkout.example/cs_1' },
    });
    const [asked] = server.asked;
    expect(asked).toMatchObject({
      ...{ method: 'POST', path: '/v1/checkout/sessions' },
      headers: { 'idempotency-key': order.orderNo, authorization: 'Bearer sk_test_1' },
    });
    const form = new URLSearchParams(asked?.body);
    expect(form.get('line_items[0][price_data][unit_amount]')).toBe('12850');
    expect(form.get('line_items[0][price_data][currency]')).toBe('cny');
    expect(form.get('payment_intent_data[metadata][orderNo]')).toBe(order.orderNo);
    expect(form.get('expires_at')).toBe(String(order.expiresAt.getTime() / 1000));
  });

  it('says the very same when it is asked again, so that Stripe answers with the first one', async () => {
    server.reply(() => [200, session()]);
    await stripe.submit(order);
    await stripe.query(order);
    const [first, second] = server.asked;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });

  it('is asked after by the number of the page once it is known', async () => {
    server.reply(() => [200, session({ status: 'complete', payment_status: 'paid' })]);
    expect(await stripe.query({ ...order, providerRef: 'cs_1' })).toEqual({
      ...{ status: 'succeeded', providerRef: 'cs_1', paid: 12_850n, currency: 'CNY' },
    });
    expect(server.asked).toMatchObject([{ method: 'GET', path: '/v1/checkout/sessions/cs_1' }]);
  });

  it('closes the page before the charge has failed', async () => {
    server.reply(() => [200, session({ status: 'expired' })]);
    expect(await stripe.close({ ...order, providerRef: 'cs_1' })).toEqual({ status: 'closed' });
    expect(server.asked[0]?.path).toBe('/v1/checkout/sessions/cs_1/expire');
    server.reply(() => [400, JSON.stringify({ error: { type: 'invalid_request_error', message: 'paid' } })]);
    expect(await stripe.close({ ...order, providerRef: 'cs_1' })).toMatchObject({ status: 'unknown' });
  });
});

describe('a payer who is away', () => {
  const away = { ...order, payer: { customer: 'cus_1', paymentMethod: 'pm_1' } };
  it('is charged by the method that was saved', async () => {
    server.reply(() => [
      200,
      JSON.stringify({ id: 'pi_9', status: 'succeeded', amount_received: 12_850, currency: 'cny' }),
    ]);
    expect(await stripe.submit(away)).toEqual({
      ...{ status: 'succeeded', providerRef: 'pi_9', paid: 12_850n, currency: 'CNY' },
    });
    const form = new URLSearchParams(server.asked[0]?.body);
    expect(Object.fromEntries(form)).toMatchObject({
      ...{ customer: 'cus_1', payment_method: 'pm_1', off_session: 'true', confirm: 'true', amount: '12850' },
    });
  });

  it('whose card is declined has not paid', async () => {
    server.reply(() => [
      402,
      JSON.stringify({ error: { type: 'card_error', code: 'card_declined', message: 'Declined.' } }),
    ]);
    expect(await stripe.submit(away)).toEqual({ status: 'failed', reason: 'card_declined Declined.' });
  });
});

it.each([
  ['500', [500, '{}'] as const],
  ['429', [429, JSON.stringify({ error: { type: 'rate_limit_error', message: 'slow down' } })] as const],
  ['a wrong key', [401, JSON.stringify({ error: { type: 'authentication_error', message: 'no' } })] as const],
  ['no answer', 'never' as const],
])('knows nothing after %s, and does not try again by itself', async (_what, reply) => {
  server.reply(() => reply);
  expect(await stripe.submit(order)).toMatchObject({ status: 'unknown' });
  expect(server.asked).toHaveLength(1);
});

it('refunds under the refund’s number, and finds it again', async () => {
  const refund = {
    ...{ id: 're_1', status: 'succeeded', amount: 500, currency: 'cny' },
    metadata: { refundNo: 'RF1' },
  };
  server.reply(({ path }) =>
    path.startsWith('/v1/checkout')
      ? [200, session()]
      : [
          200,
          JSON.stringify(path.includes('?') ? { object: 'list', data: [refund], has_more: false } : refund),
        ],
  );
  const of = { ...order, providerRef: 'cs_1' };
  const asked = { refundNo: 'RF1', amount: 500n, reason: 'twice', of };
  const answer = { status: 'succeeded', providerRef: 're_1', paid: 500n, currency: 'CNY' };
  expect(await stripe.refund(asked)).toEqual(answer);
  expect(server.asked.at(-1)).toMatchObject({ path: '/v1/refunds', headers: { 'idempotency-key': 'RF1' } });
  expect(await stripe.queryRefund(asked)).toEqual(answer);
  expect(await stripe.queryRefund({ ...asked, refundNo: 'RF2' })).toEqual({ status: 'none' });
});

describe('a webhook', () => {
  const event = (type: string, object: object) =>
    JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });
  const at = Math.floor(Date.now() / 1000);
  /** https://docs.stripe.com/webhooks#verify-manually: HMAC-SHA256 over time, a full stop and the body. */
  const signed = (body: string, { secret = WEBHOOK_SECRET, time = at } = {}) => ({
    headers: {
      'stripe-signature': `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`,
    },
    body: Buffer.from(body),
    receivedAt: new Date(),
  });
  const paid = event('checkout.session.completed', JSON.parse(session({ payment_status: 'paid' })) as object);

  it('that is signed tells of a payment', async () => {
    expect(await stripe.parseCallback(signed(paid))).toEqual({
      ...{ ok: true, about: 'charge', orderNo: order.orderNo },
      answer: { status: 'succeeded', providerRef: 'cs_1', paid: 12_850n, currency: 'CNY' },
    });
  });

  it('about a refund names ours, and of anything else says so', async () => {
    const refund = {
      id: 're_1',
      status: 'failed',
      amount: 5,
      currency: 'cny',
      metadata: { refundNo: 'RF1' },
    };
    expect(await stripe.parseCallback(signed(event('refund.failed', refund)))).toMatchObject({
      ...{ ok: true, about: 'refund', orderNo: 'RF1', answer: { status: 'failed' } },
    });
    expect(await stripe.parseCallback(signed(event('customer.created', {})))).toEqual({
      ...{ ok: true, about: 'other', kind: 'customer.created' },
    });
  });

  it.each([
    ['another secret', () => signed(paid, { secret: 'whsec_other' })],
    ['an old time', () => signed(paid, { time: at - 3_600 })],
    ['another body', () => ({ ...signed(paid), body: Buffer.from(paid.replace('12850', '1')) })],
    ['no signature', () => ({ ...signed(paid), headers: {} })],
  ])('with %s is refused', async (_what, callback) => {
    expect(await stripe.parseCallback(callback())).toMatchObject({ ok: false });
  });
});

it('reads the balance of a day as its statement', async () => {
  const source = (id: string, metadata: object) => ({ id, object: 'charge', metadata });
  server.reply(() => [
    200,
    JSON.stringify({
      ...{ object: 'list', has_more: false },
      data: [
        {
          ...{ id: 'txn_1', reporting_category: 'charge', amount: 12_850, fee: 400 },
          source: source('ch_1', { orderNo: 'SG1' }),
        },
        {
          ...{ id: 'txn_2', reporting_category: 'refund', amount: -500, fee: 0 },
          source: source('re_1', { refundNo: 'RF1' }),
        },
        { id: 'txn_3', reporting_category: 'payout', amount: -9_000, fee: 0, source: null },
      ],
    }),
  ]);
  expect(await stripe.downloadStatement('2026-11-20')).toEqual({
    status: 'ready',
    rows: [
      { kind: 'payment', orderNo: 'SG1', providerRef: 'ch_1', amount: 12_850n, fee: 400n },
      { kind: 'refund', orderNo: 'RF1', providerRef: 're_1', amount: 500n, fee: 0n },
    ],
  });
  const query = new URL(server.asked[0]?.path ?? '', server.url).searchParams;
  expect(query.get('created[gte]')).toBe(String(Date.parse('2026-11-20T00:00:00Z') / 1000));
});
