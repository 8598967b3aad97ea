import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBook, writeBook } from './sandbox-book.ts';
import type { SandboxOrder, SandboxScript } from './sandbox-order.ts';
import { sandboxPage } from './sandbox-page.ts';

export interface SandboxProvider {
  readonly url: string;
  readonly secret: string;
  /** What goes wrong with the orders to come. */
  script(next: SandboxScript): void;
  readonly orders: ReadonlyMap<string, SandboxOrder>;
  readonly refunds: ReadonlyMap<string, SandboxOrder>;
  /** As the payer does on the page. */
  pay(orderNo: string): Promise<void>;
  fail(orderNo: string, reason: string): Promise<void>;
  /** Tells us about an order again. */
  callBack(orderNo: string, options?: { readonly secret?: string }): Promise<number>;
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** 0 takes any free one. */
  readonly port?: number;
  readonly host?: string;
  readonly secret?: string;
  readonly now?: () => number;
  /** Where its orders are kept; without one it forgets them when it is closed. */
  readonly bookFile?: string;
  /** For `slow` and for answers that never come. */
  readonly slowMs?: number;
}

const BODY_BYTES_MAX = 65_536;
const ORDERS_MAX = 10_000;
/** Basis points that it keeps of a payment. */
const FEE_BP = 60n;

/** A payment provider to try everything with: a real HTTP server that moves no money and does what a script says. */
export async function startSandboxProvider(options: SandboxOptions = {}): Promise<SandboxProvider> {
  const { secret = randomUUID(), now = Date.now, slowMs = 3_000, host = '127.0.0.1' } = options;
  const { orders, refunds } = readBook(options.bookFile);
  const keepBook = (): void => {
    if (options.bookFile !== undefined) writeBook(options.bookFile, { orders, refunds });
  };
  let script: SandboxScript = 'none';
  let url = '';

  const wire = (order: SandboxOrder) => ({
    orderNo: order.orderNo,
    id: order.id,
    status: order.status,
    paid: String(order.paid),
    currency: order.currency,
    reason: order.reason ?? null,
    payUrl: `${url}/pay/${order.orderNo}`,
  });

  async function callBack(orderNo: string, { secret: key = secret } = {}): Promise<number> {
    const order = orders.get(orderNo) ?? refunds.get(orderNo);
    if (order?.callbackUrl === undefined) return 0;
    const body = JSON.stringify({ about: orders.has(orderNo) ? 'charge' : 'refund', order: wire(order) });
    const timestamp = String(Math.floor(now() / 1000));
    const signature = createHmac('sha256', key).update(`${timestamp}.`).update(body).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'x-sandbox-timestamp': timestamp,
      'x-sandbox-signature': signature,
    };
    try {
      const { status } = await fetch(order.callbackUrl, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(5_000),
      });
      return status;
    } catch {
      return 0;
    }
  }

  function settle(order: SandboxOrder, status: 'paid' | 'failed', reason?: string): void {
    order.status = status;
    order.reason = reason;
    if (status === 'paid') order.paid = order.script === 'amount_differs' ? order.amount - 1n : order.amount;
  }

  async function pay(orderNo: string): Promise<void> {
    const order = orders.get(orderNo);
    // A real one takes no money for a closed order either; one that failed may be tried again.
    if (!order || order.status === 'paid' || order.status === 'closed') return;
    settle(order, 'paid');
    await callBack(orderNo);
  }

  async function fail(orderNo: string, reason: string): Promise<void> {
    const order = orders.get(orderNo);
    if (order?.status !== 'pending') return;
    settle(order, 'failed', reason);
    await callBack(orderNo);
  }

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
    });
  const soon = (work: () => Promise<unknown>): void => {
    setTimeout(() => void work().catch(() => {}), 20).unref();
  };

  /** What an order answers when it is submitted, the first time or again. */
  async function submit(order: SandboxOrder, isNew: boolean): Promise<number> {
    switch (order.script) {
      case 'timeout_after_success':
        if (isNew) settle(order, 'paid');
        if (isNew) await sleep(slowMs);
        return 200;
      case 'slow':
        if (isNew) settle(order, 'paid');
        if (isNew) await sleep(Math.min(slowMs, 300));
        return 200;
      case 'duplicate_callback':
        if (isNew) {
          settle(order, 'paid');
          soon(() =>
            Promise.all([callBack(order.orderNo), callBack(order.orderNo)]).then(() =>
              callBack(order.orderNo),
            ),
          );
        }
        return 200;
      case 'callback_before_response':
        if (isNew) {
          settle(order, 'paid');
          await callBack(order.orderNo);
          await sleep(100);
        }
        return 200;
      case 'late_failure':
        if (isNew) soon(() => fail(order.orderNo, 'the account has no money'));
        return 200;
      case 'success_after_failure':
        if (isNew) settle(order, 'failed', 'the card was declined');
        return 200;
      case 'wrong_signature':
        if (isNew) soon(() => callBack(order.orderNo, { secret: 'somebody else' }));
        return 200;
      case 'amount_differs':
        if (isNew) settle(order, 'paid');
        return 200;
      case 'errors':
        if (isNew) settle(order, 'paid');
        return order.asked <= 3 ? 500 : 200;
      default:
        return 200;
    }
  }

  function toOrder(value: Record<string, unknown>, id: string, orderNo: string): SandboxOrder {
    return {
      id,
      orderNo,
      amount: BigInt(String(value['amount'] ?? '0')),
      currency: String(value['currency'] ?? ''),
      description: String(value['description'] ?? ''),
      callbackUrl: typeof value['callbackUrl'] === 'string' ? value['callbackUrl'] : undefined,
      script,
      day: new Date(now()).toISOString().slice(0, 10),
      status: 'pending',
      paid: 0n,
      reason: undefined,
      asked: 0,
      submitted: 0,
    };
  }

  let refusedOnce = false;
  async function submitOrder(value: Record<string, unknown>, response: ServerResponse): Promise<void> {
    const orderNo = String(value['orderNo'] ?? '');
    let order = orders.get(orderNo);
    const isNew = order === undefined;
    if (isNew && script === 'error_before_order' && !refusedOnce) {
      refusedOnce = true;
      return send(response, 500, {});
    }
    if (orders.size >= ORDERS_MAX) return send(response, 503, {});
    order ??= toOrder(value, `SB${randomUUID().slice(0, 13)}`, orderNo);
    orders.set(orderNo, order);
    order.asked++;
    order.submitted++;
    if (isNew && value['automatic'] === true && order.script === 'none') settle(order, 'paid');
    const status = await submit(order, isNew);
    send(response, status, status === 200 ? wire(order) : {});
  }

  async function submitRefund(value: Record<string, unknown>, response: ServerResponse): Promise<void> {
    const of = orders.get(String(value['orderNo'] ?? ''));
    const refundNo = String(value['refundNo'] ?? '');
    const given = [...refunds.values()].filter(
      (one) => one.description === of?.orderNo && one.status === 'paid',
    );
    let refund = refunds.get(refundNo);
    const isNew = refund === undefined;
    if (!of || of.status !== 'paid') return send(response, 400, {});
    if (isNew) {
      refund = toOrder(
        { ...value, currency: of.currency, description: of.orderNo },
        `SR${randomUUID().slice(0, 13)}`,
        refundNo,
      );
      const sum = given.reduce((total, { paid }) => total + paid, 0n);
      if (sum + refund.amount > of.paid) return send(response, 400, {});
      refunds.set(refundNo, refund);
      settle(refund, 'paid');
      refund.paid = refund.amount;
    }
    if (!refund) return send(response, 500, {});
    if (isNew && refund.script === 'timeout_after_success') await sleep(slowMs);
    send(response, 200, wire(refund));
  }

  const statement = (day: string) => ({
    rows: [
      ...[...orders.values()]
        .filter((one) => one.status === 'paid' && one.day === day)
        .map((one) => row('payment', one, (one.paid * FEE_BP) / 10_000n)),
      ...[...refunds.values()]
        .filter((one) => one.status === 'paid' && one.day === day)
        .map((one) => row('refund', one, 0n)),
    ],
  });
  const row = (kind: string, { orderNo, id, paid }: SandboxOrder, fee: bigint) => ({
    ...{ kind, orderNo, id },
    amount: String(paid),
    fee: String(fee),
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://sandbox').pathname;
    const [, noun = '', id = '', verb = ''] = path.split('/');
    const body = await readBody(request);
    if (noun === 'pay') {
      const order = orders.get(id);
      if (request.method === 'POST' && verb === 'pay') await pay(id);
      if (request.method === 'POST' && verb === 'fail') await fail(id, 'the payer turned away');
      if (request.method === 'POST') {
        response.writeHead(303, { location: `/pay/${id}` });
        return void response.end();
      }
      const html = sandboxPage(order);
      response.writeHead(order ? 200 : 404, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
      });
      return void response.end(html);
    }
    if (!isSigned(secret, request, body)) return send(response, 401, {});
    const value = body.length > 0 ? (JSON.parse(body.toString()) as Record<string, unknown>) : {};
    if (noun === 'orders' && request.method === 'POST' && id === '') return submitOrder(value, response);
    if (noun === 'refunds' && request.method === 'POST') return submitRefund(value, response);
    if (noun === 'statements') return send(response, 200, statement(id));
    const order = noun === 'orders' ? orders.get(id) : noun === 'refunds' ? refunds.get(id) : undefined;
    if (!order) return send(response, 404, {});
    if (verb === 'close') {
      if (order.status === 'paid') return send(response, 409, wire(order));
      order.status = order.status === 'pending' ? 'closed' : order.status;
      return send(response, 200, wire(order));
    }
    order.asked++;
    if (order.script === 'errors' && order.asked <= 3) return send(response, 500, {});
    send(response, 200, wire(order));
  }

  const server = createServer((request, response) => {
    handle(request, response)
      .catch(() => {
        if (!response.headersSent) send(response, 400, {});
      })
      .then(() => request.method !== 'GET' && keepBook())
      .catch(() => {});
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(options.port ?? 0, host, resolve),
  );
  url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    secret,
    script(next) {
      script = next;
      refusedOnce = false;
    },
    orders,
    refunds,
    pay,
    fail,
    callBack,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isSigned(secret: string, request: IncomingMessage, body: Buffer): boolean {
  const timestamp = String(request.headers['x-sandbox-timestamp'] ?? '');
  const right = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
  return request.headers['x-sandbox-signature'] === right;
}
