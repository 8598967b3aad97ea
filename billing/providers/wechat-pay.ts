import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { StatementRow } from '../../domain/reconciliation.ts';
import { callProvider, type HttpAnswer, parseJson, reasonOf, STATEMENT_BYTES_MAX } from './http.ts';
import type {
  CallbackEvent,
  CallingPaymentProvider,
  QueryAnswer,
  RawCallback,
  SubmitAnswer,
} from './port.ts';
import { fen, statementRows } from './statement-csv.ts';
import {
  answerMessage,
  authorization,
  decryptResource,
  isSignedSha256Rsa,
  requestMessage,
  signSha256Rsa,
} from './wechat-signature.ts';

export interface WechatPayConfig {
  readonly merchantId: string;
  readonly appId: string;
  /** Serial number of the merchant's certificate. */
  readonly serial: string;
  readonly privateKey: KeyObject;
  readonly apiV3Key: string;
  /** Of the platform's certificate, or WeChat Pay's public key, with its serial number or `PUB_KEY_ID_…`. */
  readonly platformKey: KeyObject;
  readonly platformSerial: string;
  readonly callbackUrl: string;
  readonly baseUrl?: string | undefined;
  readonly callMsMax?: number | undefined;
}

const BASE_URL = 'https://api.mch.weixin.qq.com';
const SIGNED_WITHIN_S = 300;

const zAmount = z.object({ total: z.number().int(), currency: z.string().optional() });
const zTransaction = z.object({
  out_trade_no: z.string(),
  transaction_id: z.string().optional(),
  trade_state: z.enum(['SUCCESS', 'REFUND', 'NOTPAY', 'CLOSED', 'REVOKED', 'USERPAYING', 'PAYERROR']),
  trade_state_desc: z.string().optional(),
  amount: zAmount.optional(),
  mchid: z.string(),
});
const REFUND_STATES = ['SUCCESS', 'CLOSED', 'PROCESSING', 'ABNORMAL'] as const;
const zRefundAmount = z.object({ refund: z.number().int(), currency: z.string().optional() });
const zRefund = z.object({
  out_refund_no: z.string(),
  refund_id: z.string().optional(),
  status: z.enum(REFUND_STATES),
  amount: zRefundAmount,
});
/** A callback of a refund names its status otherwise than a query does. */
const zRefundNotice = zRefund.omit({ status: true }).extend({ refund_status: z.enum(REFUND_STATES) });
const zNotice = z.object({
  event_type: z.string(),
  resource: z.object({
    algorithm: z.literal('AEAD_AES_256_GCM'),
    ciphertext: z.string(),
    nonce: z.string(),
    associated_data: z.string().optional(),
  }),
});
const zError = z.object({ code: z.string(), message: z.string().optional() });
const zNative = z.object({ code_url: z.string() });
const zBill = z.object({ hash_value: z.string(), download_url: z.string() });

/**
 * WeChat Pay, API v3, Native orders: the payer scans the QR code of `code_url`.
 * https://pay.weixin.qq.com/doc/v3/merchant/4012791832
 */
export function createWechatPay(config: WechatPayConfig): CallingPaymentProvider {
  const mchid = config.merchantId;

  async function request(method: 'GET' | 'POST', path: string, value?: unknown): Promise<HttpAnswer> {
    const url = new URL(path, config.baseUrl ?? BASE_URL);
    const body = value === undefined ? '' : JSON.stringify(value);
    const [timestamp, nonce] = [
      String(Math.floor(Date.now() / 1000)),
      randomBytes(16).toString('hex').toUpperCase(),
    ];
    const message = requestMessage({ method, path: url.pathname + url.search, timestamp, nonce, body });
    const signature = signSha256Rsa(message, config.privateKey);
    const headers: Record<string, string> = {
      accept: 'application/json',
      'user-agent': 'stallgrid',
      authorization: authorization({ merchantId: mchid, serial: config.serial, timestamp, nonce, signature }),
      ...(config.platformSerial.startsWith('PUB_KEY_ID_')
        ? { 'wechatpay-serial': config.platformSerial }
        : {}),
      ...(value === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const isFile = url.pathname.startsWith('/v3/billdownload/');
    return callProvider(
      url.href,
      { method, headers, ...(value === undefined ? {} : { body }) },
      { ms: config.callMsMax, bytes: isFile ? STATEMENT_BYTES_MAX : undefined },
    );
  }

  /** What `read` makes of a signed answer; an answer that nobody signed says nothing. */
  async function ask<T>(
    method: 'GET' | 'POST',
    path: string,
    value: unknown,
    read: (body: unknown) => T | undefined,
  ): Promise<T | QueryAnswer> {
    try {
      const answer = await request(method, path, value);
      if (answer.status >= 500 || answer.status === 429)
        return { status: 'unknown', reason: `WeChat Pay answered ${answer.status}` };
      const signed = signatureFault(config, answer.headers, answer.body, new Date());
      if (answer.status >= 400) return refusal(answer, signed === null);
      if (signed !== null) return { status: 'unknown', reason: signed };
      return (
        read(parseJson(answer.body)) ?? {
          status: 'unknown',
          reason: 'WeChat Pay’s answer was not understood',
        }
      );
    } catch (error) {
      return { status: 'unknown', reason: reasonOf(error) };
    }
  }
  const noNone = (answer: QueryAnswer): SubmitAnswer =>
    answer.status === 'none' ? { status: 'unknown', reason: 'WeChat Pay knows no such order' } : answer;

  return {
    name: 'wechat_pay',
    submit: async (order) =>
      noNone(
        await ask(
          'POST',
          '/v3/pay/transactions/native',
          {
            ...{ appid: config.appId, mchid, out_trade_no: order.orderNo, notify_url: config.callbackUrl },
            description: order.description.slice(0, 40),
            time_expire: order.expiresAt.toISOString().replace(/\.\d+Z$/, '+00:00'),
            amount: { total: Number(order.amount), currency: order.currency },
          },
          (body) => {
            const parsed = zNative.safeParse(body);
            return parsed.success
              ? ({ status: 'submitted', payWith: { qr: parsed.data.code_url } } as const)
              : undefined;
          },
        ),
      ),
    query: ({ orderNo }) =>
      ask('GET', `/v3/pay/transactions/out-trade-no/${orderNo}?mchid=${mchid}`, undefined, (body) => {
        const parsed = zTransaction.safeParse(body);
        return parsed.success && parsed.data.out_trade_no === orderNo ? tradeAnswer(parsed.data) : undefined;
      }),
    async close({ orderNo }) {
      try {
        const answer = await request('POST', `/v3/pay/transactions/out-trade-no/${orderNo}/close`, { mchid });
        return answer.status === 204 || refusal(answer, true).status === 'none'
          ? { status: 'closed' }
          : { status: 'unknown', reason: `WeChat Pay answered ${answer.status}` };
      } catch (error) {
        return { status: 'unknown', reason: reasonOf(error) };
      }
    },
    refund: async ({ refundNo, amount, reason, of }) =>
      noNone(
        await ask(
          'POST',
          '/v3/refund/domestic/refunds',
          {
            ...{ out_trade_no: of.orderNo, out_refund_no: refundNo, notify_url: config.callbackUrl },
            reason: reason.slice(0, 26),
            amount: { refund: Number(amount), total: Number(of.amount), currency: of.currency },
          },
          readRefund,
        ),
      ),
    queryRefund: ({ refundNo }) =>
      ask('GET', `/v3/refund/domestic/refunds/${refundNo}`, undefined, readRefund),
    parseCallback: async (callback) => readCallback(config, callback),
    async downloadStatement(day) {
      const bill = await request('GET', `/v3/bill/tradebill?bill_date=${day}&bill_type=ALL`);
      // Nothing was traded on that day.
      if (/NO_STATEMENT_EXIST/.test(bill.body.toString())) return { status: 'ready', rows: [] };
      if (bill.status !== 200) return { status: 'not_ready', reason: `WeChat Pay answered ${bill.status}` };
      const fault = signatureFault(config, bill.headers, bill.body, new Date());
      if (fault !== null) return { status: 'not_ready', reason: fault };
      const { download_url, hash_value } = zBill.parse(parseJson(bill.body));
      const { pathname, search } = new URL(download_url);
      const file = await request('GET', pathname + search);
      // The file is not signed: the signed answer has named its hash.
      const hash = createHash('sha1').update(file.body).digest('hex');
      if (file.status !== 200 || hash !== hash_value.toLowerCase())
        return { status: 'not_ready', reason: 'the statement that came is not the one that was named' };
      return { status: 'ready', rows: parseWechatStatement(file.body.toString('utf8')) };
    },
  };
}

function readCallback(config: WechatPayConfig, { headers, body, receivedAt }: RawCallback): CallbackEvent {
  const fault = signatureFault(config, headers, body, receivedAt);
  if (fault !== null) return { ok: false, reason: fault };
  const notice = zNotice.safeParse(parseJson(body));
  if (!notice.success) return { ok: false, reason: 'the body was not understood' };
  let resource: unknown;
  try {
    resource = JSON.parse(decryptResource(notice.data.resource, config.apiV3Key));
  } catch {
    return { ok: false, reason: 'the resource cannot be decrypted with WECHAT_PAY_API_V3_KEY' };
  }
  const kind = notice.data.event_type;
  if (kind.startsWith('REFUND.')) {
    const refund = zRefundNotice.safeParse(resource);
    if (!refund.success) return { ok: false, reason: 'the refund was not understood' };
    const answer = refundAnswer({ ...refund.data, status: refund.data.refund_status });
    return { ok: true, about: 'refund', orderNo: refund.data.out_refund_no, answer };
  }
  if (!kind.startsWith('TRANSACTION.')) return { ok: true, about: 'other', kind };
  const trade = zTransaction.safeParse(resource);
  if (!trade.success || trade.data.mchid !== config.merchantId)
    return { ok: false, reason: 'the transaction is none of ours' };
  const answer = tradeAnswer(trade.data);
  if (answer === undefined) return { ok: false, reason: 'the transaction has no amount' };
  return { ok: true, about: 'charge', orderNo: trade.data.out_trade_no, answer };
}

/** Why an answer or a callback is not known to come from WeChat Pay; null when it does. */
export function signatureFault(
  config: Pick<WechatPayConfig, 'platformKey' | 'platformSerial'>,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  now: Date,
): string | null {
  const timestamp = headers['wechatpay-timestamp'] ?? '';
  const serial = headers['wechatpay-serial'] ?? '';
  if (serial !== config.platformSerial)
    return `it is signed with the certificate ${serial.slice(0, 64) || '(none)'}, not with WECHAT_PAY_PLATFORM_SERIAL`;
  if (!/^\d{10}$/.test(timestamp) || Math.abs(now.getTime() / 1000 - Number(timestamp)) > SIGNED_WITHIN_S)
    return 'its time is more than 5 minutes away';
  const message = answerMessage(timestamp, headers['wechatpay-nonce'] ?? '', body);
  return isSignedSha256Rsa(message, headers['wechatpay-signature'] ?? '', config.platformKey)
    ? null
    : 'the signature is wrong';
}

/** Refusals that are said for certain; whatever else was answered may hide an order. */
function refusal({ status, body }: HttpAnswer, isSigned: boolean): QueryAnswer {
  const parsed = zError.safeParse(parseJson(body));
  const { code, message = '' } = parsed.success ? parsed.data : { code: String(status) };
  if (!isSigned) return { status: 'unknown', reason: `WeChat Pay refused without a signature: ${code}` };
  switch (code) {
    case 'ORDER_NOT_EXIST':
    case 'ORDERNOTEXIST':
    case 'RESOURCE_NOT_EXISTS':
    case 'RESOURCE_NOT_EXIST':
      return { status: 'none' };
    case 'PARAM_ERROR':
    case 'INVALID_REQUEST':
    case 'NO_AUTH':
    case 'SIGN_ERROR':
    case 'APPID_MCHID_NOT_MATCH':
    case 'MCH_NOT_EXISTS':
    case 'NOT_ENOUGH':
      return { status: 'failed', reason: `${code} ${message}`.trim() };
    default:
      return { status: 'unknown', reason: `WeChat Pay answered ${status} ${code}` };
  }
}

function tradeAnswer(
  trade: z.output<typeof zTransaction>,
): Exclude<SubmitAnswer, { status: 'unknown' }> | undefined {
  const providerRef = trade.transaction_id;
  switch (trade.trade_state) {
    // REFUND: it was paid, and some of it went back.
    case 'SUCCESS':
    case 'REFUND': {
      const { amount } = trade;
      return (
        amount && {
          status: 'succeeded',
          providerRef,
          paid: BigInt(amount.total),
          currency: amount.currency ?? 'CNY',
        }
      );
    }
    case 'NOTPAY':
    case 'USERPAYING':
      return { status: 'submitted', providerRef };
    case 'CLOSED':
    case 'REVOKED':
    case 'PAYERROR':
      return { status: 'failed', reason: trade.trade_state_desc ?? trade.trade_state };
  }
}

function readRefund(body: unknown) {
  const parsed = zRefund.safeParse(body);
  return parsed.success ? refundAnswer(parsed.data) : undefined;
}

function refundAnswer(
  refund: Omit<z.output<typeof zRefund>, 'out_refund_no'>,
): Exclude<SubmitAnswer, { status: 'unknown' }> {
  const { status, refund_id: providerRef, amount } = refund;
  switch (status) {
    case 'SUCCESS':
      return {
        status: 'succeeded',
        providerRef,
        paid: BigInt(amount.refund),
        currency: amount.currency ?? 'CNY',
      };
    case 'PROCESSING':
      return { status: 'submitted', providerRef };
    case 'CLOSED':
    case 'ABNORMAL':
      return { status: 'failed', reason: status };
  }
}

/** A trade bill (`ALL`), columns by name: https://pay.weixin.qq.com/doc/v3/merchant/4013071199 */
export function parseWechatStatement(text: string): readonly StatementRow[] {
  const rows = statementRows(
    text,
    (cells) => cells[0] === '交易时间',
    (cells) => cells[0] === '总交易单数',
  );
  return rows.flatMap((row): StatementRow[] => {
    const fee = fen(row['手续费']);
    if (row['交易状态'] === 'SUCCESS') {
      const amount = fen(row['订单金额'] || row['应结订单金额']);
      return [
        {
          kind: 'payment',
          orderNo: row['商户订单号'] ?? '',
          providerRef: row['微信订单号'] ?? '',
          amount,
          fee,
        },
      ];
    }
    // A refund that failed or is under way moves nothing yet.
    if (row['交易状态'] !== 'REFUND' || (row['退款状态'] !== 'SUCCESS' && row['退款状态'] !== '')) return [];
    const [orderNo = '', providerRef = ''] = [row['商户退款单号'], row['微信退款单号']];
    return [
      { kind: 'refund', orderNo, providerRef, amount: fen(row['申请退款金额'] || row['退款金额']), fee },
    ];
  });
}
