import fc from 'fast-check';
import { expect, test } from 'vitest';
import { businessDaysAfter, isBusinessDay } from '../../domain/business-days.ts';
import { localDate } from '../../domain/local-days.ts';
import { type Share, splitAmount, splitRefusal } from '../../domain/settlement-split.ts';

/** Up to six parties whose percentages add up to 100 with 4 decimals. */
const split: fc.Arbitrary<readonly Share[]> = fc
  .uniqueArray(fc.integer({ min: 1, max: 999_999 }), { maxLength: 5 })
  .map((cuts) => {
    const marks = [0, ...cuts.sort((a, b) => a - b), 1_000_000];
    return marks.slice(1).map((mark, i) => {
      const units = mark - (marks[i] ?? 0);
      return {
        partyId: i + 1,
        percent: `${Math.floor(units / 10_000)}.${String(units % 10_000).padStart(4, '0')}`,
      };
    });
  });
const money = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });

test('shares add up to the amount, whatever its sign', () => {
  fc.assert(
    fc.property(split, money, (shares, amount) => {
      expect(splitRefusal(shares)).toBeUndefined();
      const parts = splitAmount(amount, shares);
      expect(parts.reduce((sum, one) => sum + one, 0n)).toBe(amount);
      for (const [i, part] of parts.entries()) {
        const exact = amount * BigInt((shares[i]?.percent ?? '').replace('.', ''));
        const off = part * 1_000_000n - exact;
        expect(off < 1_000_000n && off > -1_000_000n).toBe(true);
      }
    }),
  );
});

test('what a reversal takes back is what was given', () => {
  fc.assert(
    fc.property(split, money, (shares, amount) => {
      expect(splitAmount(-amount, shares)).toEqual(splitAmount(amount, shares).map((part) => -part));
    }),
  );
});

test.each([
  [['60', '40'], undefined],
  [['33.3333', '33.3333', '33.3334'], undefined],
  [['60', '39.9999'], { why: 'not_100', sum: '99.9999' }],
  [['60', '41'], { why: 'not_100', sum: '101' }],
  [['100', '0'], { why: 'not_positive', sum: '100' }],
  [[], { why: 'not_100', sum: '0' }],
])('percentages %o: %o', (percents, refusal) => {
  expect(splitRefusal(percents.map((percent, i) => ({ partyId: i, percent })))).toEqual(refusal);
});

test('a party is in a split once', () => {
  const half = { partyId: 1, percent: '50' };
  expect(splitRefusal([half, half])?.why).toBe('party_twice');
});

const CHINA_2026 = {
  holidays: ['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07'],
  workdays: ['2026-10-10'],
};

test.each([
  ['2026-09-30', 0, '2026-09-30'],
  ['2026-09-30', 1, '2026-10-08'],
  ['2026-10-09', 1, '2026-10-10'],
  ['2026-10-10', 1, '2026-10-12'],
  ['2026-11-20', 1, '2026-11-23'],
  ['2026-11-21', 3, '2026-11-25'],
])('%s + %i business days = %s', (from, days, to) => {
  expect(businessDaysAfter(from, days, CHINA_2026)).toBe(to);
});

test('n business days after a date there are n of them since', () => {
  const date = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(date, fc.integer({ min: 1, max: 60 }), (from, days) => {
      const day = from.toISOString().slice(0, 10);
      const end = businessDaysAfter(day, days, CHINA_2026);
      let count = 0;
      for (let at = Date.parse(day) + 86_400_000; at <= Date.parse(end); at += 86_400_000) {
        if (isBusinessDay(new Date(at).toISOString().slice(0, 10), CHINA_2026)) count++;
      }
      expect(count).toBe(days);
      expect(isBusinessDay(end, CHINA_2026)).toBe(true);
    }),
  );
});

test('a date is the site’s', () => {
  expect(localDate(Date.parse('2026-11-20T16:00:00Z'), 'Asia/Shanghai')).toBe('2026-11-21');
});
