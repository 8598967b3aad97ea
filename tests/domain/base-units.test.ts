import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBaseUnits } from '../../domain/base-units.ts';

describe('a point’s value in base units', () => {
  it.each([
    [12345.678, 1000, 12345678n],
    [0, 1000, 0n],
    [-0, 1000, 0n],
    // As floats these products are 1000.9999999999999 and 434.99999999999994.
    [1.001, 1000, 1001n],
    [4.35, 100, 435n],
    [2.675, 100, 267n],
    [0.0009, 1000, 0n],
    [12345.6789, 1000, 12345678n],
    [5e-7, 1000, 0n],
    [5e-7, 10_000_000, 5n],
    [999_999.999, 1000, 999_999_999n],
    [123_456_789_012.345, 1000, 123_456_789_012_345n],
    [1e21, 1000, 10n ** 24n],
    [1.5e300, 1, 15n * 10n ** 299n],
    [7.25, 60, 435n],
    [0.1, 3, 0n],
    [10.1, 30, 303n],
  ])('%d × %d is %d, exact and cut off below one', (value, scale, expected) => {
    expect(toBaseUnits(value, scale)).toBe(expected);
  });

  it.each([-1, -0.001, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%d has none',
    (value) => {
      expect(toBaseUnits(value, 1000)).toBeNull();
    },
  );

  const scales = fc.constantFrom(1, 10, 100, 1000, 10_000, 1_000_000, 60, 3600, 7);

  it('is what the decimal text says, for any text of up to 15 digits', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 15n - 1n),
        fc.integer({ min: 0, max: 9 }),
        scales,
        (digits, decimals, scale) => {
          const padded = digits.toString().padStart(decimals + 1, '0');
          const at = padded.length - decimals;
          const text = decimals === 0 ? padded : `${padded.slice(0, at)}.${padded.slice(at)}`;
          expect(toBaseUnits(JSON.parse(text), scale)).toBe(
            (digits * BigInt(scale)) / 10n ** BigInt(decimals),
          );
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('never decreases when the value increases', () => {
    const value = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(value, value, scales, (a, b, scale) => {
        const [low, high] = [toBaseUnits(Math.min(a, b), scale), toBaseUnits(Math.max(a, b), scale)];
        expect(low !== null && high !== null && low <= high).toBe(true);
      }),
    );
  });

  it('is within one of the value times the scale, for any double', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), scales, (value, scale) => {
        const product = value * scale;
        const error = Math.abs(Number(toBaseUnits(value, scale)) - product);
        expect(error).toBeLessThanOrEqual(1 + product * Number.EPSILON * 2);
      }),
    );
  });
});
