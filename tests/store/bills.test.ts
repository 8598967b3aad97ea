import { afterAll, beforeAll, expect, test } from 'vitest';
import { zSiteSettings } from '../../contracts/settings.ts';
import { lockBill, readDue } from '../../store/bill-due.ts';
import { applyBalance, settleIfPaid } from '../../store/bill-settling.ts';
import { takeStep } from '../../store/bill-steps.ts';
import { listBills, sumBills } from '../../store/bills.ts';
import { bookTransaction, readBalance } from '../../store/ledger.ts';
import { transaction } from '../../store/transaction.ts';
import { at, buildBillMarket, ledgerSum } from '../billing/bill-market.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await createTestDatabase();
});
afterAll(() => test_.drop());
const pool = () => test_.db.$client;
let sites = 0;
const market = () => buildBillMarket(test_.db, `b${++sites}`);
const billOf = async (id: number) => (await listBills(pool(), { id, limit: 1 }, at('2026-11-10')))[0];

test('a closed month has one draft a lease, the sum of its lines; drawing up again makes none', async () => {
  const m = await market();
  const [a, b, none] = [await m.lease(), await m.lease(), await m.lease()];
  await m.lines([
    { lease: a.lease, amount: 1_000n },
    { lease: a.lease, amount: 234n, component: 'service' },
    { lease: b.lease, amount: 5n },
    { lease: b.lease, amount: 7n, period: '2026-11' },
  ]);
  await m.close('2026-10');
  const bills = await m.drawUp();
  expect([...bills.keys()].sort()).toEqual([a.lease, b.lease].sort());
  expect(bills.has(none.lease)).toBe(false);
  expect(await billOf(bills.get(a.lease) ?? 0)).toMatchObject({ status: 'draft', amount: '1234', due: '0' });
  expect(await billOf(bills.get(b.lease) ?? 0)).toMatchObject({ amount: '5' });
  expect(await m.drawUp()).toEqual(bills);
});

test('a voided bill’s lines are drawn up again', async () => {
  const m = await market();
  const { lease } = await m.lease();
  await m.lines([{ lease, amount: 100n }]);
  await m.close('2026-10');
  const first = (await m.drawUp()).get(lease) ?? 0;
  await m.step('void', [first], { reason: 'wrong party' });
  const second = (await m.drawUp()).get(lease) ?? 0;
  expect(second).not.toBe(first);
  expect(await billOf(second)).toMatchObject({ status: 'draft', amount: '100' });
});

test('a prepaid lease gets a statement of its closed days and month components: paid, without number or booking', async () => {
  const m = await market();
  const { lease } = await m.lease({ charging: 'prepaid' });
  await m.lines([
    { lease, amount: 40n, period: '2026-10-30' },
    { lease, amount: 60n, period: '2026-10-31' },
    { lease, amount: 9n, component: 'fixed', period: '2026-10' },
    { lease, amount: 1n, period: '2026-11-01' },
  ]);
  await m.close('2026-10-30');
  await m.close('2026-10');
  const bill = (await m.drawUp()).get(lease) ?? 0;
  expect(await billOf(bill)).toMatchObject({ status: 'paid', number: null, amount: '49', due: '0' });
  // A day that closed after the month's statement is on the next one.
  await m.close('2026-10-31');
  await m.close('2026-11');
  const next = (await m.drawUp('2026-11')).get(lease) ?? 0;
  expect(await billOf(next)).toMatchObject({ amount: '60' });
});

test('with four eyes two people take part', async () => {
  const m = await market();
  const { lease } = await m.lease();
  await m.lines([{ lease, amount: 100n }]);
  await m.close('2026-10');
  const bill = (await m.drawUp()).get(lease) ?? 0;
  expect(await m.step('issue', [bill])).toEqual([{ billId: bill, refusal: 'wrong_status' }]);
  expect(await m.step('review', [bill], { actor: 'al' })).toEqual([{ billId: bill }]);
  expect(await m.step('issue', [bill], { actor: 'al' })).toEqual([{ billId: bill, refusal: 'reviewed_it' }]);
  expect(await m.step('issue', [bill], { actor: 'bo' })).toEqual([{ billId: bill }]);
  expect(await m.step('issue', [bill], { actor: 'bo' })).toEqual([{ billId: bill, refusal: 'wrong_status' }]);
  expect(await m.step('void', [bill])).toEqual([{ billId: bill, refusal: 'wrong_status' }]);
});

test('whoever drew a bill up does not review it', async () => {
  const m = await market();
  const { lease } = await m.lease();
  await m.lines([{ lease, amount: 100n }]);
  await m.close('2026-10');
  const bill = (await m.drawUp('2026-10', 'al')).get(lease) ?? 0;
  expect(await m.step('review', [bill], { actor: 'al' })).toEqual([{ billId: bill, refusal: 'drew_it_up' }]);
  const off = zSiteSettings.parse({ billing: { fourEyes: false } });
  expect(await m.step('review', [bill], { actor: 'al', settings: off })).toEqual([{ billId: bill }]);
});

test('issuing numbers, dates and books a bill; paying it settles it', async () => {
  const m = await market();
  const { lease } = await m.lease();
  const bills = await m.issued([
    { lease, amount: 1_000n },
    { lease, amount: 200n, component: 'service' },
    { lease, amount: -50n, component: 'rebate' },
  ]);
  const bill = bills.get(lease) ?? 0;
  expect(await billOf(bill)).toMatchObject({
    status: 'issued',
    number: '2026-000001',
    amount: '1150',
    due: '1150',
    dueAt: at('2026-11-22T00:00').toISOString(),
  });
  const revenue = (code: string) => readBalance(pool(), m.site.id, { kind: 'revenue', code });
  expect([await revenue('energy'), await revenue('service'), await revenue('rebate')]).toEqual([
    -1_000n,
    -200n,
    50n,
  ]);
  await transaction(test_.db, async (tx) => {
    await bookTransaction(tx, {
      ...{
        siteId: m.site.id,
        currency: 'CNY',
        key: 'pay',
        kind: 'charge.succeeded',
        at: at('2026-11-08'),
        actor: 'x',
      },
      refs: { bill },
      entries: [
        { account: { kind: 'clearing', code: 'sandbox' }, amount: 1_200n },
        { account: { kind: 'receivable', leaseId: lease }, amount: -1_200n },
      ],
    });
    expect(await settleIfPaid(tx, bill, at('2026-11-08'))).toBe(true);
  });
  expect(await billOf(bill)).toMatchObject({ status: 'paid', due: '0' });
  // What was paid above the due is on the lease's balance.
  expect(await readBalance(pool(), m.site.id, { kind: 'prepaid', leaseId: lease })).toBe(-50n);
  expect(await ledgerSum(test_.db)).toBe(0n);
});

test('money that goes back opens the bill again', async () => {
  const m = await market();
  const { lease } = await m.lease();
  const bill = (await m.issued([{ lease, amount: 100n }])).get(lease) ?? 0;
  const move = (key: string, amount: bigint) =>
    transaction(test_.db, async (tx) => {
      await bookTransaction(tx, {
        ...{
          siteId: m.site.id,
          currency: 'CNY',
          key,
          kind: key,
          at: at('2026-11-08'),
          actor: 'x',
          refs: { bill },
        },
        entries: [
          { account: { kind: 'clearing', code: 'sandbox' }, amount },
          { account: { kind: 'receivable', leaseId: lease }, amount: -amount },
        ],
      });
      return settleIfPaid(tx, bill, at('2026-11-08'));
    });
  expect(await move('charge.succeeded', 100n)).toBe(true);
  expect(await move('refund', -30n)).toBe(false);
  expect(await billOf(bill)).toMatchObject({ status: 'issued', due: '30', paidAt: null });
});

test('a credit is settled against the lease’s next bill', async () => {
  const m = await market();
  const { lease } = await m.lease();
  const credit = (await m.issued([{ lease, amount: -80n }])).get(lease) ?? 0;
  expect(await billOf(credit)).toMatchObject({ status: 'paid', amount: '-80', due: '0' });
  expect(await readBalance(pool(), m.site.id, { kind: 'prepaid', leaseId: lease })).toBe(-80n);
  await m.lines([{ lease, amount: 100n, period: '2026-11' }]);
  await m.close('2026-11');
  const next = (await m.drawUp('2026-11')).get(lease) ?? 0;
  await m.step('review', [next]);
  await m.step('issue', [next]);
  expect(await billOf(next)).toMatchObject({ status: 'issued', due: '20' });
  expect(await transaction(test_.db, (tx) => applyBalance(tx, next, at('2026-11-09'), 'x'))).toBe(0n);
});

test('numbers have no gap, whatever is issued at once and whatever fails', async () => {
  const m = await market();
  const leases = await Promise.all(Array.from({ length: 24 }, () => m.lease()));
  await m.lines(leases.map(({ lease }, i) => ({ lease, amount: BigInt(i + 1) })));
  await m.close('2026-10');
  const bills = [...(await m.drawUp()).values()];
  await m.step('review', bills);
  const issue = async (some: readonly number[], fails: boolean) =>
    transaction(test_.db, async (tx) => {
      await takeStep(tx, {
        ...{ site: m.site, settings: m.settings, step: 'issue', actor: 'bo', at: at('2026-11-07') },
        billIds: some,
      });
      if (fails) throw new Error('the process died');
    }).catch(() => {});
  const pairs = Array.from({ length: 12 }, (_, i) => bills.slice(2 * i, 2 * i + 2));
  await Promise.all(pairs.map((pair, i) => issue(pair, i % 3 === 0)));
  await Promise.all(pairs.map((pair) => issue(pair, false)));
  const { rows } = await pool().query(
    `SELECT number FROM bills WHERE site_id = $1 AND status = 'issued' ORDER BY number`,
    [m.site.id],
  );
  expect(rows.map(({ number }) => number)).toEqual(
    bills.map((_, i) => `2026-${String(i + 1).padStart(6, '0')}`),
  );
  expect(await ledgerSum(test_.db)).toBe(0n);
});

test('what cannot be issued says why, and the rest is issued', async () => {
  const m = await market();
  const [a, b] = [await m.lease(), await m.lease()];
  await m.lines([
    { lease: a.lease, amount: 1n },
    { lease: b.lease, amount: 2n },
  ]);
  // Drawn up by hand before the close, which the api refuses.
  const bills = await m.drawUp();
  await m.step('review', [...bills.values()]);
  const [first = 0, second = 0] = bills.values();
  expect(await m.step('issue', [first])).toEqual([{ billId: first, refusal: 'period_open' }]);
  await m.close('2026-10');
  expect(await m.step('issue', [first, second, 999_999])).toEqual([
    { billId: first },
    { billId: second },
    { billId: 999_999, refusal: 'no_such_bill' },
  ]);
});

test('lines of another currency, or beyond any sense, make no bill but a problem', async () => {
  const m = await market();
  const [a, b, c] = [await m.lease(), await m.lease(), await m.lease()];
  await m.lines([
    { lease: a.lease, amount: 1n, currency: 'USD' },
    { lease: b.lease, amount: 9_000_000_000_000_000_000n },
    { lease: b.lease, amount: 9_000_000_000_000_000_000n },
    { lease: c.lease, amount: 3n },
  ]);
  await m.close('2026-10');
  expect([...(await m.drawUp()).keys()]).toEqual([c.lease]);
  const { rows } = await pool().query('SELECT problems FROM bill_runs WHERE site_id = $1', [m.site.id]);
  expect(rows[0].problems).toEqual([
    { leaseId: a.lease, code: 'wrong_currency' },
    { leaseId: b.lease, code: 'beyond_range' },
  ]);
});

test('the database keeps an issued bill, its lines and its sum', async () => {
  const m = await market();
  const { lease } = await m.lease();
  const bill = (await m.issued([{ lease, amount: 100n }])).get(lease) ?? 0;
  const refused = (text: string, values: unknown[] = [bill]) =>
    expect(pool().query(text, values)).rejects.toThrow();
  await refused('UPDATE bills SET amount = 1 WHERE id = $1');
  await refused('DELETE FROM bills WHERE id = $1');
  await refused('DELETE FROM bill_lines WHERE bill_id = $1');
  await refused(`INSERT INTO bills (site_id, lease_id, period, status, amount, currency, created_at, created_by)
    SELECT site_id, lease_id, '2027-01', 'paid', 0, 'CNY', now(), 'x' FROM bills WHERE id = $1`);
  const { rows } = await pool().query(
    `INSERT INTO bills (site_id, lease_id, period, status, amount, currency, created_at, created_by)
     SELECT site_id, lease_id, '2027-01', 'draft', 5, 'CNY', now(), 'x' FROM bills WHERE id = $1 RETURNING id`,
    [bill],
  );
  await expect(
    pool().query(`UPDATE bills SET status = 'issued', number = 'X', due_at = now() WHERE id = $1`, [
      rows[0].id,
    ]),
  ).rejects.toThrow(/not the sum/);
});

test('sums say what is due and overdue of what a filter lets through', async () => {
  const m = await market();
  const [a, b] = [await m.lease({ party: '甲' }), await m.lease({ party: '乙' })];
  await m.issued([
    { lease: a.lease, amount: 100n },
    { lease: b.lease, amount: 30n },
  ]);
  const sums = (now: Date, q?: string) => sumBills(pool(), { site: m.site.id, q }, now);
  expect(await sums(at('2026-11-22'))).toMatchObject({ due: '130', overdue: '0' });
  expect(await sums(at('2026-11-23'))).toMatchObject({ due: '130', overdue: '130' });
  expect(await sums(at('2026-11-23'), '甲')).toMatchObject({
    due: '100',
    statuses: [{ status: 'issued', bills: 1, amount: '100' }],
  });
  expect(await transaction(test_.db, (tx) => lockBill(tx, 0))).toBeUndefined();
  expect(await readDue(pool(), 0)).toBe(0n);
});
