import { createHash, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallingPaymentProvider, Order } from '../../../billing/providers/port.ts';
import { createWechatPay } from '../../../billing/providers/wechat-pay.ts';
import {
  answerMessage,
  isSignedSha256Rsa,
  requestMessage,
  signSha256Rsa,
} from '../../../billing/providers/wechat-signature.ts';
import { type FakeServer, type Reply, startFakeServer } from './fake-server.ts';

const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const [merchant, platform] = [pair(), pair()];
const SERIAL = 'PUB_KEY_ID_0119';
let server: FakeServer;
let wechat: CallingPaymentProvider;
beforeAll(async () => {
  server = await startFakeServer();
  wechat = createWechatPay({
    ...{ merchantId: '1900000001', appId: 'wx0000000000', serial: 'AB12', apiV3Key: 'k'.repeat(32) },
    ...{ privateKey: merchant.privateKey, platformKey: platform.publicKey, platformSerial: SERIAL },
    ...{
      callbackUrl: 'https://market.example/api/v1/callbacks/wechat_pay',
      baseUrl: server.url,
      callMsMax: 300,
    },
  });
});
afterAll(() => server.close());

const order: Order = {
  ...{ orderNo: 'SG0123456789', amount: 12_850n, currency: 'CNY', description: '南门市场 A1 2026-000001' },
  ...{ createdAt: new Date('2026-11-20T00:00:00Z'), expiresAt: new Date('2026-11-20T00:15:00Z') },
  ...{ providerRef: null, payer: null },
};
/** As the platform answers: signed over its time, a nonce and the body. */
function signed(status: number, value: unknown, key = platform.privateKey): Reply {
  const body = value === null ? '' : JSON.stringify(value);
  const timestamp = String(Math.floor(Date.now() / 1000));
  return [
    status,
    body,
    {
      ...{ 'Wechatpay-Timestamp': timestamp, 'Wechatpay-Nonce': 'n', 'Wechatpay-Serial': SERIAL },
      'Wechatpay-Signature': signSha256Rsa(answerMessage(timestamp, 'n', body), key),
    },
  ];
}
const trade = (trade_state: string) => ({
  ...{ out_trade_no: order.orderNo, transaction_id: '4200', mchid: '1900000001', trade_state },
  amount: { total: 12_850, currency: 'CNY' },
});

it('asks for a QR code, and signs what it sends with path, time, nonce and body', async () => {
  server.reply(() => signed(200, { code_url: 'weixin://wxpay/bizpayurl?pr=1' }));
  expect(await wechat.submit(order)).toEqual({
    ...{ status: 'submitted', payWith: { qr: 'weixin://wxpay/bizpayurl?pr=1' } },
  });
  const [asked] = server.asked;
  expect(JSON.parse(asked?.body ?? '')).toMatchObject({
    ...{ out_trade_no: order.orderNo, mchid: '1900000001', appid: 'wx0000000000' },
    amount: { total: 12_850, currency: 'CNY' },
    time_expire: '2026-11-20T00:15:00+00:00',
  });
  const header = String(asked?.headers.authorization);
  const value = (name: string): string => new RegExp(`${name}="([^"]+)"`).exec(header)?.[1] ?? '';
  expect(header).toMatch(/^WECHATPAY2-SHA256-RSA2048 mchid="1900000001",/);
  const message = requestMessage({
    ...{ method: 'POST', path: '/v3/pay/transactions/native', body: asked?.body ?? '' },
    ...{ timestamp: value('timestamp'), nonce: value('nonce_str') },
  });
  expect(isSignedSha256Rsa(message, value('signature'), merchant.publicKey)).toBe(true);
  expect(asked?.headers['wechatpay-serial']).toBe(SERIAL);
});

describe('what became of an order', () => {
  it.each([
    ['SUCCESS', { status: 'succeeded', providerRef: '4200', paid: 12_850n, currency: 'CNY' }],
    ['REFUND', { status: 'succeeded', paid: 12_850n }],
    ['NOTPAY', { status: 'submitted' }],
    ['CLOSED', { status: 'failed' }],
  ])('%s', async (state, expected) => {
    server.reply(() => signed(200, trade(state)));
    expect(await wechat.query(order)).toMatchObject(expected);
    expect(server.asked[0]?.path).toBe(`/v3/pay/transactions/out-trade-no/${order.orderNo}?mchid=1900000001`);
  });

  it('is none only when the platform itself says so', async () => {
    const none = { code: 'ORDER_NOT_EXIST', message: '订单不存在' };
    server.reply(() => signed(404, none));
    expect(await wechat.query(order)).toEqual({ status: 'none' });
    server.reply(() => [404, JSON.stringify(none)]);
    expect(await wechat.query(order)).toMatchObject({ status: 'unknown' });
  });

  it('is not known from what somebody else signed, or of another order', async () => {
    server.reply(() => signed(200, trade('SUCCESS'), merchant.privateKey));
    expect(await wechat.query(order)).toEqual({ status: 'unknown', reason: 'the signature is wrong' });
    server.reply(() => signed(200, { ...trade('SUCCESS'), out_trade_no: 'SG9999999999' }));
    expect(await wechat.query(order)).toMatchObject({ status: 'unknown' });
  });
});

it.each([
  ['a 500', [500, '{}'] as Reply],
  ['a 429', [429, '{"code":"FREQUENCY_LIMITED"}'] as Reply],
  ['no answer', 'never' as Reply],
  ['SYSTEM_ERROR', signed(400, { code: 'SYSTEM_ERROR' })],
  ['a number that was used', signed(403, { code: 'OUT_TRADE_NO_USED' })],
])('knows nothing after %s, and does not try again by itself', async (_what, reply) => {
  server.reply(() => reply);
  expect(await wechat.submit(order)).toMatchObject({ status: 'unknown' });
  expect(server.asked).toHaveLength(1);
});

it('has failed when the platform refuses it for certain', async () => {
  server.reply(() => signed(400, { code: 'PARAM_ERROR', message: '参数错误' }));
  expect(await wechat.submit(order)).toEqual({ status: 'failed', reason: 'PARAM_ERROR 参数错误' });
});

it('closes an order, and says when it could not', async () => {
  server.reply(() => signed(204, null));
  expect(await wechat.close(order)).toEqual({ status: 'closed' });
  server.reply(() => signed(400, { code: 'ORDERPAID', message: '订单已支付' }));
  expect(await wechat.close(order)).toMatchObject({ status: 'unknown' });
});

it('refunds under the refund’s number', async () => {
  const refund = (status: string) => ({
    ...{ out_refund_no: 'RF1', refund_id: '5000', status, amount: { refund: 850, currency: 'CNY' } },
  });
  const asked = { refundNo: 'RF1', amount: 850n, reason: '多付', of: order };
  server.reply(() => signed(200, refund('PROCESSING')));
  expect(await wechat.refund(asked)).toEqual({ status: 'submitted', providerRef: '5000' });
  expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({
    ...{ out_trade_no: order.orderNo, out_refund_no: 'RF1', amount: { refund: 850, total: 12_850 } },
  });
  server.reply(() => signed(200, refund('SUCCESS')));
  expect(await wechat.queryRefund(asked)).toMatchObject({ status: 'succeeded', paid: 850n });
  server.reply(() => signed(404, { code: 'RESOURCE_NOT_EXISTS' }));
  expect(await wechat.queryRefund(asked)).toEqual({ status: 'none' });
});

describe('a day’s statement', () => {
  const text =
    '\ufeff交易时间,微信订单号,商户订单号,交易状态,手续费,订单金额\n`2026-11-20 10:00:00,`4200,`SG1,`SUCCESS,`0.77000,`128.50\n总交易单数\n`1\n';
  const bill = (hash: string) => ({
    ...{ hash_type: 'SHA1', hash_value: hash },
    download_url: 'https://api.mch.weixin.qq.com/v3/billdownload/file?token=t',
  });
  const hash = createHash('sha1').update(text).digest('hex');
  const replies = (named: string) =>
    server.reply(({ path }) => (path.startsWith('/v3/bill/') ? signed(200, bill(named)) : [200, text]));

  it('is the file whose hash the signed answer named', async () => {
    replies(hash);
    expect(await wechat.downloadStatement('2026-11-20')).toEqual({
      status: 'ready',
      rows: [{ kind: 'payment', orderNo: 'SG1', providerRef: '4200', amount: 12_850n, fee: 77n }],
    });
    replies('0'.repeat(40));
    expect(await wechat.downloadStatement('2026-11-20')).toMatchObject({ status: 'not_ready' });
  });

  it('without trades has no rows, and before it is made is waited for', async () => {
    server.reply(() => signed(400, { code: 'NO_STATEMENT_EXIST' }));
    expect(await wechat.downloadStatement('2026-11-20')).toEqual({ status: 'ready', rows: [] });
    server.reply(() => signed(400, { code: 'STATEMENT_CREATING' }));
    expect(await wechat.downloadStatement('2026-11-20')).toMatchObject({ status: 'not_ready' });
  });
});
