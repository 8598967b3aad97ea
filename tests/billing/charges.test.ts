import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPayments } from '../../billing/payments.ts';
import type { SandboxScript } from '../../demo/sandbox-order.ts';
import { type SandboxProvider, startSandboxProvider } from '../../demo/sandbox-provider.ts';
import { applyBalance } from '../../store/bill-settling.ts';
import { applyOutcome } from '../../store/charge-outcomes.ts';
import { cancelCharge } from '../../store/charges.ts';
import { createRefund } from '../../store/refunds.ts';
import { transaction } from '../../store/transaction.ts';
import { startTestApi, type TestApi } from '../api/support.ts';
import { eventually } from '../support/eventually.ts';
import { buildMarket, type Market, silent } from './market.ts';
import {
  balancesOf,
  bankTransfer,
  billStatus,
  bookings,
  chargeBill,
  chargesOf,
  issueBill,
  leaseOf,
  openCases,
  sandboxAdapter,
  topUp,
} from './payments-market.ts';

let api: TestApi;
let sandbox: SandboxProvider;
let callbackUrl: string;
let market: Market;
let lease: number;
let stop: () => Promise<void> = async () => {};
let sites = 0;

beforeAll(async () => {
  api = await startTestApi({ providers: ['sandbox', 'bank_transfer'] });
  callbackUrl = `http://127.0.0.1:${await api.listen()}/api/v1/callbacks/sandbox`;
  sandbox = await startSandboxProvider({ slowMs: 1_500 });
});
afterAll(async () => {
  await sandbox.close();
  await api.close();
});
beforeEach(async () => {
  market = await buildMarket(api.db, `pay${++sites}`);
  lease = await leaseOf(market);
  sandbox.script('none');
});
afterEach(async () => {
  await stop();
  stop = async () => {};
});

async function startBilling(url: string | undefined = callbackUrl): Promise<void> {
  const payments = await startPayments({
    ...{ db: api.db, databaseUrl: api.url, log: silent, now: () => new Date(), lookEveryMs: 200 },
    providers: [sandboxAdapter(sandbox, url), bankTransfer],
  });
  stop = () => payments.close();
}

const until = (status: string, count = 1) =>
  eventually(async () => {
    const charges = await chargesOf(api.db, lease);
    expect(charges.map((one) => one.status)).toEqual(Array(count).fill(status));
    return charges;
  });

describe('a bill that is paid while the provider does its worst', () => {
  const paidOnce: readonly SandboxScript[] = [
    'timeout_after_success',
    'slow',
    'duplicate_callback',
    'callback_before_response',
    'errors',
  ];
  it.each(paidOnce)('%s: is paid once, under one number', async (script) => {
    sandbox.script(script);
    const bill = await issueBill(api.db, market, lease, 12_850n);
    const { orderNo } = await chargeBill(api.db, lease, bill, 12_850n);
    await startBilling();
    const [charge] = await until('succeeded');
    expect(charge).toMatchObject({ paid: '12850', applied: '12850', order_no: orderNo });
    // Whatever is still to come changes nothing.
    await sandbox.callBack(orderNo);
    await eventually(async () => {
      const { rows } = await api.db.$client.query(`SELECT 1 FROM provider_callbacks WHERE status = 'new'`);
      expect(rows).toEqual([]);
    });
    expect(await bookings(api.db, market.site)).toBe(1);
    expect(await balancesOf(api.db, market)).toEqual({ clearing: 12_850n, revenue: -12_850n });
    expect(await billStatus(api.db, bill)).toBe('paid');
    expect(await openCases(api.db, market.site)).toEqual([]);
    expect(
      [...sandbox.orders.values()].filter(({ description }) => description.startsWith(market.site)),
    ).toHaveLength(1);
  });

  it('late failure: stays unpaid, and a new number is given only then', async () => {
    sandbox.script('late_failure');
    const bill = await issueBill(api.db, market, lease, 500n);
    const first = await chargeBill(api.db, lease, bill, 500n);
    await expect(chargeBill(api.db, lease, bill, 500n)).rejects.toThrow('open_charge');
    await startBilling();
    const [failed] = await until('failed');
    expect(failed?.failure).toBe('the account has no money');
    expect(await bookings(api.db, market.site)).toBe(0);
    expect(await billStatus(api.db, bill)).toBe('issued');
    sandbox.script('slow');
    const second = await chargeBill(api.db, lease, bill, 500n);
    expect(second.orderNo).not.toBe(first.orderNo);
    await eventually(async () => expect(await billStatus(api.db, bill)).toBe('paid'));
    expect(await bookings(api.db, market.site)).toBe(1);
  });

  it('success after failure: pays the bill, although it had failed', async () => {
    sandbox.script('success_after_failure');
    const bill = await issueBill(api.db, market, lease, 700n);
    const { orderNo } = await chargeBill(api.db, lease, bill, 700n);
    await startBilling();
    await until('failed');
    await sandbox.pay(orderNo);
    await until('succeeded');
    expect(await billStatus(api.db, bill)).toBe('paid');
    expect(await balancesOf(api.db, market)).toEqual({ clearing: 700n, revenue: -700n });
  });

  it('success after failure when the bill was paid otherwise: the money is the lease’s own, and a case says so', async () => {
    sandbox.script('success_after_failure');
    const bill = await issueBill(api.db, market, lease, 700n);
    const { orderNo } = await chargeBill(api.db, lease, bill, 700n);
    await startBilling();
    await until('failed');
    sandbox.script('slow');
    await chargeBill(api.db, lease, bill, 700n);
    await eventually(async () => expect(await billStatus(api.db, bill)).toBe('paid'));
    await sandbox.pay(orderNo);
    await until('succeeded', 2);
    expect(await balancesOf(api.db, market)).toEqual({ clearing: 1_400n, prepaid: -700n, revenue: -700n });
    expect(await openCases(api.db, market.site)).toEqual(['paid_twice']);
  });

  it('success after failure while another payment is open: that one is withdrawn', async () => {
    sandbox.script('success_after_failure');
    const bill = await issueBill(api.db, market, lease, 700n);
    const { orderNo } = await chargeBill(api.db, lease, bill, 700n);
    await startBilling();
    await until('failed');
    sandbox.script('none');
    await chargeBill(api.db, lease, bill, 700n);
    await eventually(async () => expect((await chargesOf(api.db, lease))[1]?.status).toBe('submitted'));
    await sandbox.pay(orderNo);
    await eventually(async () =>
      expect((await chargesOf(api.db, lease)).map(({ status }) => status)).toEqual(['succeeded', 'failed']),
    );
    expect((await chargesOf(api.db, lease))[1]?.failure).toBe('cancelled');
    expect(await balancesOf(api.db, market)).toEqual({ clearing: 700n, revenue: -700n });
  });

  it('a wrong signature: changes nothing and is kept with its reason', async () => {
    sandbox.script('wrong_signature');
    const bill = await issueBill(api.db, market, lease, 300n);
    await chargeBill(api.db, lease, bill, 300n);
    await startBilling();
    await eventually(async () => {
      const { rows } = await api.db.$client.query(
        `SELECT reason FROM provider_callbacks WHERE status = 'refused' ORDER BY id DESC LIMIT 1`,
      );
      expect(rows).toEqual([{ reason: 'the signature is wrong' }]);
    });
    expect((await chargesOf(api.db, lease))[0]?.status).toBe('submitted');
    expect(await bookings(api.db, market.site)).toBe(0);
  });

  it('another amount: what came in is booked, the rest stays due, and a case says so', async () => {
    sandbox.script('amount_differs');
    const bill = await issueBill(api.db, market, lease, 1_000n);
    await chargeBill(api.db, lease, bill, 1_000n);
    await startBilling();
    await until('succeeded');
    expect(await balancesOf(api.db, market)).toEqual({ clearing: 999n, receivable: 1n, revenue: -1_000n });
    expect(await billStatus(api.db, bill)).toBe('issued');
    expect(await openCases(api.db, market.site)).toEqual(['amount_differs']);
  });

  it('an error before there is an order: the same number is submitted again', async () => {
    sandbox.script('error_before_order');
    const bill = await issueBill(api.db, market, lease, 400n);
    const { orderNo } = await chargeBill(api.db, lease, bill, 400n);
    await startBilling();
    await until('submitted');
    await sandbox.pay(orderNo);
    await until('succeeded');
    expect(await bookings(api.db, market.site)).toBe(1);
  });

  it('no callback ever comes: the provider is asked', async () => {
    const bill = await issueBill(api.db, market, lease, 400n);
    const { orderNo } = await chargeBill(api.db, lease, bill, 400n);
    const payments = await startPayments({
      ...{ db: api.db, databaseUrl: api.url, log: silent, now: () => new Date() },
      providers: [sandboxAdapter(sandbox)],
    });
    stop = () => payments.close();
    await until('submitted');
    await sandbox.pay(orderNo);
    await until('succeeded');
  });
});

describe('a payment that is cancelled', () => {
  it('is closed at the provider before it has failed', async () => {
    const bill = await issueBill(api.db, market, lease, 400n);
    const { id, orderNo } = await chargeBill(api.db, lease, bill, 400n);
    await startBilling();
    await until('submitted');
    await transaction(api.db, (tx) => cancelCharge(tx, id, 'li', new Date()));
    const [charge] = await until('failed');
    expect(charge?.failure).toBe('cancelled');
    expect(sandbox.orders.get(orderNo)?.status).toBe('closed');
  });

  it('has succeeded if it was paid a moment before', async () => {
    const bill = await issueBill(api.db, market, lease, 400n);
    const { id, orderNo } = await chargeBill(api.db, lease, bill, 400n);
    await startBilling('http://127.0.0.1:9/nobody');
    await until('submitted');
    await sandbox.pay(orderNo);
    await transaction(api.db, (tx) => cancelCharge(tx, id, 'li', new Date()));
    await until('succeeded');
  });
});

const refund = (chargeId: number, amount: bigint) =>
  transaction(api.db, (tx) =>
    createRefund(tx, { chargeId, amount, reason: 'test', requestedBy: 'test', at: new Date() }),
  );

const succeed = (chargeId: number, paid: bigint) =>
  transaction(api.db, (tx) =>
    applyOutcome(
      tx,
      chargeId,
      { status: 'succeeded', paid, currency: 'CNY' },
      { actor: 'test', at: new Date() },
    ),
  );

describe('money back', () => {
  it('in parts: never more than came in, and the bill is due again', async () => {
    sandbox.script('slow');
    const bill = await issueBill(api.db, market, lease, 1_000n);
    const { id } = await chargeBill(api.db, lease, bill, 1_000n);
    await startBilling();
    await until('succeeded');
    expect(await refund(id, 300n)).toMatchObject({ ok: true });
    expect(await refund(id, 701n)).toMatchObject({ ok: false, reason: 'above_paid', left: 700n });
    await eventually(async () => expect(await bookings(api.db, market.site, 'charge.refunded')).toBe(1));
    expect(await billStatus(api.db, bill)).toBe('issued');
    expect(await balancesOf(api.db, market)).toEqual({ clearing: 700n, receivable: 300n, revenue: -1_000n });
    expect(await refund(id, 700n)).toMatchObject({ ok: true });
    await eventually(async () => expect(await bookings(api.db, market.site, 'charge.refunded')).toBe(2));
    expect(await balancesOf(api.db, market)).toEqual({ receivable: 1_000n, revenue: -1_000n });
  });

  it('whose answer is lost goes back once', async () => {
    sandbox.script('slow');
    const bill = await issueBill(api.db, market, lease, 1_000n);
    const { id } = await chargeBill(api.db, lease, bill, 1_000n);
    await startBilling();
    await until('succeeded');
    sandbox.script('timeout_after_success');
    await refund(id, 250n);
    await eventually(async () => expect(await bookings(api.db, market.site, 'charge.refunded')).toBe(1));
    const back = [...sandbox.refunds.values()].filter(({ amount }) => amount === 250n);
    expect(back).toHaveLength(1);
  });

  it('of a top-up only while the balance holds it', async () => {
    sandbox.script('slow');
    const { id } = await topUp(api.db, lease, 900n);
    await startBilling();
    await until('succeeded');
    expect(await balancesOf(api.db, market)).toEqual({ clearing: 900n, prepaid: -900n });
    const bill = await issueBill(api.db, market, lease, 600n);
    await chargeBill(api.db, lease, bill, 600n, 'balance');
    await eventually(async () => expect(await billStatus(api.db, bill)).toBe('paid'));
    expect(await refund(id, 400n)).toMatchObject({ ok: false, reason: 'balance_spent', left: 300n });
    expect(await refund(id, 300n)).toMatchObject({ ok: true });
    await eventually(async () =>
      expect(await balancesOf(api.db, market)).toEqual({ clearing: 600n, revenue: -600n }),
    );
  });
});

describe('the balance', () => {
  it('that is too low pays nothing', async () => {
    const bill = await issueBill(api.db, market, lease, 600n);
    await chargeBill(api.db, lease, bill, 600n, 'balance');
    await startBilling();
    const [charge] = await until('failed');
    expect(charge?.failure).toBe('balance_too_low');
    expect(await balancesOf(api.db, market)).toEqual({ receivable: 600n, revenue: -600n });
  });

  it('pays no charge that was cancelled before', async () => {
    const { id: first } = await topUp(api.db, lease, 600n);
    await succeed(first, 600n);
    const bill = await issueBill(api.db, market, lease, 600n);
    const { id } = await chargeBill(api.db, lease, bill, 600n, 'balance');
    await cancelCharge(api.db.$client, id, 'test', new Date());
    await startBilling();
    await eventually(async () =>
      expect((await chargesOf(api.db, lease))[1]).toMatchObject({ status: 'failed', failure: 'cancelled' }),
    );
    expect(await billStatus(api.db, bill)).toBe('issued');
  });

  it('is promised to one refund only, and pays nothing meanwhile', async () => {
    const { id: spent } = await topUp(api.db, lease, 500n, 'bank_transfer');
    await succeed(spent, 500n);
    const { id: other } = await topUp(api.db, lease, 500n, 'bank_transfer');
    await succeed(other, 500n);
    const first = await issueBill(api.db, market, lease, 500n);
    await transaction(api.db, (tx) => applyBalance(tx, first, new Date(), 'test'));
    // Half of what came is spent: one of the two can go back.
    expect(await refund(spent, 500n)).toMatchObject({ ok: true });
    expect(await refund(other, 500n)).toMatchObject({ ok: false, reason: 'balance_spent', left: 0n });
    const second = await issueBill(api.db, market, lease, 100n);
    expect(await transaction(api.db, (tx) => applyBalance(tx, second, new Date(), 'test'))).toBe(0n);
    await startBilling();
    await eventually(async () =>
      expect(await balancesOf(api.db, market)).toEqual({ bank: 500n, receivable: 100n, revenue: -600n }),
    );
  });
});

it('a payment that is open when its bill is paid otherwise is withdrawn', async () => {
  const { id: top } = await topUp(api.db, lease, 600n);
  await succeed(top, 600n);
  const bill = await issueBill(api.db, market, lease, 600n);
  const { id } = await chargeBill(api.db, lease, bill, 600n, 'bank_transfer');
  expect(await transaction(api.db, (tx) => applyBalance(tx, bill, new Date(), 'test'))).toBe(600n);
  const { rows } = await api.db.$client.query('SELECT cancelled_by FROM charges WHERE id = $1', [id]);
  expect(rows).toEqual([{ cancelled_by: 'platform' }]);
});

describe('the database itself', () => {
  it('refuses a charge above what is due, a second open one, and a move that there is not', async () => {
    const bill = await issueBill(api.db, market, lease, 600n);
    await expect(chargeBill(api.db, lease, bill, 601n)).rejects.toThrow('above_due');
    const insert = (amount: number, order: string) =>
      api.db.$client.query(
        `INSERT INTO charges (site_id, lease_id, purpose, bill_id, provider, order_no, amount, currency, status, requested_by, created_at)
         VALUES ($1, $2, 'bill', $3, 'sandbox', $4, $5, 'CNY', 'created', 'test', now()) RETURNING id`,
        [market.site, lease, bill, order, amount],
      );
    await expect(insert(601, `${market.site}a`)).rejects.toMatchObject({ constraint: 'charges_due' });
    const { rows } = await insert(600, `${market.site}b`);
    await expect(insert(1, `${market.site}c`)).rejects.toMatchObject({ constraint: 'charges_one_open' });
    const move = (status: string) =>
      api.db.$client.query('UPDATE charges SET status = $2 WHERE id = $1', [rows[0]?.id, status]);
    await move('failed');
    await expect(move('submitted')).rejects.toThrow('cannot go from failed to submitted');
    await expect(move('succeeded')).rejects.toMatchObject({ constraint: 'charges_paid' });
  });
});
