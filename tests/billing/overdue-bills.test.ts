import { expect, test } from 'vitest';
import { workOnOverdue } from '../../billing/dunning.ts';
import { chargeLateFees } from '../../billing/late-fees.ts';
import { dayNumber } from '../../domain/local-days.ts';
import { readDue } from '../../store/bill-due.ts';
import { decideDispute, openDispute } from '../../store/disputes.ts';
import { listDunning, markSent, raiseDunning } from '../../store/dunning.ts';
import { readBalance } from '../../store/ledger.ts';
import { transaction } from '../../store/transaction.ts';
import { at, ZONE } from './bill-market.ts';
import { log, open, setUpBillMarkets } from './bill-set-up.ts';
import { detailOf, FEES, onBill, oneBill, payBill } from './one-bill.ts';

const { db, pool, market } = setUpBillMarkets();

test('late fees are booked to a date, and twice books nothing', async () => {
  const m = await market();
  const { bill } = await oneBill(m, 10_000n);
  const charge = (when: string) => chargeLateFees(db(), m.site, at(when), open);
  expect(await charge('2026-11-23')).toBe(0);
  // The 23rd and 24th are over.
  expect(await charge('2026-11-25')).toBe(1);
  expect(await charge('2026-11-25')).toBe(0);
  expect(await detailOf(db(), bill)).toMatchObject({ lateFees: '200', due: '10200' });
  expect(await charge('2027-06-01')).toBe(1);
  expect(await detailOf(db(), bill)).toMatchObject({ lateFees: '2000', due: '12000' });
});

test('each step of dunning comes up once; after days without it only the last one; and it stops when paid', async () => {
  const m = await market();
  const { bill, lease } = await oneBill(m, 10_000n);
  const work = (when: string) => workOnOverdue({ db: db(), log }, m.site, at(when), open);
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
  await payBill(db(), m, { lease, bill, amount: await readDue(pool(), bill), at: at('2026-12-11') });
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
  await workOnOverdue({ db: db(), log }, m.site, dayAfterDue, open);
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
  const dispute = await onBill(db(), bill, (tx, locked) =>
    openDispute(tx, locked, { lines: [wrong], reason: 'not my meter', actor: 'wang', at: at('2026-11-10') }),
  );
  expect(dispute).toBeTypeOf('number');
  const again = { lines: [wrong], reason: 'again', actor: 'wang', at: at('2026-11-10') };
  expect(await onBill(db(), bill, (tx, locked) => openDispute(tx, locked, again))).toBe('disputed_already');
  expect(await onBill(db(), bill, (tx, locked) => openDispute(tx, locked, { ...again, lines: [1] }))).toBe(
    'not_its_line',
  );
  await workOnOverdue({ db: db(), log }, m.site, at('2026-11-25'), open);
  // Two days, on the 60.00 that nobody disputes.
  expect(await detailOf(db(), bill)).toMatchObject({ disputed: '4000', lateFees: '120', due: '10120' });
  const [notice] = await listDunning(pool(), { site: m.site.id, sent: false, limit: 10 });
  expect(notice?.texts.en).toContain('CNY 61.20');
  const site = { timeZone: ZONE, settings: FEES };
  const decide = (amount?: bigint) =>
    transaction(db(), (tx) =>
      decideDispute(tx, Number(dispute), site, {
        ...{ outcome: 'upheld', note: 'the meter was another one', actor: 'al', at: at('2026-11-26') },
        ...(amount === undefined ? {} : { amount }),
      }),
    );
  expect(await decide(4_001n)).toEqual({ creditable: 4_000n });
  expect(await decide()).toBeUndefined();
  expect(await decide()).toBe('decided_already');
  // The day of the decision is not over: three days on 60.00.
  expect(await detailOf(db(), bill)).toMatchObject({ disputed: '0', credits: '4000', due: '6180' });
  expect(await readBalance(pool(), m.site.id, { kind: 'revenue', code: 'energy' })).toBe(0n);
  const { rows } = await pool().query(`SELECT status, resolution FROM cases WHERE site_id = $1`, [m.site.id]);
  expect(rows).toEqual([{ status: 'closed', resolution: 'upheld' }]);
});
