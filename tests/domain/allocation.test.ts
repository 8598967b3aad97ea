import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocate } from '../../domain/allocation.ts';

const weights = fc.array(fc.bigInt(0n, 10n ** 17n), { minLength: 1, maxLength: 60 });
const total = fc.bigInt(0n, 10n ** 12n);
const sum = (list: readonly bigint[]): bigint => list.reduce((a, b) => a + b, 0n);

describe('allocation', () => {
  test('gives the largest remainders what is left over, of equal ones the first', () => {
    expect(allocate(10n, [1n, 1n, 1n])).toEqual([4n, 3n, 3n]);
    expect(allocate(7n, [5n, 3n, 2n])).toEqual([4n, 2n, 1n]);
    expect(allocate(0n, [5n, 0n])).toEqual([0n, 0n]);
    expect(allocate(5n, [0n, -3n])).toBeNull();
    expect(allocate(5n, [])).toBeNull();
    expect(() => allocate(-1n, [1n])).toThrow(RangeError);
  });

  test('shares add up to the total exactly, each within one of its due', () => {
    fc.assert(
      fc.property(total, weights, (amount, list) => {
        const shares = allocate(amount, list);
        const all = sum(list);
        if (all === 0n) return shares === null;
        if (!shares) return false;
        expect(sum(shares)).toBe(amount);
        return shares.every((share, i) => {
          const exact = amount * (list[i] ?? 0n);
          return share * all > exact - all && share * all < exact + all && (list[i] !== 0n || share === 0n);
        });
      }),
    );
  });

  test('a larger weight never gets less, and scaling all weights changes nothing', () => {
    fc.assert(
      fc.property(total, weights, fc.bigInt(1n, 1000n), (amount, list, factor) => {
        const shares = allocate(amount, list);
        expect(
          allocate(
            amount,
            list.map((weight) => weight * factor),
          ),
        ).toEqual(shares);
        if (!shares) return;
        for (const [i, a] of list.entries()) {
          for (const [j, b] of list.entries()) {
            if (a > b) expect((shares[i] ?? 0n) >= (shares[j] ?? 0n)).toBe(true);
          }
        }
      }),
    );
  });
});
