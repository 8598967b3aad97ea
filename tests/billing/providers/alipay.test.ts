import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlipay } from '../../../billing/providers/alipay.ts';
import { signedText, signRequest } from '../../../billing/providers/alipay-signature.ts';
import type { CallingPaymentProvider, Order } from '../../../billing/providers/port.ts';
import { isSignedSha256Rsa, signSha256Rsa } from '../../../billing/providers/wechat-signature.ts';
import { type Asked, type FakeServer, startFakeServer } from './fake-server.ts';

const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const [merchant, platform] = [pair(), pair()];
let server: FakeServer;
let alipay: CallingPaymentProvider;
beforeAll(async () => {
  server = await startFakeServer();
  alipay = createAlipay({
    ...{ appId: '2021', privateKey: merchant.privateKey, alipayKey: platform.publicKey, callMsMax: 300 },
    ...{ callbackUrl: 'https://market.example/api/v1/callbacks/alipay', gateway: `${server.url}/gateway.do` },
  });
});
afterAll(() => server.close());

const order: Order = {
  ...{ orderNo: 'SG0123456789', amount: 12_850n, currency: 'CNY', description: '南门市场 A1 2026-000001' },
  ...{ createdAt: new Date('2026-11-20T00:00:00Z'), expiresAt: new Date('2026-11-20T00:15:00Z') },
  ...{ providerRef: null, payer: null },
};
const values = ({ body }: Asked) => Object.fromEntries(new URLSearchParams(body));
/** As the gateway answers: the object under the method's name, signed as it stands. */
function answers(content: object, key = platform.privateKey): void {
  server.reply((asked) => {
    const name = `${values(asked)['method']?.replaceAll('.', '_')}_response`;
    const text = JSON.stringify(content);
    return [200, `{"${name}":${text},"sign":"${signSha256Rsa(text, key)}"}`];
  });
}
const trade = (trade_status: string, more: object = {}) => ({
  ...{ code: '10000', msg: 'Success', out_trade_no: order.orderNo, trade_no: '2026112022001', trade_status },
  ...{ total_amount: '128.50', ...more },
});

it('asks for a QR code in yuan, signed, with the address to be called', async () => {
  answers({ code: '10000', msg: 'Success', out_trade_no: order.orderNo, qr_code: 'https://qr.example/1' });
  expect(await alipay.submit(order)).toEqual({
    status: 'submitted',
    payWith: { qr: 'https://qr.example/1' },
  });
  const [asked] = server.asked;
  const { sign = '', ...sent } = values(asked as Asked);
  expect(sent).toMatchObject({
    ...{ method: 'alipay.trade.precreate', app_id: '2021', sign_type: 'RSA2' },
    notify_url: 'https://market.example/api/v1/callbacks/alipay',
  });
  expect(JSON.parse(sent['biz_content'] ?? '')).toMatchObject({
    ...{ out_trade_no: order.orderNo, total_amount: '128.50', time_expire: '2026-11-20 08:15:00' },
  });
  expect(isSignedSha256Rsa(signedText(sent), sign, merchant.publicKey)).toBe(true);
});

describe('what became of an order', () => {
  it.each([
    ['TRADE_SUCCESS', { status: 'succeeded', paid: 12_850n, currency: 'CNY' }],
    ['TRADE_FINISHED', { status: 'succeeded', paid: 12_850n, currency: 'CNY' }],
    ['WAIT_BUYER_PAY', { status: 'submitted' }],
    ['TRADE_CLOSED', { status: 'failed' }],
  ])('%s', async (status, expected) => {
    answers(trade(status));
    expect(await alipay.query(order)).toMatchObject(expected);
  });

  it('is none when Alipay has never heard of it', async () => {
    answers({
      code: '40004',
      msg: 'Business Failed',
      sub_code: 'ACQ.TRADE_NOT_EXIST',
      sub_msg: '交易不存在',
    });
    expect(await alipay.query(order)).toEqual({ status: 'none' });
    expect(await alipay.close(order)).toEqual({ status: 'closed' });
  });

  it('is not known from an answer about another order', async () => {
    answers(trade('TRADE_SUCCESS', { out_trade_no: 'SG9999999999' }));
    expect(await alipay.query(order)).toMatchObject({ status: 'unknown' });
  });
});

describe('knows nothing', () => {
  it('from an answer that somebody else signed, or nobody', async () => {
    answers(trade('TRADE_SUCCESS'), merchant.privateKey);
    expect(await alipay.query(order)).toMatchObject({
      status: 'unknown',
      reason: expect.stringMatching('signature'),
    });
    server.reply(() => [200, JSON.stringify({ alipay_trade_query_response: trade('TRADE_SUCCESS') })]);
    expect(await alipay.query(order)).toMatchObject({ status: 'unknown' });
  });

  it.each([
    ['a 502', [502, 'bad gateway'] as const],
    ['no answer', 'never' as const],
    ['what is no JSON', [200, '<html>'] as const],
  ])('from %s', async (_what, reply) => {
    server.reply(() => reply);
    expect(await alipay.submit(order)).toMatchObject({ status: 'unknown' });
    expect(server.asked).toHaveLength(1);
  });

  it.each(['ACQ.SYSTEM_ERROR', 'aop.ACQ.SYSTEM_ERROR'])('from %s', async (sub_code) => {
    answers({ code: '40004', msg: 'Business Failed', sub_code });
    expect(await alipay.submit(order)).toMatchObject({ status: 'unknown' });
  });
});

it('has failed when Alipay refuses it for certain', async () => {
  answers({ code: '40004', msg: 'Business Failed', sub_code: 'ACQ.INVALID_PARAMETER', sub_msg: '参数无效' });
  expect(await alipay.submit(order)).toEqual({ status: 'failed', reason: 'ACQ.INVALID_PARAMETER 参数无效' });
});

it('refunds under the refund’s number, and believes only money that moved', async () => {
  const refund = { refundNo: 'RF1', amount: 850n, reason: '多付', of: order };
  answers({ code: '10000', msg: 'Success', fund_change: 'Y', refund_fee: '8.50' });
  expect(await alipay.refund(refund)).toMatchObject({ status: 'succeeded', paid: 850n });
  expect(JSON.parse(values(server.asked[0] as Asked)['biz_content'] ?? '')).toMatchObject({
    ...{ out_request_no: 'RF1', refund_amount: '8.50' },
  });
  answers({ code: '10000', msg: 'Success', fund_change: 'N', refund_fee: '8.50' });
  expect(await alipay.refund(refund)).toMatchObject({ status: 'unknown' });
  answers({ code: '10000', msg: 'Success', refund_amount: '8.50', refund_status: 'REFUND_SUCCESS' });
  expect(await alipay.queryRefund(refund)).toMatchObject({ status: 'succeeded', paid: 850n });
  answers({ code: '10000', msg: 'Success' });
  expect(await alipay.queryRefund(refund)).toEqual({ status: 'none' });
});

describe('a notice', () => {
  const notice = (more: Record<string, string> = {}) => {
    const sent = {
      ...{ app_id: '2021', out_trade_no: order.orderNo, trade_no: '2026', trade_status: 'TRADE_SUCCESS' },
      ...{ total_amount: '128.50', ...more },
    };
    const sign = signRequest(sent, platform.privateKey);
    const body = new URLSearchParams({ ...sent, sign, sign_type: 'RSA2' }).toString();
    return { headers: {}, body: Buffer.from(body), receivedAt: new Date() };
  };
  it('tells of a payment', async () => {
    expect(await alipay.parseCallback(notice())).toEqual({
      ...{ ok: true, about: 'charge', orderNo: order.orderNo },
      answer: { status: 'succeeded', providerRef: '2026', paid: 12_850n, currency: 'CNY' },
    });
  });
  it('for another application, or about a refund, pays nothing', async () => {
    expect(await alipay.parseCallback(notice({ app_id: '1' }))).toMatchObject({ ok: false });
    expect(await alipay.parseCallback(notice({ refund_fee: '1.00' }))).toMatchObject({ about: 'other' });
  });
});

it('downloads no statement of a day without trades', async () => {
  answers({ code: '40004', msg: 'Business Failed', sub_code: 'isp.bill_not_exist'.toUpperCase() });
  expect(await alipay.downloadStatement('2026-11-20')).toEqual({ status: 'ready', rows: [] });
  answers({ code: '40004', msg: 'Business Failed', sub_code: 'ISV.NOT_READY', sub_msg: '尚未生成' });
  expect(await alipay.downloadStatement('2026-11-20')).toEqual({ status: 'not_ready', reason: '尚未生成' });
});
