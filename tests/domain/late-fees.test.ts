import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lateFee, owedSteps } from '../../domain/late-fees.ts';

const TERMS = { percentPerDay: '0.05', graceDays: 0, capPercent: '20' };

test('a bill that is late pays for each whole day after its due date', () => {
  const bill = { dueDay: 10, billed: 100_000n, steps: [{ day: 0, owed: 100_000n }] };
  expect(lateFee(TERMS, bill, 10)).toBe(0n);
  expect(lateFee(TERMS, bill, 11)).toBe(50n);
  expect(lateFee(TERMS, bill, 20)).toBe(500n);
  expect(lateFee({ ...TERMS, graceDays: 3 }, bill, 20)).toBe(350n);
});

test('it stops at the cap, which is rounded down', () => {
  const bill = { dueDay: 0, billed: 333n, steps: [{ day: 0, owed: 333n }] };
  expect(lateFee({ ...TERMS, percentPerDay: '10' }, bill, 1_000)).toBe(66n);
});

test('it is rounded once, not day by day', () => {
  const bill = { dueDay: 0, billed: 1_000n, steps: [{ day: 0, owed: 1_000n }] };
  // 0.4 a day: rounded day by day nothing would ever be charged.
  expect(lateFee({ ...TERMS, percentPerDay: '0.04' }, bill, 1)).toBe(0n);
  expect(lateFee({ ...TERMS, percentPerDay: '0.04' }, bill, 2)).toBe(1n);
  expect(lateFee({ ...TERMS, percentPerDay: '0.04' }, bill, 10)).toBe(4n);
});

test('what is paid, and what is in dispute, costs nothing from that day on', () => {
  const steps = owedSteps(
    [
      { day: 0, amount: 1_000n },
      { day: 15, amount: -400n },
    ],
    [{ from: 12, to: 14, amount: 1_000n }],
  );
  expect(steps).toEqual([
    { day: 0, owed: 1_000n },
    { day: 12, owed: 0n },
    { day: 14, owed: 1_000n },
    { day: 15, owed: 600n },
  ]);
  // Days 11 and 14 in full, 15 to 20 on 600.
  expect(lateFee({ ...TERMS, percentPerDay: '1' }, { dueDay: 10, billed: 1_000n, steps }, 20)).toBe(56n);
});

const money = fc.bigInt({ min: 1n, max: 10n ** 12n });
const percent = fc
  .tuple(fc.nat(999), fc.nat(9999))
  .map(([whole, part]) => `${whole}.${String(part).padStart(4, '0')}`);

test('the fee equals an oracle that walks day by day with fractions, never falls with time and never passes the cap', () => {
  fc.assert(
    fc.property(
      money,
      fc.array(fc.record({ day: fc.nat(60), amount: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }) }), {
        maxLength: 6,
      }),
      fc.array(
        fc
          .record({ from: fc.nat(60), days: fc.option(fc.nat(20)), amount: money })
          .map(({ from, days, amount }) => ({
            from,
            to: days === null ? null : from + days,
            amount,
          })),
        { maxLength: 4 },
      ),
      fc.record({ percentPerDay: percent, graceDays: fc.nat(10), capPercent: percent }),
      fc.nat(30),
      fc.nat(90),
      (billed, moves, held, terms, dueDay, lastDay) => {
        const booked = [{ day: 0, amount: billed }, ...moves];
        let hundredthsOfMillionths = 0n;
        for (let day = dueDay + terms.graceDays + 1; day <= lastDay; day++) {
          let owed = 0n;
          for (const move of booked) if (move.day <= day) owed += move.amount;
          for (const one of held) if (one.from <= day && (one.to ?? 1_000) > day) owed -= one.amount;
          if (owed > 0n) hundredthsOfMillionths += owed * BigInt(terms.percentPerDay.replace('.', ''));
        }
        const exact = (hundredthsOfMillionths * 2n + 1_000_000n) / 2_000_000n;
        const cap = (billed * BigInt(terms.capPercent.replace('.', ''))) / 1_000_000n;
        const bill = { dueDay, billed, steps: owedSteps(booked, held) };
        const fee = lateFee(terms, bill, lastDay);
        expect(fee).toBe(exact < cap ? exact : cap);
        expect(lateFee(terms, bill, lastDay + 1)).toBeGreaterThanOrEqual(fee);
      },
    ),
  );
});
