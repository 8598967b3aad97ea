import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareOut } from '../../../domain/rating/rounding.ts';

describe('sharing a rounded amount out', () => {
  it('gives every line its own amount to within one minor unit, and the sum exactly', () => {
    const parts = fc.array(fc.tuple(fc.bigInt(0n, 10n ** 9n), fc.bigInt(1n, 1_000n)), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(parts, (list) => {
        const exact = list.map(([n, d]) => ({ n, d }));
        // The oracle: everything over one denominator.
        const common = exact.reduce((product, { d }) => product * d, 1n);
        const total = exact.reduce((all, { n, d }) => all + (n * common) / d, 0n) / common;
        const shares = shareOut(total, exact);
        expect(shares.reduce((all, share) => all + share, 0n)).toBe(total);
        shares.forEach((share, i) => {
          const { n, d } = exact[i] ?? { n: 0n, d: 1n };
          expect(share * d > n - 2n * d && share * d < n + d).toBe(true);
        });
      }),
    );
  });

  it('gives the rest to the largest remainders, of equal ones to the first', () => {
    const thirds = [1n, 1n, 1n].map((n) => ({ n: n * 100n, d: 3n }));
    expect(shareOut(100n, thirds)).toEqual([34n, 33n, 33n]);
    expect(
      shareOut(10n, [
        { n: 5n, d: 2n },
        { n: 29n, d: 10n },
        { n: 46n, d: 10n },
      ]),
    ).toEqual([2n, 3n, 5n]);
    expect(
      shareOut(0n, [
        { n: 0n, d: 1n },
        { n: 0n, d: 1n },
      ]),
    ).toEqual([0n, 0n]);
  });
});
