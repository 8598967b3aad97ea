import type { KeyObject } from 'node:crypto';
import { unzipSync } from 'fflate';
import { z } from 'zod';
import { formatDecimal } from '../../domain/decimal.ts';
import type { StatementRow } from '../../domain/reconciliation.ts';
import { isNoticeSigned, signedAnswer, signRequest } from './alipay-signature.ts';
import { callProvider, reasonOf, STATEMENT_BYTES_MAX } from './http.ts';
import type {
  CallbackEvent,
  CallingPaymentProvider,
  QueryAnswer,
  RawCallback,
  SubmitAnswer,
} from './port.ts';
import { fen, statementRows } from './statement-csv.ts';
import { isSignedSha256Rsa } from './wechat-signature.ts';

export interface AlipayConfig {
  readonly appId: string;
  readonly privateKey: KeyObject;
  /** Alipay's, not the merchant's. */
  readonly alipayKey: KeyObject;
  readonly callbackUrl: string;
  readonly gateway: string;
  readonly callMsMax?: number | undefined;
}

const CURRENCY = 'CNY';
const zAnswer = z.object({
  code: z.string(),
  msg: z.string().optional(),
  sub_code: z.string().optional(),
  sub_msg: z.string().optional(),
});
const zPrecreate = z.object({ out_trade_no: z.string(), qr_code: z.string() });
const TRADE_STATES = ['WAIT_BUYER_PAY', 'TRADE_CLOSED', 'TRADE_SUCCESS', 'TRADE_FINISHED'] as const;
const zYuan = z.string().regex(/^\d{1,13}(\.\d{1,2})?$/);
const zTrade = z.object({
  out_trade_no: z.string(),
  trade_no: z.string().optional(),
  trade_status: z.enum(TRADE_STATES),
  total_amount: zYuan,
});
const zRefund = z.object({
  refund_fee: zYuan.optional(),
  refund_amount: zYuan.optional(),
  fund_change: z.string().optional(),
  refund_status: z.string().optional(),
});
const zNotice = zTrade.extend({ app_id: z.string(), out_biz_no: z.string().optional() });

const yuan = (minor: bigint): string => {
  const [whole = '0', part = ''] = formatDecimal({ units: minor, scale: 2 }).split('.');
  return `${whole}.${part.padEnd(2, '0')}`;
};

/**
 * Alipay, open platform gateway, signed RSA2: the payer scans the QR code of a pre-created order.
 * https://opendocs.alipay.com/open/8ad49e4a_alipay.trade.precreate
 */
export function createAlipay(config: AlipayConfig): CallingPaymentProvider {
  type Read = (body: unknown) => QueryAnswer | undefined;

  async function send(method: string, content: Record<string, string>) {
    const values: Record<string, string> = {
      ...{
        app_id: config.appId,
        method,
        format: 'JSON',
        charset: 'utf-8',
        sign_type: 'RSA2',
        version: '1.0',
      },
      timestamp: beijing(new Date()),
      notify_url: config.callbackUrl,
      biz_content: JSON.stringify(content),
    };
    const body = new URLSearchParams({ ...values, sign: signRequest(values, config.privateKey) }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' };
    // The gateway reads the charset before it reads the body.
    return callProvider(
      `${config.gateway}?charset=utf-8`,
      { method: 'POST', headers, body },
      { ms: config.callMsMax },
    );
  }

  async function ask(method: string, content: Record<string, string>, read: Read): Promise<QueryAnswer> {
    try {
      const answer = await send(method, content);
      if (answer.status !== 200) return { status: 'unknown', reason: `Alipay answered ${answer.status}` };
      const body = verified(config, answer.body.toString('utf8'), method);
      if (body === undefined)
        return { status: 'unknown', reason: 'the signature of Alipay’s answer is wrong' };
      const state = zAnswer.safeParse(body);
      if (!state.success) return { status: 'unknown', reason: 'Alipay’s answer was not understood' };
      if (state.data.code !== '10000') return refusal(state.data);
      return read(body) ?? { status: 'unknown', reason: 'Alipay’s answer was not understood' };
    } catch (error) {
      return { status: 'unknown', reason: reasonOf(error) };
    }
  }
  const noNone = (answer: QueryAnswer): SubmitAnswer =>
    answer.status === 'none' ? { status: 'unknown', reason: 'Alipay knows no such order' } : answer;

  return {
    name: 'alipay',
    submit: async (order) =>
      noNone(
        await ask(
          'alipay.trade.precreate',
          {
            out_trade_no: order.orderNo,
            total_amount: yuan(order.amount),
            subject: order.description.slice(0, 80).replace(/[/=&]/g, ' '),
            time_expire: beijing(order.expiresAt),
          },
          (body) => {
            const parsed = zPrecreate.safeParse(body);
            return parsed.success ? { status: 'submitted', payWith: { qr: parsed.data.qr_code } } : undefined;
          },
        ),
      ),
    query: ({ orderNo }) =>
      ask('alipay.trade.query', { out_trade_no: orderNo }, (body) => {
        const parsed = zTrade.safeParse(body);
        return parsed.success && parsed.data.out_trade_no === orderNo ? tradeAnswer(parsed.data) : undefined;
      }),
    async close({ orderNo }) {
      const answer = await ask('alipay.trade.close', { out_trade_no: orderNo }, () => ({ status: 'none' }));
      // A pre-created order exists only once it was scanned: none is as good as closed.
      return answer.status === 'none'
        ? { status: 'closed' }
        : { status: 'unknown', reason: 'reason' in answer ? answer.reason : 'Alipay did not close it' };
    },
    refund: async ({ refundNo, amount, reason, of }) =>
      noNone(
        await ask(
          'alipay.trade.refund',
          {
            ...{ out_trade_no: of.orderNo, out_request_no: refundNo, refund_amount: yuan(amount) },
            refund_reason: reason.slice(0, 80),
          },
          // `fund_change` N: this very call moved nothing; whether an earlier one did, the query tells.
          (body) =>
            zRefund.safeParse(body).data?.fund_change === 'Y'
              ? { status: 'succeeded', paid: amount, currency: CURRENCY }
              : { status: 'unknown', reason: 'Alipay has not said that money moved' },
        ),
      ),
    queryRefund: ({ refundNo, of }) =>
      ask(
        'alipay.trade.fastpay.refund.query',
        { out_trade_no: of.orderNo, out_request_no: refundNo },
        (body): QueryAnswer | undefined => {
          const parsed = zRefund.safeParse(body);
          if (!parsed.success) return undefined;
          const { refund_status: state, refund_amount: amount } = parsed.data;
          // Answered without a status or an amount, it has not been refunded.
          if (amount === undefined || (state !== undefined && state !== 'REFUND_SUCCESS'))
            return { status: 'none' };
          return { status: 'succeeded', paid: fen(amount), currency: CURRENCY };
        },
      ),
    parseCallback: async (callback) => readNotice(config, callback),
    async downloadStatement(day) {
      const method = 'alipay.data.dataservice.bill.downloadurl.query';
      const answer = await send(method, { bill_type: 'trade', bill_date: day });
      const body = verified(config, answer.body.toString('utf8'), method);
      const state = zAnswer.extend({ bill_download_url: z.url().optional() }).safeParse(body);
      if (!state.success) return { status: 'not_ready', reason: 'Alipay’s answer was not understood' };
      // Nothing was traded on that day.
      if (/BILL_NOT_EXIST|NO_BILL_DATA/i.test(state.data.sub_code ?? ''))
        return { status: 'ready', rows: [] };
      const url = state.data.bill_download_url;
      if (url === undefined) return { status: 'not_ready', reason: state.data.sub_msg ?? state.data.code };
      const file = await callProvider(
        url,
        { method: 'GET' },
        { ms: config.callMsMax, bytes: STATEMENT_BYTES_MAX },
      );
      if (file.status !== 200) return { status: 'not_ready', reason: `Alipay answered ${file.status}` };
      return { status: 'ready', rows: unzipAlipayStatement(file.body) };
    },
  };
}

/** The answer's object once its signature is verified. */
function verified(config: AlipayConfig, text: string, method: string): unknown {
  const signed =
    signedAnswer(text, `${method.replaceAll('.', '_')}_response`) ?? signedAnswer(text, 'error_response');
  const sign = /"sign"\s*:\s*"([^"]+)"/.exec(signed === undefined ? text : text.replace(signed, ''))?.[1];
  if (signed === undefined || sign === undefined || !isSignedSha256Rsa(signed, sign, config.alipayKey))
    return undefined;
  return JSON.parse(signed);
}

function refusal({ code, msg, sub_code = '', sub_msg = '' }: z.output<typeof zAnswer>): QueryAnswer {
  if (sub_code === 'ACQ.TRADE_NOT_EXIST') return { status: 'none' };
  // 20000: the service is away; SYSTEM_ERROR: it may have been done.
  const uncertain = code === '20000' || /SYSTEM_ERROR|aop\.ACQ/.test(sub_code);
  const reason = `${sub_code || code} ${sub_msg || (msg ?? '')}`.trim();
  return uncertain || code === '10003' ? { status: 'unknown', reason } : { status: 'failed', reason };
}

function tradeAnswer(trade: z.output<typeof zTrade>): Exclude<SubmitAnswer, { status: 'unknown' }> {
  const providerRef = trade.trade_no;
  switch (trade.trade_status) {
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED':
      return { status: 'succeeded', providerRef, paid: fen(trade.total_amount), currency: CURRENCY };
    case 'WAIT_BUYER_PAY':
      return { status: 'submitted', providerRef };
    case 'TRADE_CLOSED':
      return { status: 'failed', reason: 'TRADE_CLOSED' };
  }
}

function readNotice(config: AlipayConfig, { body }: RawCallback): CallbackEvent {
  const values = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  if (!isNoticeSigned(values, config.alipayKey)) return { ok: false, reason: 'the signature is wrong' };
  const parsed = zNotice.safeParse(values);
  if (!parsed.success) return { ok: false, reason: 'the body was not understood' };
  if (parsed.data.app_id !== config.appId) return { ok: false, reason: 'it is for another application' };
  // A notice about a refund repeats the trade: the refund itself is asked after.
  if (values['refund_fee'] !== undefined) return { ok: true, about: 'other', kind: 'refund' };
  return { ok: true, about: 'charge', orderNo: parsed.data.out_trade_no, answer: tradeAnswer(parsed.data) };
}

/** `2026-11-21 09:30:00`, by Alipay's clock. */
const beijing = (at: Date): string =>
  new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

/** A trade bill comes as a ZIP of two CSV files in GBK: the transactions, and their sums. */
export function unzipAlipayStatement(zip: Uint8Array): readonly StatementRow[] {
  const files = Object.values(
    unzipSync(zip, { filter: ({ originalSize }) => originalSize <= STATEMENT_BYTES_MAX }),
  );
  const texts = files.map((file) => new TextDecoder('gb18030').decode(file));
  const text = texts.find((one) => one.includes('业务明细列表')) ?? texts[0];
  if (text === undefined) throw new Error('the statement is empty');
  return parseAlipayStatement(text);
}

export function parseAlipayStatement(text: string): readonly StatementRow[] {
  const rows = statementRows(
    text,
    (cells) => cells[0] === '支付宝交易号',
    (cells) => cells[0]?.startsWith('#') ?? true,
  );
  return rows.map((row) => {
    const kind = row['业务类型'] === '退款' ? 'refund' : 'payment';
    const [amount, fee] = [fen(row['订单金额（元）']), fen(row['服务费（元）'])];
    return {
      kind,
      orderNo: (kind === 'refund' ? row['退款批次号/请求号'] : row['商户订单号']) ?? '',
      providerRef: row['支付宝交易号'] ?? '',
      amount: amount < 0n ? -amount : amount,
      // The service fee of a payment is written below zero, what comes back with a refund above.
      fee: -fee,
    };
  });
}
