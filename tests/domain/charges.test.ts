import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHARGE_STATUS, lookAfterMs, movesTo, refundParts, splitPaid } from '../../domain/charges.ts';

const minor = fc.bigInt({ min: 0n, max: 10n ** 12n });

describe('what came in for a bill', () => {
  it('pays what is due and no more; both parts add up to it', () => {
    fc.assert(
      fc.property(minor, fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), (paid, due) => {
        const { applied, credit } = splitPaid(paid, due);
        expect(applied + credit).toBe(paid);
        expect(applied >= 0n && credit >= 0n).toBe(true);
        if (due <= 0n) expect(applied).toBe(0n);
        else expect(applied <= due).toBe(true);
        // Nothing stays the lease's own while something is due.
        if (credit > 0n && due > 0n) expect(applied).toBe(due);
      }),
    );
  });
});

describe('what goes back', () => {
  it('in any parts takes the same of both, first what became the lease’s own', () => {
    fc.assert(
      fc.property(minor, minor, fc.array(minor, { maxLength: 8 }), (applied, credit, asked) => {
        let left = applied + credit;
        let refunded = 0n;
        const back = { applied: 0n, credit: 0n };
        for (const one of [...asked, left]) {
          const amount = one > left ? left : one;
          const part = refundParts({ applied, credit }, refunded, amount);
          expect(part.applied + part.credit).toBe(amount);
          expect(part.applied >= 0n && part.credit >= 0n).toBe(true);
          back.applied += part.applied;
          back.credit += part.credit;
          refunded += amount;
          left -= amount;
          if (back.applied > 0n) expect(back.credit).toBe(credit);
        }
        expect(back).toEqual({ applied, credit });
      }),
    );
  });
});

describe('asking after a charge', () => {
  it('waits longer each time, from 2 seconds up to half an hour', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (looks) => {
        expect(lookAfterMs(looks)).toBeGreaterThanOrEqual(2_000);
        expect(lookAfterMs(looks)).toBeLessThanOrEqual(30 * 60_000);
        expect(lookAfterMs(looks + 1)).toBeGreaterThanOrEqual(lookAfterMs(looks));
      }),
    );
    expect([1, 2, 3, 11].map(lookAfterMs)).toEqual([2_000, 4_000, 8_000, 1_800_000]);
  });

  it('never ends a success, and never begins anew', () => {
    for (const to of CHARGE_STATUS) expect(movesTo(to)).not.toContain('succeeded');
    expect(movesTo('created')).toEqual([]);
    expect(movesTo('succeeded')).toContain('failed');
  });
});
