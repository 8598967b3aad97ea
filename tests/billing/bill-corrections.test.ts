import { expect, test } from 'vitest';
import { chargeLateFees } from '../../billing/late-fees.ts';
import { issueCreditNote } from '../../store/credit-notes.ts';
import { applyDeposit, returnDeposit } from '../../store/deposits.ts';
import { bookTransaction, readBalance } from '../../store/ledger.ts';
import { transaction } from '../../store/transaction.ts';
import { decideWriteOff, proposeWriteOff } from '../../store/write-offs.ts';
import { at, ZONE } from './bill-market.ts';
import { open, setUpBillMarkets } from './bill-set-up.ts';
import { detailOf, FEES, onBill, oneBill, payBill } from './one-bill.ts';

const { db, pool, market } = setUpBillMarkets();
const credit = (bill: number, amount: bigint, when: Date) =>
  onBill(db(), bill, (tx, locked) =>
    issueCreditNote(
      tx,
      locked,
      { timeZone: ZONE, settings: FEES },
      { amount, reason: 'wrong meter', actor: 'al', at: when },
    ),
  );

test('a credit takes back the late fees that were charged on it', async () => {
  const m = await market();
  const { bill } = await oneBill(m, 10_000n);
  await chargeLateFees(db(), m.site, at('2026-11-25'), open);
  expect(await credit(bill, 5_000n, at('2026-11-25'))).toEqual({ number: 'CN2026-000001' });
  expect(await detailOf(db(), bill)).toMatchObject({ credits: '5000', lateFees: '100', due: '5100' });
  expect(await credit(bill, 5_001n, at('2026-11-25'))).toEqual({ creditable: 5_000n });
});

test('a write-off needs a second person, and no more than is due', async () => {
  const m = await market();
  const { bill, lease } = await oneBill(m, 1_000n);
  const when = at('2026-12-01');
  const propose = (amount: bigint) =>
    onBill(db(), bill, (tx, locked) =>
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
    transaction(db(), (tx) => decideWriteOff(tx, id, { approve: true, fourEyes: true, actor, at: when }));
  expect(await decide('al')).toBe('proposed_it');
  await payBill(db(), m, { lease, bill, amount: 1n, at: when });
  expect(await decide('bo')).toBe('above_due');
  const drop = { approve: false, fourEyes: true, actor: 'al', at: when };
  expect(await transaction(db(), (tx) => decideWriteOff(tx, id, drop))).toBeUndefined();
  const second = Number(await propose(999n));
  expect(
    await transaction(db(), (tx) => decideWriteOff(tx, second, { ...drop, approve: true, actor: 'bo' })),
  ).toBeUndefined();
  expect(await detailOf(db(), bill)).toMatchObject({
    status: 'paid',
    writtenOff: '999',
    paid: '1',
    due: '0',
  });
  expect(await readBalance(pool(), m.site.id, { kind: 'bad_debt' })).toBe(999n);
});

test('a credit on what was written off takes the loss back, and only what was paid becomes balance', async () => {
  const m = await market();
  const { bill, lease } = await oneBill(m, 1_000n);
  const by = { actor: 'al', at: at('2026-11-20') };
  await payBill(db(), m, { lease, bill, amount: 300n, at: by.at });
  const off = { ...by, amount: 700n, reason: 'left the market', fourEyes: false };
  expect(await onBill(db(), bill, (tx, locked) => proposeWriteOff(tx, locked, off))).toBeTypeOf('number');
  const balances = async () => ({
    lost: await readBalance(pool(), m.site.id, { kind: 'bad_debt' }),
    balance: -(await readBalance(pool(), m.site.id, { kind: 'prepaid', leaseId: lease })),
  });
  await credit(bill, 400n, by.at);
  expect(await balances()).toEqual({ lost: 300n, balance: 0n });
  await credit(bill, 600n, by.at);
  expect(await balances()).toEqual({ lost: 0n, balance: 300n });
  expect(await detailOf(db(), bill)).toMatchObject({
    status: 'paid',
    credits: '1000',
    writtenOff: '0',
    due: '0',
  });
});

test('a credit on a paid bill takes back the late fees that were paid with it, and charges none', async () => {
  const m = await market();
  const { bill, lease } = await oneBill(m, 10_000n);
  await chargeLateFees(db(), m.site, at('2026-11-25'), open);
  // The 25th is over without its fee when the money comes.
  await payBill(db(), m, { lease, bill, amount: 10_200n, at: at('2026-11-26T00:30') });
  const when = at('2026-11-28');
  await credit(bill, 1n, when);
  expect(await detailOf(db(), bill)).toMatchObject({ lateFees: '200', due: '0' });
  await credit(bill, 4_999n, when);
  expect(await detailOf(db(), bill)).toMatchObject({ credits: '5000', lateFees: '150', due: '0' });
  await credit(bill, 5_000n, when);
  expect(await detailOf(db(), bill)).toMatchObject({ credits: '10000', lateFees: '0', due: '0' });
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
    onBill(db(), bill, (tx, locked) => applyDeposit(tx, locked, { amount, actor: 'al', at: when }));
  expect(await apply(701n)).toEqual({ most: 700n });
  expect(await apply(600n)).toBeUndefined();
  expect(await detailOf(db(), bill)).toMatchObject({ due: '400', deposit: '100' });
  const back = (amount: bigint) =>
    transaction(db(), (tx) =>
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
