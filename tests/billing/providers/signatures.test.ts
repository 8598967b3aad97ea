import { createCipheriv, generateKeyPairSync } from 'node:crypto';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { parseAlipayStatement, unzipAlipayStatement } from '../../../billing/providers/alipay.ts';
import {
  isNoticeSigned,
  signedAnswer,
  signedText,
  signRequest,
} from '../../../billing/providers/alipay-signature.ts';
import { createWechatPay, parseWechatStatement } from '../../../billing/providers/wechat-pay.ts';
import {
  answerMessage,
  decryptResource,
  isSignedSha256Rsa,
  requestMessage,
  signSha256Rsa,
} from '../../../billing/providers/wechat-signature.ts';

const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const [merchant, platform] = [pair(), pair()];
const API_V3_KEY = '0123456789abcdef0123456789ABCDEF';

function encrypt(value: unknown) {
  const cipher = createCipheriv('aes-256-gcm', API_V3_KEY, 'nonce-of-12b');
  cipher.setAAD(Buffer.from('transaction'));
  const bytes = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]);
  const ciphertext = bytes.toString('base64');
  return { algorithm: 'AEAD_AES_256_GCM', ciphertext, nonce: 'nonce-of-12b', associated_data: 'transaction' };
}

describe('WeChat Pay', () => {
  it('signs five lines, each ended by a line feed, as the documentation shows', () => {
    const message = requestMessage({
      ...{ method: 'GET', path: '/v3/refund/domestic/refunds/123123123123', timestamp: '1554208460' },
      ...{ nonce: '593BEC0C930BF1AFEB40B4A08C8FB242', body: '' },
    });
    expect(message).toBe(
      'GET\n/v3/refund/domestic/refunds/123123123123\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n',
    );
    expect(isSignedSha256Rsa(message, signSha256Rsa(message, merchant.privateKey), merchant.publicKey)).toBe(
      true,
    );
  });

  const wechat = createWechatPay({
    ...{ merchantId: '1900000001', appId: 'wx0000000000', serial: 'AB12', apiV3Key: API_V3_KEY },
    ...{ privateKey: merchant.privateKey, platformKey: platform.publicKey, platformSerial: 'PUB_KEY_ID_1' },
    callbackUrl: 'https://market.example/api/v1/callbacks/wechat_pay',
  });
  const receivedAt = new Date('2026-11-21T00:00:00Z');
  const call = (change: { body?: Buffer; headers?: Record<string, string> } = {}) => {
    const body = Buffer.from(
      JSON.stringify({
        event_type: 'TRANSACTION.SUCCESS',
        resource: encrypt({
          ...{
            out_trade_no: 'SG0123456789',
            transaction_id: '42',
            trade_state: 'SUCCESS',
            mchid: '1900000001',
          },
          amount: { total: 12850, currency: 'CNY' },
        }),
      }),
    );
    const timestamp = String(receivedAt.getTime() / 1000);
    const headers = {
      'wechatpay-timestamp': timestamp,
      'wechatpay-nonce': 'n',
      'wechatpay-serial': 'PUB_KEY_ID_1',
      'wechatpay-signature': signSha256Rsa(answerMessage(timestamp, 'n', body), platform.privateKey),
    };
    return wechat.parseCallback({
      headers: { ...headers, ...change.headers },
      body: change.body ?? body,
      receivedAt,
    });
  };

  it('takes a callback that the platform signed, and decrypts it', async () => {
    expect(await call()).toEqual({
      ...{ ok: true, about: 'charge', orderNo: 'SG0123456789' },
      answer: { status: 'succeeded', providerRef: '42', paid: 12_850n, currency: 'CNY' },
    });
  });

  it.each([
    ['another body', { body: Buffer.from('{}') }],
    ['another nonce', { headers: { 'wechatpay-nonce': 'm' } }],
    ['another certificate', { headers: { 'wechatpay-serial': 'PUB_KEY_ID_2' } }],
    ['an old time', { headers: { 'wechatpay-timestamp': '1700000000' } }],
    ['no signature', { headers: { 'wechatpay-signature': '' } }],
  ])('refuses a callback with %s', async (_what, change) => {
    expect(await call(change)).toMatchObject({ ok: false });
  });

  it('decrypts nothing with another key or other associated data', () => {
    const resource = encrypt({ a: 1 });
    expect(decryptResource(resource, API_V3_KEY)).toBe('{"a":1}');
    expect(() => decryptResource(resource, API_V3_KEY.toLowerCase())).toThrow();
    expect(() => decryptResource({ ...resource, associated_data: 'refund' }, API_V3_KEY)).toThrow();
  });

  it('reads a trade bill by the names of its columns', () => {
    const header =
      '交易时间,微信订单号,商户订单号,交易状态,微信退款单号,商户退款单号,退款金额,退款状态,手续费,订单金额,申请退款金额';
    const text = `\ufeff${header}\n\`2026-11-20 10:00:00,\`4200,\`SG1,\`SUCCESS,\`0,\`0,\`0.00,\`,\`0.77000,\`128.50,\`0.00
\`2026-11-20 11:00:00,\`4200,\`SG1,\`REFUND,\`5000,\`RF1,\`8.50,\`SUCCESS,\`-0.05000,\`0.00,\`8.50
\`2026-11-20 12:00:00,\`4200,\`SG1,\`REFUND,\`5001,\`RF2,\`1.00,\`PROCESSING,\`0.00000,\`0.00,\`1.00
总交易单数,应结订单总金额\n\`1,\`128.50\n`;
    expect(parseWechatStatement(text)).toEqual([
      { kind: 'payment', orderNo: 'SG1', providerRef: '4200', amount: 12_850n, fee: 77n },
      { kind: 'refund', orderNo: 'RF1', providerRef: '5000', amount: 850n, fee: -5n },
    ]);
  });
});

describe('Alipay', () => {
  it('signs what is not empty, in the order of the names', () => {
    expect(signedText({ b: '2', a: '1', sign: 'x', c: '', A: '0' })).toBe('A=0&a=1&b=2');
  });

  it('takes a notice with its signature, which leaves sign_type out, and none that was changed', () => {
    const values = { app_id: '2021', out_trade_no: 'SG1', total_amount: '1.00', sign_type: 'RSA2' };
    const { sign_type, ...signed } = values;
    const sign = signRequest(signed, platform.privateKey);
    expect(isNoticeSigned({ ...values, sign }, platform.publicKey)).toBe(true);
    expect(isNoticeSigned({ ...values, sign, total_amount: '0.01' }, platform.publicKey)).toBe(false);
    expect(isNoticeSigned({ ...values, sign, sign_type: 'RSA' }, platform.publicKey)).toBe(false);
    expect(isNoticeSigned(values, platform.publicKey)).toBe(false);
  });

  it('finds the signed part of an answer byte by byte', () => {
    const part = '{"code":"10000","msg":"} \\" {","a":{"b":1}}';
    const text = `{"alipay_trade_query_response":${part},"sign":"abc"}`;
    expect(signedAnswer(text, 'alipay_trade_query_response')).toBe(part);
    expect(signedAnswer(text, 'other')).toBeUndefined();
  });

  it('reads a trade bill, plain or zipped', () => {
    const text = `#支付宝业务明细查询\n#-----业务明细列表-----\n支付宝交易号,商户订单号,业务类型,订单金额（元）,退款批次号/请求号,服务费（元）\n2026\t,SG1\t,交易,128.50,,-0.77\n2026\t,SG1\t,退款,-8.50,RF1\t,0.05\n#-----业务明细列表结束-----\n`;
    const rows = [
      { kind: 'payment', orderNo: 'SG1', providerRef: '2026', amount: 12_850n, fee: 77n },
      { kind: 'refund', orderNo: 'RF1', providerRef: '2026', amount: 850n, fee: -5n },
    ];
    expect(parseAlipayStatement(text)).toEqual(rows);
    // The file in the archive is in GBK: its first bytes are 支付宝 there.
    expect(() => unzipAlipayStatement(zipSync({ 'a.csv': Buffer.from('d6a7b8b6b1a6', 'hex') }))).toThrow(
      'no header',
    );
  });
});
