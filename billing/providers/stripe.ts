import Stripe from 'stripe';
import type { StatementRow } from '../../domain/reconciliation.ts';
import { CALL_MS_MAX, reasonOf } from './http.ts';
import type { CallbackEvent, CallingPaymentProvider, Order, QueryAnswer, SubmitAnswer } from './port.ts';

export interface StripeConfig {
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Where the payer comes back to. */
  readonly returnUrl: string;
  /** Another server than Stripe's own. */
  readonly baseUrl?: string | undefined;
  readonly callMsMax?: number | undefined;
}

const STATEMENT_ROWS_MAX = 20_000;

/**
 * Stripe by its SDK: a payer who is there pays on a Checkout page, one who is away by the payment method that was
 * saved. The order number is the idempotency key and is in the metadata of whatever is made.
 */
export function createStripe(config: StripeConfig): CallingPaymentProvider {
  const base = config.baseUrl === undefined ? undefined : new URL(config.baseUrl);
  const stripe = new Stripe(config.secretKey, {
    maxNetworkRetries: 0,
    timeout: config.callMsMax ?? CALL_MS_MAX,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(),
    ...(base === undefined
      ? {}
      : { host: base.hostname, port: base.port, protocol: base.protocol === 'http:' ? 'http' : 'https' }),
  });

  /** What became of an order, by what was made under its number. */
  async function find(order: Order): Promise<SubmitAnswer> {
    if (order.payer === null) {
      const ref = order.providerRef;
      // Making it again under its key answers with the one that was made.
      const session = ref?.startsWith('cs_')
        ? await stripe.checkout.sessions.retrieve(ref)
        : await checkout(order);
      return sessionAnswer(sure(session));
    }
    const ref = order.providerRef;
    return intentAnswer(
      sure(ref?.startsWith('pi_') ? await stripe.paymentIntents.retrieve(ref) : await intent(order)),
    );
  }

  const checkout = (order: Order) =>
    stripe.checkout.sessions.create(
      {
        mode: 'payment',
        client_reference_id: order.orderNo,
        line_items: [
          {
            quantity: 1,
            price_data: {
              currency: order.currency.toLowerCase(),
              unit_amount: Number(order.amount),
              product_data: { name: order.description },
            },
          },
        ],
        // Stripe asks for half an hour at least; both ends of it are fixed, because the same key must say the same.
        expires_at: Math.floor(order.expiresAt.getTime() / 1000),
        success_url: config.returnUrl,
        cancel_url: config.returnUrl,
        metadata: { orderNo: order.orderNo },
        payment_intent_data: { metadata: { orderNo: order.orderNo } },
      },
      { idempotencyKey: order.orderNo },
    );

  const intent = (order: Order) =>
    stripe.paymentIntents.create(
      {
        amount: Number(order.amount),
        currency: order.currency.toLowerCase(),
        customer: order.payer?.['customer'] ?? '',
        payment_method: order.payer?.['paymentMethod'] ?? '',
        off_session: true,
        confirm: true,
        description: order.description,
        metadata: { orderNo: order.orderNo },
      },
      { idempotencyKey: order.orderNo },
    );

  return {
    name: 'stripe',
    submit: (order) => guarded(() => find({ ...order, providerRef: null })),
    query: (order) => guarded(() => find(order)),
    async close(order) {
      const ref = order.providerRef;
      const closed = await guarded(async (): Promise<SubmitAnswer> => {
        if (ref?.startsWith('cs_')) sure(await stripe.checkout.sessions.expire(ref));
        else if (ref?.startsWith('pi_')) sure(await stripe.paymentIntents.cancel(ref));
        else return { status: 'unknown', reason: 'it has no number at Stripe yet' };
        return { status: 'failed', reason: 'closed' };
      });
      return closed.status === 'failed' && closed.reason === 'closed'
        ? { status: 'closed' }
        : { status: 'unknown', reason: 'Stripe did not close it' };
    },
    refund: ({ refundNo, amount, of }) =>
      guarded(async () => {
        const paid = await intentOf(of.providerRef ?? '');
        const refund = await stripe.refunds.create(
          { payment_intent: paid, amount: Number(amount), metadata: { orderNo: of.orderNo, refundNo } },
          { idempotencyKey: refundNo },
        );
        return refundAnswer(sure(refund));
      }),
    queryRefund: ({ refundNo, of }) =>
      guarded(async () => {
        const list = await stripe.refunds.list({
          payment_intent: await intentOf(of.providerRef ?? ''),
          limit: 100,
        });
        if (!Array.isArray(list.data)) throw new Error('it answered no list');
        const refund = list.data.find(({ metadata }) => metadata?.['refundNo'] === refundNo);
        return refund ? refundAnswer(refund) : ({ status: 'none' } as const);
      }),
    async parseCallback({ headers, body, receivedAt }): Promise<CallbackEvent> {
      let event: Stripe.Event;
      try {
        // Its age is as of when it came: it may have waited for us.
        event = stripe.webhooks.constructEvent(
          body,
          headers['stripe-signature'] ?? '',
          config.webhookSecret,
          undefined,
          undefined,
          receivedAt.getTime(),
        );
      } catch (error) {
        if (error instanceof Stripe.errors.StripeSignatureVerificationError)
          return { ok: false, reason: 'the signature is wrong or too old' };
        return { ok: false, reason: 'the body was not understood' };
      }
      return readEvent(event);
    },
    async downloadStatement(day) {
      const from = Date.parse(`${day}T00:00:00Z`) / 1000;
      const rows: StatementRow[] = [];
      const list = stripe.balanceTransactions.list({
        created: { gte: from, lt: from + 86_400 },
        limit: 100,
        expand: ['data.source'],
      });
      for await (const one of list) {
        const row = statementRow(one);
        if (row) rows.push(row);
        if (rows.length >= STATEMENT_ROWS_MAX) throw new Error('the statement has too many rows');
      }
      return { status: 'ready', rows };
    },
  };

  async function intentOf(ref: string): Promise<string> {
    if (!ref.startsWith('cs_')) return ref;
    const session = sure(await stripe.checkout.sessions.retrieve(ref));
    return typeof session.payment_intent === 'string'
      ? session.payment_intent
      : (session.payment_intent?.id ?? '');
  }
}

/** The SDK takes a 5xx whose body names no error for an answer. @throws when it is none */
function sure<T extends { readonly id: string; readonly lastResponse: { readonly statusCode: number } }>(
  answer: T,
): T {
  const { statusCode } = answer.lastResponse;
  if (statusCode >= 400 || typeof answer.id !== 'string') throw new Error(`it answered ${statusCode}`);
  return answer;
}

/** Errors of the SDK as answers: only what Stripe says for certain is a failure. */
async function guarded<T extends QueryAnswer>(
  work: () => Promise<T>,
): Promise<T | Extract<SubmitAnswer, { status: 'failed' | 'unknown' }>> {
  try {
    return await work();
  } catch (error) {
    if (
      error instanceof Stripe.errors.StripeCardError ||
      error instanceof Stripe.errors.StripeInvalidRequestError
    )
      return { status: 'failed', reason: `${error.code ?? error.type} ${error.message}`.slice(0, 200) };
    return {
      status: 'unknown',
      reason: `Stripe did not answer as it should: ${reasonOf(error)}`.slice(0, 200),
    };
  }
}

function sessionAnswer(session: Stripe.Checkout.Session): Exclude<SubmitAnswer, { status: 'unknown' }> {
  const providerRef = session.id;
  if (session.payment_status === 'paid')
    return {
      ...{ status: 'succeeded', providerRef, paid: BigInt(session.amount_total ?? 0) },
      currency: (session.currency ?? '').toUpperCase(),
    };
  if (session.status === 'expired') return { status: 'failed', reason: 'expired' };
  return {
    status: 'submitted',
    providerRef,
    ...(session.url ? { payWith: { url: session.url, qr: session.url } } : {}),
  };
}

function intentAnswer(intent: Stripe.PaymentIntent): Exclude<SubmitAnswer, { status: 'unknown' }> {
  const providerRef = intent.id;
  if (intent.status === 'succeeded')
    return {
      ...{ status: 'succeeded', providerRef, paid: BigInt(intent.amount_received) },
      currency: intent.currency.toUpperCase(),
    };
  if (intent.status === 'processing' || intent.status === 'requires_capture')
    return { status: 'submitted', providerRef };
  // Off session nobody can do what is required.
  return { status: 'failed', reason: intent.last_payment_error?.message ?? intent.status };
}

function refundAnswer(refund: Stripe.Refund): Exclude<SubmitAnswer, { status: 'unknown' }> {
  const providerRef = refund.id;
  if (refund.status === 'succeeded')
    return {
      status: 'succeeded',
      providerRef,
      paid: BigInt(refund.amount),
      currency: refund.currency.toUpperCase(),
    };
  return refund.status === 'failed' || refund.status === 'canceled'
    ? { status: 'failed', reason: refund.failure_reason ?? refund.status }
    : { status: 'submitted', providerRef };
}

function readEvent(event: Stripe.Event): CallbackEvent {
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
    case 'checkout.session.async_payment_failed':
    case 'checkout.session.expired': {
      const session = event.data.object;
      const orderNo = session.client_reference_id ?? '';
      const failed = event.type === 'checkout.session.async_payment_failed';
      const answer = failed
        ? ({ status: 'failed', reason: 'payment failed' } as const)
        : sessionAnswer(session);
      return { ok: true, about: 'charge', orderNo, answer };
    }
    case 'payment_intent.succeeded':
    case 'payment_intent.payment_failed': {
      const intent = event.data.object;
      // Of a Checkout page the payer may try again: its own events tell how it ends.
      if (event.type === 'payment_intent.payment_failed' && intent.status === 'requires_payment_method')
        return { ok: true, about: 'other', kind: event.type };
      return {
        ok: true,
        about: 'charge',
        orderNo: intent.metadata['orderNo'] ?? '',
        answer: intentAnswer(intent),
      };
    }
    case 'refund.updated':
    case 'refund.failed': {
      const refund = event.data.object;
      return {
        ok: true,
        about: 'refund',
        orderNo: refund.metadata?.['refundNo'] ?? '',
        answer: refundAnswer(refund),
      };
    }
    default:
      return { ok: true, about: 'other', kind: event.type };
  }
}

function statementRow(one: Stripe.BalanceTransaction): StatementRow | undefined {
  const { source } = one;
  const kind =
    one.reporting_category === 'charge' ? 'payment' : one.reporting_category === 'refund' ? 'refund' : null;
  if (kind === null || typeof source !== 'object' || source === null) return undefined;
  const metadata = 'metadata' in source ? source.metadata : null;
  const orderNo = (kind === 'payment' ? metadata?.['orderNo'] : metadata?.['refundNo']) ?? source.id;
  return {
    kind,
    orderNo,
    providerRef: source.id,
    amount: BigInt(Math.abs(one.amount)),
    fee: BigInt(one.fee),
  };
}
