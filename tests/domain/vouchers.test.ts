import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DaySum, vouchersOf } from '../../domain/vouchers.ts';

const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });

test('each day and kind is one voucher that balances, whatever was booked', () => {
  const days = fc.uniqueArray(
    fc.record({ date: fc.constantFrom('2026-10-01', '2026-10-02'), kind: fc.constantFrom('a', 'b') }),
    { selector: ({ date, kind }) => date + kind },
  );
  fc.assert(
    fc.property(days, fc.array(amount, { minLength: 4, maxLength: 4 }), (keys, amounts) => {
      const sums = keys
        .sort((x, y) => (x.date + x.kind < y.date + y.kind ? -1 : 1))
        .flatMap(({ date, kind }, i): DaySum[] => {
          const debit = amounts[i] ?? 1n;
          return [
            { date, kind, account: 'receivable', code: null, debit, credit: 5n },
            { date, kind, account: 'revenue', code: 'energy', debit: 5n, credit: debit },
          ];
        });
      const lines = vouchersOf(sums);
      for (const voucher of new Set(lines.map((line) => line.voucher))) {
        const own = lines.filter((line) => line.voucher === voucher);
        expect(new Set(own.map(({ date, kind }) => date + kind)).size).toBe(1);
        expect(own.reduce((sum, { debit, credit }) => sum + debit - credit, 0n)).toBe(0n);
        expect(own.map(({ line }) => line)).toEqual(own.map((_, i) => i + 1));
      }
      for (const { debit, credit } of lines) expect(debit === 0n).not.toBe(credit === 0n);
    }),
  );
});

test('a voucher that does not balance is no voucher', () => {
  const sum = { date: '2026-10-01', kind: 'a', account: 'bank', code: null, debit: 1n, credit: 0n } as const;
  expect(() => vouchersOf([sum])).toThrow(/off by 1/);
});
