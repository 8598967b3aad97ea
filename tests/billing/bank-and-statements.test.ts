import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chargeDue, reconcileDue } from '../../billing/payment-schedule.ts';
import { startPayments } from '../../billing/payments.ts';
import { type SandboxProvider, startSandboxProvider } from '../../demo/sandbox-provider.ts';
import { putPaymentMethod } from '../../store/charge-views.ts';
import { bookTransaction } from '../../store/ledger.ts';
import { transaction } from '../../store/transaction.ts';
import { startTestApi, type TestApi } from '../api/support.ts';
import { eventually } from '../support/eventually.ts';
import { at, buildMarket, type Market, silent } from './market.ts';
import {
  balancesOf,
  bankTransfer,
  billStatus,
  chargeBill,
  chargesOf,
  issueBill,
  leaseOf,
  openCases,
  sandboxAdapter,
} from './payments-market.ts';

let api: TestApi;
let sandbox: SandboxProvider;
let market: Market;
let lease: number;
let stop: () => Promise<void> = async () => {};
let sites = 0;
const DAY = 86_400_000;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  sandbox = await startSandboxProvider();
  market = await buildMarket(api.db, `bank${++sites}`);
  lease = await leaseOf(market);
});
afterEach(async () => {
  await stop();
  stop = async () => {};
  await sandbox.close();
});

const deps = (now: () => Date) => ({
  ...{ db: api.db, log: silent, now },
  providers: new Map([['sandbox', sandboxAdapter(sandbox)] as const]),
});

async function startBilling(): Promise<void> {
  const payments = await startPayments({
    ...{
      db: api.db,
      databaseUrl: api.url,
      log: silent,
      now: () => new Date(),
      lookEveryMs: 100,
      isScheduled: false,
    },
    providers: [sandboxAdapter(sandbox), bankTransfer],
  });
  stop = () => payments.close();
}

const importFile = (content: string | Buffer, options: object = {}) =>
  api.call({
    method: 'POST',
    url: '/api/v1/bank-statements',
    payload: {
      site: market.site,
      fileName: 'bank.csv',
      contentBase64: Buffer.from(content).toString('base64'),
      dryRun: false,
      ...options,
    },
  });

describe('a bank statement', () => {
  it('pays by remark code, by bill number and by due and payer; the rest is on suspense, once', async () => {
    const [byCode, byNumber, byName] = [
      await issueBill(api.db, market, lease, 10_000n),
      await issueBill(api.db, market, await leaseOf(market), 20_000n),
      await issueBill(api.db, market, await leaseOf(market), 30_000n),
    ];
    const { orderNo } = await chargeBill(api.db, lease, byCode, 10_000n, 'bank_transfer');
    const { rows } = await api.db.$client.query('SELECT number FROM bills WHERE id = $1', [byNumber]);
    const file = [
      '某某银行对账单,,,,',
      '流水号,交易日期,贷方金额,对方户名,附言',
      `R1,2026-11-20,100.00,王五,摊位电费 ${orderNo.toLowerCase().replaceAll('0', 'o')}`,
      `R2,2026/11/20,200.00,某公司,付${rows[0]?.number}号账单`,
      'R3,20261120,300.00, Ｌi ,电费',
      'R4,2026-11-21,"1,234.50",谁,',
      'R5,2026-11-21,-50.00,房东,房租',
    ].join('\n');
    const dry = await importFile(file, { dryRun: true });
    expect(dry.body).toMatchObject({ id: null, errors: [], outgoing: 1 });
    expect(
      dry.body.rows.map((row: { result: string; matchedBy: string | null }) => row.matchedBy ?? row.result),
    ).toEqual(['remark_code', 'bill_number', 'amount_and_payer', 'unmatched']);
    expect(await balancesOf(api.db, market)).toEqual({ receivable: 60_000n, revenue: -60_000n });
    const done = await importFile(file);
    expect(done.body.rows).toEqual(dry.body.rows);
    const settled = { bank: 183_450n, suspense: -123_450n, revenue: -60_000n };
    expect(await balancesOf(api.db, market)).toEqual(settled);
    for (const bill of [byCode, byNumber, byName]) expect(await billStatus(api.db, bill)).toBe('paid');
    expect(await chargesOf(api.db, lease)).toMatchObject([{ status: 'succeeded', paid: '10000' }]);
    const again = await importFile(file);
    expect(again.body.rows.map((row: { result: string }) => row.result)).toEqual(Array(4).fill('known'));
    expect(await balancesOf(api.db, market)).toEqual(settled);
  });

  it('in GB18030 is read as well, and every wrong row is named', async () => {
    // 流水号,日期,收入,户名 in GB18030.
    const header = Buffer.from('c1f7cbaebac52cc8d5c6da2ccad5c8eb2cb6d4b7bdbba7c3fb0a', 'hex');
    const rows =
      'A,2026-11-20,1.00,x\nA,2026-11-20,2.00,x\nB,2026-02-30,1.00,x\nC,2026-11-20,1.005,x\n,2026-11-20,1.00,x\n';
    const { body } = await importFile(Buffer.concat([header, Buffer.from(rows)]));
    expect(body.id).toBeNull();
    expect(body.errors.map(({ row }: { row: number }) => row)).toEqual([3, 4, 5, 6]);
    expect(body.columns).toMatchObject({ bankRef: '流水号', payer: '对方户名' });
    expect(await balancesOf(api.db, market)).toEqual({});
    expect((await importFile(Buffer.from([0xff, 0xfe, 0x00, 0x81]))).body.errors).toHaveLength(1);
  });

  it('row that nobody knew is settled by hand, once', async () => {
    const bill = await issueBill(api.db, market, lease, 5_000n);
    await importFile('流水号,日期,收入,附言\nX1,2026-11-20,60.00,谢谢\nX2,2026-11-20,10.00,存现');
    const list = await api.call({ url: `/api/v1/bank-rows?site=${market.site}&status=unmatched` });
    const [cash, row] = list.body.items;
    const { rows } = await api.db.$client.query('SELECT number FROM bills WHERE id = $1', [bill]);
    const settle = (id: number, payload: object) =>
      api.call({ method: 'POST', url: `/api/v1/bank-rows/${id}/settle`, payload });
    expect((await settle(row.id, { as: 'bill', billNumber: 'nothing' })).status).toBe(422);
    expect((await settle(row.id, { as: 'bill', billNumber: rows[0]?.number })).body.status).toBe('settled');
    expect((await settle(row.id, { as: 'payout' })).status).toBe(409);
    expect((await settle(cash.id, { as: 'cash_deposit' })).status).toBe(200);
    expect(await billStatus(api.db, bill)).toBe('paid');
    expect(await balancesOf(api.db, market)).toEqual({
      bank: 7_000n,
      clearing: -1_000n,
      prepaid: -1_000n,
      revenue: -5_000n,
    });
    expect(await openCases(api.db, market.site)).toEqual(['paid_twice']);
  });
});

describe('a provider’s statement', () => {
  it('settles what agrees, and shows every difference with a case, once', async () => {
    sandbox.script('slow');
    const [first, second] = [
      await issueBill(api.db, market, lease, 10_000n),
      await issueBill(api.db, market, lease, 7_000n),
    ];
    await chargeBill(api.db, lease, first, 10_000n);
    await startBilling();
    await eventually(async () => expect(await billStatus(api.db, first)).toBe('paid'));
    const lost = await chargeBill(api.db, lease, second, 7_000n);
    await eventually(async () => expect(await billStatus(api.db, second)).toBe('paid'));
    await stop();
    // The provider forgets one of ours, and has one that we never asked for.
    const forgotten = sandbox.orders.get(lost.orderNo);
    const orders = sandbox.orders as Map<string, NonNullable<typeof forgotten>>;
    orders.delete(lost.orderNo);
    if (forgotten) orders.set('STRANGER', { ...forgotten, orderNo: 'STRANGER', paid: 500n });
    // Noon of the statement's day, whenever the test runs.
    await api.db.$client.query(
      `UPDATE charges SET ended_at = date_trunc('day', ended_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '12 hours' WHERE site_id = $1`,
      [market.site],
    );
    const tomorrow = () => new Date(Date.now() + DAY);
    await reconcileDue(deps(tomorrow));
    await reconcileDue(deps(tomorrow));
    const { body } = await api.call({ url: `/api/v1/reconciliations?site=${market.site}` });
    const today = new Date().toISOString().slice(0, 10);
    // The newest day first, also from page to page, in whatever order they were compared.
    const days = body.items.map((one: { day: string }) => one.day);
    expect(days).toEqual(days.toSorted().reverse());
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const url: string = `/api/v1/reconciliations?site=${market.site}&limit=2${cursor && `&cursor=${cursor}`}`;
      const page: { items: { day: string }[]; nextCursor: string | null } = (await api.call({ url })).body;
      paged.push(...page.items.map(({ day }) => day));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(days);
    const day = body.items.find((one: { day: string }) => one.day === today);
    expect(day).toMatchObject({ status: 'done', rows: 2, gross: '10500', fees: '63' });
    expect(
      day.differences.map(({ kind, orderNo }: { kind: string; orderNo: string }) => [kind, orderNo]),
    ).toEqual([
      ['missing_at_ours', 'STRANGER'],
      ['missing_at_theirs', lost.orderNo],
    ]);
    expect((await openCases(api.db, market.site)).toSorted()).toEqual([
      'missing_at_ours',
      'missing_at_theirs',
    ]);
    expect(await balancesOf(api.db, market)).toEqual({
      bank: 10_437n,
      provider_fees: 63n,
      clearing: 7_000n,
      suspense: -500n,
      revenue: -17_000n,
    });
  });
});

/** All that is due is booked as paid, and the bill is still called issued: there is nothing to charge. */
const paidByTransfer = (leaseId: number, bill: number) =>
  transaction(api.db, (tx) =>
    bookTransaction(tx, {
      ...{
        siteId: market.site,
        currency: 'CNY',
        key: `transfer ${bill}`,
        kind: 'charge.succeeded',
        at: new Date(),
      },
      ...{ actor: 'test', refs: { bill } },
      entries: [
        { account: { kind: 'bank' }, amount: 500n },
        { account: { kind: 'receivable', leaseId }, amount: -500n },
      ],
    }),
  );

describe('a bill whose lease pays by itself', () => {
  it('is charged on its due date, once', async () => {
    const other = await leaseOf(market);
    const now = Date.now();
    const bill = await issueBill(api.db, market, lease, 900n, new Date(now));
    await issueBill(api.db, market, other, 800n, new Date(now));
    const method = { provider: 'sandbox', autopay: true, payer: {} } as const;
    await putPaymentMethod(api.db.$client, lease, method, { actor: 'test', at: at('2026-11-01') });
    expect(await chargeDue(deps(() => new Date(now - DAY)))).toBe(0);
    expect(await chargeDue(deps(() => new Date(now)))).toBe(1);
    await startBilling();
    await eventually(async () => expect(await billStatus(api.db, bill)).toBe('paid'));
    expect(await chargeDue(deps(() => new Date(now + DAY)))).toBe(0);
    expect(await chargesOf(api.db, other)).toEqual([]);
  });

  it('is charged in the same look, however many there are, also behind those that cannot be', async () => {
    const now = new Date();
    const method = { provider: 'balance', autopay: true, payer: {} } as const;
    for (const due of [0, 0, 500, 500, 500]) {
      const one = await leaseOf(market);
      await putPaymentMethod(api.db.$client, one, method, { actor: 'test', at: at('2026-11-01') });
      const bill = await issueBill(api.db, market, one, 500n, now);
      if (due === 0) await paidByTransfer(one, bill);
    }
    expect(
      await chargeDue(
        deps(() => now),
        2,
      ),
    ).toBe(3);
    expect(
      await chargeDue(
        deps(() => now),
        2,
      ),
    ).toBe(0);
  });
});
