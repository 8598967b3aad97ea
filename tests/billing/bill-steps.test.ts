import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chargeLateFees } from '../../billing/late-fees.ts';
import { readDue } from '../../store/bill-due.ts';
import { issueCreditNote } from '../../store/credit-notes.ts';
import { decideDispute, openDispute } from '../../store/disputes.ts';
import { transaction } from '../../store/transaction.ts';
import { proposeWriteOff } from '../../store/write-offs.ts';
import { at, ledgerSum, ZONE } from './bill-market.ts';
import { open, setUpBillMarkets } from './bill-set-up.ts';
import { detailOf, FEES, onBill, payBill } from './one-bill.ts';

const { db, pool, market } = setUpBillMarkets();

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
            await payBill(db(), m, { lease, bill, amount: one.amount, at: when });
            paid += one.amount;
          } else if (one.do === 'refund' && paid >= one.amount) {
            await payBill(db(), m, { lease, bill, amount: -one.amount, at: when });
            paid -= one.amount;
          } else if (one.do === 'credit') {
            await onBill(db(), bill, (tx, locked) =>
              issueCreditNote(tx, locked, site, { ...by, amount: one.amount, reason: 'x' }),
            );
          } else if (one.do === 'dispute') {
            const opened = await onBill(db(), bill, (tx, locked) =>
              openDispute(tx, locked, { ...by, lines: lines.slice(0, 1), reason: 'x' }),
            );
            if (typeof opened === 'number') disputeId = opened;
          } else if (one.do === 'decide' && disputeId > 0) {
            const outcome = i % 2 === 0 ? 'rejected' : 'upheld';
            await transaction(db(), (tx) =>
              decideDispute(tx, disputeId, site, { ...by, outcome, note: 'x' }),
            );
          } else if (one.do === 'late') {
            await chargeLateFees(db(), m.site, when, open);
          } else if (one.do === 'write_off') {
            await onBill(db(), bill, (tx, locked) =>
              proposeWriteOff(tx, locked, { ...by, amount: one.amount, reason: 'x', fourEyes: false }),
            );
          }
        }
        const end = await detailOf(db(), bill);
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
        expect(await ledgerSum(db())).toBe(0n);
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
