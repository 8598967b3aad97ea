import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawUpOpenRuns } from '../../billing/draw-up-bills.ts';
import { workOnOverdue } from '../../billing/dunning.ts';
import { chargeLateFees } from '../../billing/late-fees.ts';
import { zSiteSettings } from '../../contracts/settings.ts';
import { dayNumber } from '../../domain/local-days.ts';
import { readBillDetail } from '../../store/bill-details.ts';
import { lockBill, readDue } from '../../store/bill-due.ts';
import { listBillRuns, queueBillRun } from '../../store/bill-runs.ts';
import { settleIfPaid } from '../../store/bill-settling.ts';
import { listBills } from '../../store/bills.ts';
import { issueCreditNote } from '../../store/credit-notes.ts';
import { applyDeposit, returnDeposit } from '../../store/deposits.ts';
import { decideDispute, openDispute } from '../../store/disputes.ts';
import { listDunning, markSent, raiseDunning } from '../../store/dunning.ts';
import { bookTransaction, readBalance } from '../../store/ledger.ts';
import { transaction } from '../../store/transaction.ts';
import { decideWriteOff, proposeWriteOff } from '../../store/write-offs.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, type BillMarket, buildBillMarket, ledgerSum, ZONE } from './bill-market.ts';

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await createTestDatabase();
});
afterAll(() => test_.drop());
const pool = () => test_.db.$client;
const log = pino({ level: 'silent' });
const open = new AbortController().signal;
let sites = 0;
const market = () => buildBillMarket(test_.db, `w${++sites}`);
const FEES = zSiteSettings.parse({ lateFees: { percentPerDay: '1', capPercent: '20' } });

/** Issued on 11-07, due on 11-22. */
async function oneBill(m: BillMarket, amount: bigint) {
  const { lease } = await m.lease();
  const [line = 0] = await m.lines([{ lease, amount }]);
  await m.close('2026-10');
  const bill = (await m.drawUp()).get(lease) ?? 0;
  await m.step('review', [bill]);
  await m.step('issue', [bill], { settings: FEES });
  return { lease, bill, line };
}
const detail = async (bill: number) => {
  const found = await readBillDetail(pool(), bill, undefined, at('2026-11-10'));
  if (!found) throw new Error('no such bill');
  return found;
};
const onBill = <T>(
  bill: number,
  work: (
    tx: Parameters<typeof proposeWriteOff>[0],
    locked: NonNullable<Awaited<ReturnType<typeof lockBill>>>,
  ) => Promise<T>,
) =>
  transaction(test_.db, async (tx) => {
    const locked = await lockBill(tx, bill);
    if (!locked) throw new Error('no such bill');
    return work(tx, locked);
  });
let payments = 0;
const pay = (m: BillMarket, lease: number, bill: number, amount: bigint, when: Date) =>
  transaction(test_.db, async (tx) => {
    await lockBill(tx, bill);
    await bookTransaction(tx, {
      ...{ siteId: m.site.id, currency: 'CNY', key: `pay ${++payments}`, kind: 'cash', at: when, actor: 'x' },
      refs: { bill },
      entries: [
        { account: { kind: 'clearing', code: 'cash' }, amount },
        { account: { kind: 'receivable', leaseId: lease }, amount: -amount },
      ],
    });
    await settleIfPaid(tx, bill, when);
  });

test('bills of a month are drawn up when it closes, in batches, by one process, and again only when asked', async () => {
  const m = await market();
  const leases = await Promise.all(Array.from({ length: 7 }, () => m.lease()));
  await m.lines(leases.map(({ lease }) => ({ lease, amount: 10n })));
  const deps = { db: test_.db, log, now: () => at('2026-11-06'), leasesPerBatch: 2 };
  const count = async () =>
    (await listBills(pool(), { site: m.site.id, limit: 100 }, at('2026-11-06'))).length;
  await drawUpOpenRuns(deps, open);
  expect(await count()).toBe(0);
  await m.close('2026-10');
  // Stopped after its first batch, it is taken up where it was.
  const stop = new AbortController();
  const stopAtOnce = () => {
    stop.abort();
    return at('2026-11-06');
  };
  await drawUpOpenRuns({ ...deps, now: stopAtOnce }, stop.signal);
  await Promise.all([drawUpOpenRuns(deps, open), drawUpOpenRuns(deps, open)]);
  await drawUpOpenRuns(deps, open);
  expect(await count()).toBe(7);
  const runs = await listBillRuns(pool(), { site: m.site.id, limit: 10 });
  expect(runs).toMatchObject([
    { status: 'succeeded', requestedBy: 'billing', bills: 7, leasesDone: 7, amount: '70' },
  ]);
  await queueBillRun(pool(), { site: m.site.id, period: '2026-10', requestedBy: 'al', at: at('2026-11-06') });
  await drawUpOpenRuns(deps, open);
  expect(await listBillRuns(pool(), { site: m.site.id, limit: 1 })).toMatchObject([
    { status: 'succeeded', bills: 0 },
  ]);
});

test('a period that is not closed has no bills', async () => {
  const m = await market();
  await queueBillRun(pool(), { site: m.site.id, period: '2026-10', requestedBy: 'al', at: at('2026-11-06') });
  await drawUpOpenRuns({ db: test_.db, log, now: () => at('2026-11-06') }, open);
  expect(await listBillRuns(pool(), { site: m.site.id, limit: 1 })).toMatchObject([
    { status: 'failed', error: '2026-10 is not closed' },
  ]);
});

test('late fees are booked to a date, and twice books nothing', async () => {
  const m = await market();
  const { bill } = await oneBill(m, 10_000n);
  const charge = (when: string) => chargeLateFees(test_.db, m.site, at(when), open);
  expect(await charge('2026-11-23')).toBe(0);
  // The 23rd and 24th are over.
  expect(await charge('2026-11-25')).toBe(1);
  expect(await charge('2026-11-25')).toBe(0);
  expect(await detail(bill)).toMatchObject({ lateFees: '200', due: '10200' });
  expect(await charge('2027-06-01')).toBe(1);
  expect(await detail(bill)).toMatchObject({ lateFees: '2000', due: '12000' });
});

test('a credit takes back the late fees that were charged on it', async () => {
  const m = await market();
  const { bill } = await oneBill(m, 10_000n);
  await chargeLateFees(test_.db, m.site, at('2026-11-25'), open);
  const note = { amount: 5_000n, reason: 'wrong meter', actor: 'al', at: at('2026-11-25') };
  const credited = await onBill(bill, (tx, locked) =>
    issueCreditNote(tx, locked, { timeZone: ZONE, settings: FEES }, note),
  );
  expect(credited).toEqual({ number: 'CN2026-000001' });
  expect(await detail(bill)).toMatchObject({ credits: '5000', lateFees: '100', due: '5100' });
  const above = await onBill(bill, (tx, locked) =>
    issueCreditNote(tx, locked, { timeZone: ZONE, settings: FEES }, { ...note, amount: 5_001n }),
  );
  expect(above).toEqual({ creditable: 5_000n });
});

test('each step of dunning comes up once; after days without it only the last one; and it stops when paid', async () => {
  const m = await market();
  const { bill, lease } = await oneBill(m, 10_000n);
  const work = (when: string) => workOnOverdue({ db: test_.db, log }, m.site, at(when), open);
  const due = () => listDunning(pool(), { site: m.site.id, sent: false, limit: 10 });
  await work('2026-11-22');
  expect(await due()).toEqual([]);
  expect(await work('2026-11-23')).toBe(true);
  expect(await work('2026-11-23')).toBe(false);
  expect(await Promise.all([work('2026-11-24'), work('2026-11-24')])).toContain(false);
  expect(await due()).toMatchObject([{ step: 'remind', bill: { id: bill } }]);
  await work('2026-12-10');
  const [final] = await due();
  expect(await due()).toHaveLength(1);
  expect(final).toMatchObject({ step: 'final' });
  if (!final) throw new Error('nothing to send');
  expect(await markSent(pool(), final, { actor: 'al', at: at('2026-12-10') })).toBe(true);
  expect(await markSent(pool(), final, { actor: 'al', at: at('2026-12-10') })).toBe(false);
  expect(await due()).toEqual([]);
  await pay(m, lease, bill, await readDue(pool(), bill), at('2026-12-11'));
  await work('2027-02-01');
  expect(await due()).toEqual([]);
  expect(await listDunning(pool(), { site: m.site.id, sent: true, limit: 10 })).toMatchObject([
    { sentBy: 'al', texts: final.texts },
  ]);
});

test('dunning looks at a page of overdue bills at a time, and ends when it has seen them all', async () => {
  const m = await market();
  const leases = await Promise.all(Array.from({ length: 5 }, () => m.lease()));
  const issued = await m.issued(leases.map(({ lease }) => ({ lease, amount: 10n })));
  const bills = [...issued.values()].sort((a, b) => a - b);
  const [first = 0, second = 0] = bills;
  const dayAfterDue = at('2026-11-23');
  const raise = (afterId: number) =>
    raiseDunning(pool(), {
      ...{ siteId: m.site.id, timeZone: ZONE, today: dayNumber(dayAfterDue.getTime(), ZONE) },
      ...{ schedule: m.settings.dunning, at: dayAfterDue, afterId, limit: 2 },
    });
  expect(await raise(0)).toEqual({ raised: 2, lastId: second });
  // A page with nothing to say is not the last one.
  expect(await raise(0)).toEqual({ raised: 0, lastId: second });
  expect(await raise(first)).toEqual({ raised: 1, lastId: bills[2] });
  await workOnOverdue({ db: test_.db, log }, m.site, dayAfterDue, open);
  const due = await listDunning(pool(), { site: m.site.id, sent: false, limit: 10 });
  expect(due.map(({ bill }) => bill.id).sort((a, b) => a - b)).toEqual(bills);
  expect(await raise(bills.at(-1) ?? 0)).toEqual({ raised: 0, lastId: undefined });
});

test('what is in dispute is neither dunned nor charged late fees; upheld, it is credited', async () => {
  const m = await market();
  const { lease } = await m.lease();
  const [wrong = 0] = await m.lines([
    { lease, amount: 4_000n },
    { lease, amount: 6_000n, component: 'service' },
  ]);
  const bill = (await m.issued([], FEES)).get(lease) ?? 0;
  const dispute = await onBill(bill, (tx, locked) =>
    openDispute(tx, locked, { lines: [wrong], reason: 'not my meter', actor: 'wang', at: at('2026-11-10') }),
  );
  expect(dispute).toBeTypeOf('number');
  const again = { lines: [wrong], reason: 'again', actor: 'wang', at: at('2026-11-10') };
  expect(await onBill(bill, (tx, locked) => openDispute(tx, locked, again))).toBe('disputed_already');
  expect(await onBill(bill, (tx, locked) => openDispute(tx, locked, { ...again, lines: [1] }))).toBe(
    'not_its_line',
  );
  await workOnOverdue({ db: test_.db, log }, m.site, at('2026-11-25'), open);
  // Two days, on the 60.00 that nobody disputes.
  expect(await detail(bill)).toMatchObject({ disputed: '4000', lateFees: '120', due: '10120' });
  const [notice] = await listDunning(pool(), { site: m.site.id, sent: false, limit: 10 });
  expect(notice?.texts.en).toContain('CNY 61.20');
  const site = { timeZone: ZONE, settings: FEES };
  const decide = (amount?: bigint) =>
    transaction(test_.db, (tx) =>
      decideDispute(tx, Number(dispute), site, {
        ...{ outcome: 'upheld', note: 'the meter was another one', actor: 'al', at: at('2026-11-26') },
        ...(amount === undefined ? {} : { amount }),
      }),
    );
  expect(await decide(4_001n)).toEqual({ creditable: 4_000n });
  expect(await decide()).toBeUndefined();
  expect(await decide()).toBe('decided_already');
  // The day of the decision is not over: three days on 60.00.
  expect(await detail(bill)).toMatchObject({ disputed: '0', credits: '4000', due: '6180' });
  expect(await readBalance(pool(), m.site.id, { kind: 'revenue', code: 'energy' })).toBe(0n);
  const { rows } = await pool().query(`SELECT status, resolution FROM cases WHERE site_id = $1`, [m.site.id]);
  expect(rows).toEqual([{ status: 'closed', resolution: 'upheld' }]);
});

test('a write-off needs a second person, and no more than is due', async () => {
  const m = await market();
  const { bill, lease } = await oneBill(m, 1_000n);
  const when = at('2026-12-01');
  const propose = (amount: bigint) =>
    onBill(bill, (tx, locked) =>
      proposeWriteOff(tx, locked, {
        amount,
        reason: 'left the market',
        fourEyes: true,
        actor: 'al',
        at: when,
      }),
    );
  expect(await propose(1_001n)).toBe('above_due');
  const id = Number(await propose(1_000n));
  expect(await propose(1n)).toBe('proposed_already');
  const decide = (actor: string) =>
    transaction(test_.db, (tx) => decideWriteOff(tx, id, { approve: true, fourEyes: true, actor, at: when }));
  expect(await decide('al')).toBe('proposed_it');
  await pay(m, lease, bill, 1n, when);
  expect(await decide('bo')).toBe('above_due');
  const drop = { approve: false, fourEyes: true, actor: 'al', at: when };
  expect(await transaction(test_.db, (tx) => decideWriteOff(tx, id, drop))).toBeUndefined();
  const second = Number(await propose(999n));
  expect(
    await transaction(test_.db, (tx) => decideWriteOff(tx, second, { ...drop, approve: true, actor: 'bo' })),
  ).toBeUndefined();
  expect(await detail(bill)).toMatchObject({ status: 'paid', writtenOff: '999', paid: '1', due: '0' });
  expect(await readBalance(pool(), m.site.id, { kind: 'bad_debt' })).toBe(999n);
});

test('a credit on what was written off takes the loss back, and only what was paid becomes balance', async () => {
  const m = await market();
  const { bill, lease } = await oneBill(m, 1_000n);
  const by = { actor: 'al', at: at('2026-11-20') };
  await pay(m, lease, bill, 300n, by.at);
  const off = { ...by, amount: 700n, reason: 'left the market', fourEyes: false };
  expect(await onBill(bill, (tx, locked) => proposeWriteOff(tx, locked, off))).toBeTypeOf('number');
  const credit = (amount: bigint) =>
    onBill(bill, (tx, locked) =>
      issueCreditNote(
        tx,
        locked,
        { timeZone: ZONE, settings: FEES },
        { ...by, amount, reason: 'wrong meter' },
      ),
    );
  const balances = async () => ({
    lost: await readBalance(pool(), m.site.id, { kind: 'bad_debt' }),
    balance: -(await readBalance(pool(), m.site.id, { kind: 'prepaid', leaseId: lease })),
  });
  await credit(400n);
  expect(await balances()).toEqual({ lost: 300n, balance: 0n });
  await credit(600n);
  expect(await balances()).toEqual({ lost: 0n, balance: 300n });
  expect(await detail(bill)).toMatchObject({ status: 'paid', credits: '1000', writtenOff: '0', due: '0' });
});

test('a credit on a paid bill takes back the late fees that were paid with it, and charges none', async () => {
  const m = await market();
  const { bill, lease } = await oneBill(m, 10_000n);
  await chargeLateFees(test_.db, m.site, at('2026-11-25'), open);
  // The 25th is over without its fee when the money comes.
  await pay(m, lease, bill, 10_200n, at('2026-11-26T00:30'));
  const credit = (amount: bigint) =>
    onBill(bill, (tx, locked) =>
      issueCreditNote(
        tx,
        locked,
        { timeZone: ZONE, settings: FEES },
        {
          ...{ amount, reason: 'wrong meter', actor: 'al', at: at('2026-11-28') },
        },
      ),
    );
  await credit(1n);
  expect(await detail(bill)).toMatchObject({ lateFees: '200', due: '0' });
  await credit(4_999n);
  expect(await detail(bill)).toMatchObject({ credits: '5000', lateFees: '150', due: '0' });
  await credit(5_000n);
  expect(await detail(bill)).toMatchObject({ credits: '10000', lateFees: '0', due: '0' });
  expect(await readBalance(pool(), m.site.id, { kind: 'prepaid', leaseId: lease })).toBe(-10_200n);
});

test('a deposit pays a bill, and what is left of it is returned', async () => {
  const m = await market();
  const { bill, lease } = await oneBill(m, 1_000n);
  const when = at('2026-11-10');
  await bookTransaction(pool(), {
    ...{ siteId: m.site.id, currency: 'CNY', key: 'deposit', kind: 'charge.succeeded', at: when, actor: 'x' },
    entries: [
      { account: { kind: 'clearing', code: 'cash' }, amount: 700n },
      { account: { kind: 'deposit', leaseId: lease }, amount: -700n },
    ],
  });
  const apply = (amount: bigint) =>
    onBill(bill, (tx, locked) => applyDeposit(tx, locked, { amount, actor: 'al', at: when }));
  expect(await apply(701n)).toEqual({ most: 700n });
  expect(await apply(600n)).toBeUndefined();
  expect(await detail(bill)).toMatchObject({ due: '400', deposit: '100' });
  const back = (amount: bigint) =>
    transaction(test_.db, (tx) =>
      returnDeposit(tx, {
        ...{
          siteId: m.site.id,
          leaseId: lease,
          currency: 'CNY',
          reason: 'transfer 77',
          actor: 'al',
          at: when,
        },
        amount,
      }),
    );
  expect(await back(101n)).toEqual({ most: 100n });
  expect(await back(60n)).toBeUndefined();
  expect(await back(40n)).toBeUndefined();
  expect(await readBalance(pool(), m.site.id, { kind: 'deposit', leaseId: lease })).toBe(0n);
});

test('whatever happens to a bill, in whatever order, the ledger adds up and so does what is due', {
  timeout: 120_000,
}, async () => {
  const m = await market();
  const amount = fc.bigInt({ min: 1n, max: 3_000n });
  const step = fc.oneof(
    fc.record({ do: fc.constant('pay' as const), amount }),
    fc.record({ do: fc.constant('refund' as const), amount }),
    fc.record({ do: fc.constant('credit' as const), amount }),
    fc.record({ do: fc.constant('dispute' as const), amount }),
    fc.record({ do: fc.constant('decide' as const), amount }),
    fc.record({ do: fc.constant('late' as const), amount }),
    fc.record({ do: fc.constant('write_off' as const), amount }),
  );
  const site = { timeZone: ZONE, settings: FEES };
  let month = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 8 }),
      fc.array(amount, { minLength: 1, maxLength: 3 }),
      async (steps, amounts) => {
        const { lease } = await m.lease();
        const period = `20${String(30 + Math.floor(++month / 12)).padStart(2, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;
        const lines = await m.lines(
          amounts.map((one, i) => ({ lease, amount: one, period, component: `c${i}` })),
        );
        await m.close(period);
        const bill = (await m.drawUp(period)).get(lease) ?? 0;
        await m.step('review', [bill]);
        await m.step('issue', [bill], { settings: FEES });
        let [paid, disputeId] = [0n, 0];
        for (const [i, one] of steps.entries()) {
          const when = new Date(at('2026-11-20').getTime() + i * 3 * 86_400_000);
          const by = { actor: 'al', at: when };
          const due = await readDue(pool(), bill);
          if (one.do === 'pay' && due > 0n) {
            await pay(m, lease, bill, one.amount, when);
            paid += one.amount;
          } else if (one.do === 'refund' && paid >= one.amount) {
            await pay(m, lease, bill, -one.amount, when);
            paid -= one.amount;
          } else if (one.do === 'credit') {
            await onBill(bill, (tx, locked) =>
              issueCreditNote(tx, locked, site, { ...by, amount: one.amount, reason: 'x' }),
            );
          } else if (one.do === 'dispute') {
            const opened = await onBill(bill, (tx, locked) =>
              openDispute(tx, locked, { ...by, lines: lines.slice(0, 1), reason: 'x' }),
            );
            if (typeof opened === 'number') disputeId = opened;
          } else if (one.do === 'decide' && disputeId > 0) {
            const outcome = i % 2 === 0 ? 'rejected' : 'upheld';
            await transaction(test_.db, (tx) =>
              decideDispute(tx, disputeId, site, { ...by, outcome, note: 'x' }),
            );
          } else if (one.do === 'late') {
            await chargeLateFees(test_.db, m.site, when, open);
          } else if (one.do === 'write_off') {
            await onBill(bill, (tx, locked) =>
              proposeWriteOff(tx, locked, { ...by, amount: one.amount, reason: 'x', fourEyes: false }),
            );
          }
        }
        const end = await detail(bill);
        const [n, due] = [
          (key: 'amount' | 'credits' | 'paid' | 'writtenOff' | 'lateFees') => BigInt(end[key]),
          await readDue(pool(), bill),
        ];
        expect(due).toBe(n('amount') - n('credits') - n('paid') - n('writtenOff') + n('lateFees'));
        expect(due).toBeGreaterThanOrEqual(0n);
        expect(end.status).toBe(due === 0n ? 'paid' : 'issued');
        expect(n('credits')).toBeLessThanOrEqual(n('amount'));
        expect(n('lateFees')).toBeGreaterThanOrEqual(0n);
        expect(n('lateFees')).toBeLessThanOrEqual(n('amount') / 5n);
        expect(await ledgerSum(test_.db)).toBe(0n);
      },
    ),
    { numRuns: 15 },
  );
  const { rows } = await pool().query(
    `SELECT number FROM (SELECT number FROM bills WHERE number IS NOT NULL AND site_id = $1 UNION ALL
       SELECT number FROM credit_notes WHERE site_id = $1) x ORDER BY number`,
    [m.site.id],
  );
  for (const prefix of ['2026-', 'CN2026-']) {
    const numbers = rows.map(({ number }) => String(number)).filter((number) => number.startsWith(prefix));
    expect(numbers).toEqual(numbers.map((_, i) => `${prefix}${String(i + 1).padStart(6, '0')}`));
  }
});
