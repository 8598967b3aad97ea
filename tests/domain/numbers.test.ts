import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal, unitsAtScale } from '../../domain/decimal.ts';
import { minorDigits, quantumInMinor, ROUNDING_MODES, roundToMinor } from '../../domain/money.ts';

describe('a decimal', () => {
  it('is read and written without losing a digit', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 0, max: 20 }), (units, scale) => {
        const back = parseDecimal(formatDecimal({ units, scale }));
        expect(back.units * 10n ** BigInt(scale - back.scale)).toBe(units);
      }),
    );
  });

  it.each(['', '.5', '1.', '1e3', '+1', ' 1', '1,5', 'NaN', '0x1', '--1'])('is not %j', (text) => {
    expect(() => parseDecimal(text)).toThrow(RangeError);
  });

  it('takes a scale only where no digit is lost', () => {
    expect(unitsAtScale(parseDecimal('1.50'), 1)).toBe(15n);
    expect(unitsAtScale(parseDecimal('1.5'), 4)).toBe(15_000n);
    expect(() => unitsAtScale(parseDecimal('1.55'), 1)).toThrow(RangeError);
  });
});

describe('money', () => {
  it.each([
    // amount, half_up, half_even, down, up in hundredths
    ['1.004', 100n, 100n, 100n, 101n],
    ['1.005', 101n, 100n, 100n, 101n],
    ['1.015', 102n, 102n, 101n, 102n],
    ['1.0149999', 101n, 101n, 101n, 102n],
    ['1', 100n, 100n, 100n, 100n],
    ['-1.005', -101n, -100n, -100n, -101n],
    ['0', 0n, 0n, 0n, 0n],
  ])('rounds %s as each mode says', (text, ...expected) => {
    const modes = ['half_up', 'half_even', 'down', 'up'] as const;
    expect(modes.map((mode) => roundToMinor(parseDecimal(text), 2, mode, 1n))).toEqual(expected);
  });

  it('rounds to any quantum', () => {
    const dime = quantumInMinor(parseDecimal('0.1'), 2);
    expect(roundToMinor(parseDecimal('12.349'), 2, 'half_up', dime)).toBe(1_230n);
    expect(roundToMinor(parseDecimal('12.35'), 2, 'half_up', dime)).toBe(1_240n);
    expect(roundToMinor(parseDecimal('1249.99'), 2, 'half_up', quantumInMinor(parseDecimal('100'), 2))).toBe(
      120_000n,
    );
    expect(() => quantumInMinor(parseDecimal('0.005'), 2)).toThrow(RangeError);
    expect(() => quantumInMinor(parseDecimal('0'), 2)).toThrow(RangeError);
  });

  it('is never further from the exact amount than one quantum, and never falls when the amount rises', () => {
    const amount = fc.record({
      units: fc.bigInt({ min: 0n, max: 10n ** 18n }),
      scale: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(
        amount,
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        fc.constantFrom(...ROUNDING_MODES),
        (a, more, mode) => {
          const rounded = roundToMinor(a, 2, mode, 5n);
          const apart = rounded * 10n ** BigInt(a.scale) - a.units * 100n;
          expect((apart < 0n ? -apart : apart) < 5n * 10n ** BigInt(a.scale)).toBe(true);
          expect(roundToMinor({ ...a, units: a.units + more }, 2, mode, 5n) >= rounded).toBe(true);
        },
      ),
    );
  });

  it('knows how many decimals a currency has', () => {
    expect(['CNY', 'JPY', 'KWD'].map(minorDigits)).toEqual([2, 0, 3]);
  });
});
