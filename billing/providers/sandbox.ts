import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { callProvider, parseJson, reasonOf } from './http.ts';
import type { CallingPaymentProvider, Order, QueryAnswer, RawCallback } from './port.ts';

export interface SandboxConfig {
  readonly url: string;
  readonly secret: string;
  /** Where it calls us; without one it is only asked. */
  readonly callbackUrl?: string | undefined;
  readonly callMsMax?: number | undefined;
}

const zMinor = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(BigInt);
const zOrder = z.object({
  orderNo: z.string().max(64),
  id: z.string().max(64),
  status: z.enum(['pending', 'paid', 'failed', 'closed']),
  paid: zMinor,
  currency: z.string().length(3),
  reason: z.string().max(300).nullish(),
  payUrl: z.string().max(500).nullish(),
});
const zCallback = z.object({ about: z.enum(['charge', 'refund']), order: zOrder });
const zStatement = z.object({
  rows: z
    .array(
      z.object({
        kind: z.enum(['payment', 'refund']),
        orderNo: z.string(),
        id: z.string(),
        amount: zMinor,
        fee: z
          .string()
          .regex(/^-?\d{1,15}$/)
          .transform(BigInt),
      }),
    )
    .max(100_000),
});

/** Signature of a request either way: HMAC-SHA256 over time and body. */
export const sandboxSignature = (secret: string, timestamp: string, body: string | Buffer): string =>
  createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');

/** A provider to try everything with: it moves no money. */
export function createSandbox(config: SandboxConfig): CallingPaymentProvider {
  async function call(method: string, path: string, body?: unknown): Promise<QueryAnswer> {
    try {
      const answer = await request(config, method, path, body);
      if (answer.status === 404) return { status: 'none' };
      if (answer.status >= 500)
        return { status: 'unknown', reason: `the provider answered ${answer.status}` };
      const parsed = zOrder.safeParse(parseJson(answer.body));
      if (answer.status >= 400) return { status: 'failed', reason: `refused with ${answer.status}` };
      if (!parsed.success) return { status: 'unknown', reason: 'the provider’s answer was not understood' };
      return toAnswer(parsed.data);
    } catch (error) {
      return { status: 'unknown', reason: reasonOf(error) };
    }
  }
  const submitted = (answer: QueryAnswer) =>
    answer.status === 'none' ? ({ status: 'unknown', reason: 'the provider answered 404' } as const) : answer;
  return {
    name: 'sandbox',
    submit: async (order) => submitted(await call('POST', '/orders', wire(order, config))),
    query: (order) => call('GET', `/orders/${order.orderNo}`),
    async close(order) {
      const answer = await call('POST', `/orders/${order.orderNo}/close`, {});
      const closed = answer.status === 'failed' || answer.status === 'none';
      return closed ? { status: 'closed' } : { status: 'unknown', reason: 'the provider did not close it' };
    },
    refund: async ({ refundNo, amount, of }) =>
      submitted(
        await call('POST', '/refunds', {
          ...{ orderNo: of.orderNo, refundNo, amount: String(amount), callbackUrl: config.callbackUrl },
        }),
      ),
    queryRefund: ({ refundNo }) => call('GET', `/refunds/${refundNo}`),
    async parseCallback(callback) {
      if (!isSigned(config.secret, callback)) return { ok: false, reason: 'the signature is wrong' };
      const parsed = zCallback.safeParse(parseJson(callback.body));
      if (!parsed.success) return { ok: false, reason: 'the body was not understood' };
      const { about, order } = parsed.data;
      return { ok: true, about, orderNo: order.orderNo, answer: toAnswer(order) };
    },
    async downloadStatement(day) {
      const answer = await request(config, 'GET', `/statements/${day}`);
      if (answer.status !== 200)
        return { status: 'not_ready', reason: `the provider answered ${answer.status}` };
      const { rows } = zStatement.parse(parseJson(answer.body));
      return { status: 'ready', rows: rows.map(({ id, ...row }) => ({ ...row, providerRef: id })) };
    },
  };
}

const wire = (order: Order, config: SandboxConfig) => ({
  orderNo: order.orderNo,
  amount: String(order.amount),
  currency: order.currency,
  description: order.description,
  automatic: order.payer !== null,
  callbackUrl: config.callbackUrl,
});

function toAnswer(order: z.output<typeof zOrder>) {
  const providerRef = order.id;
  switch (order.status) {
    case 'pending':
      return {
        status: 'submitted',
        providerRef,
        ...(order.payUrl ? { payWith: { qr: order.payUrl, url: order.payUrl } } : {}),
      } as const;
    case 'paid':
      return { status: 'succeeded', providerRef, paid: order.paid, currency: order.currency } as const;
    case 'failed':
    case 'closed':
      return { status: 'failed', reason: order.reason ?? order.status } as const;
  }
}

const SIGNED_WITHIN_S = 300;

function isSigned(secret: string, { headers, body, receivedAt }: RawCallback): boolean {
  const timestamp = headers['x-sandbox-timestamp'] ?? '';
  if (!/^\d{10}$/.test(timestamp)) return false;
  if (Math.abs(receivedAt.getTime() / 1000 - Number(timestamp)) > SIGNED_WITHIN_S) return false;
  const given = Buffer.from(headers['x-sandbox-signature'] ?? '', 'hex');
  const right = Buffer.from(sandboxSignature(secret, timestamp, body), 'hex');
  return given.length === right.length && timingSafeEqual(given, right);
}

function request(config: SandboxConfig, method: string, path: string, body?: unknown) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const timestamp = String(Math.floor(Date.now() / 1000));
  return callProvider(
    config.url + path,
    {
      method,
      headers: {
        'content-type': 'application/json',
        'x-sandbox-timestamp': timestamp,
        'x-sandbox-signature': sandboxSignature(config.secret, timestamp, text),
      },
      ...(body === undefined ? {} : { body: text }),
    },
    { ms: config.callMsMax },
  );
}
