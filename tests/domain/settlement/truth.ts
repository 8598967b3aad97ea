import fc from 'fast-check';
import type { Installation } from '../../../domain/metering/fold.ts';
import type { Reading } from '../../../domain/readings.ts';

export const MINUTE = 60_000;
export const QUARTER = 15 * MINUTE;
/** Base units an hour; the truth stays below, so nothing true is implausible. */
export const MAX_RATE = 40_000n;
const WH_A_MINUTE_MAX = 500;

/**
 * What physically happened at one metering point, minute by minute, and what its meters made of it. Nobody but the
 * oracle may look at `used`; the code under test sees installations and readings.
 */
export interface Truth {
  readonly from: number;
  /** For each minute, in 1/10,000 base units. */
  readonly used: readonly bigint[];
  readonly installations: readonly Installation[];
  /** One at every quarter of an hour and some between, all true, in order. */
  readonly readings: readonly Reading[];
  /** Zeros that a meter sent for a moment. */
  readonly glitches: readonly Reading[];
}

const aStretch = fc.record({
  minutes: fc.integer({ min: 1, max: 500 }),
  rate: fc.integer({ min: 0, max: WH_A_MINUTE_MAX }),
});

const aMeter = fc.record({
  days: fc.integer({ min: 1, max: 3 * 24 * 60 }),
  multiplier: fc.constantFrom(10_000n, 400_000n, 5_000n, 12_500n, 15_333n),
  /** Where on its dial it starts: near the end, so that it wraps, or anywhere. */
  start: fc.oneof(fc.integer({ min: 990_000, max: 999_999 }), fc.integer({ min: 0, max: 999_999 })),
});

export interface TruthShape {
  readonly from: number;
  readonly minutes: number;
}

export function aTruth({ from, minutes }: TruthShape): fc.Arbitrary<Truth> {
  return fc
    .record({
      stretches: fc.array(aStretch, { minLength: 4, maxLength: 30 }),
      meters: fc.array(aMeter, { minLength: 1, maxLength: 4 }),
      extraMinutes: fc.uniqueArray(fc.integer({ min: 1, max: minutes - 1 }), { maxLength: 40 }),
      glitchMinutes: fc.uniqueArray(fc.integer({ min: 1, max: minutes - 1 }), { maxLength: 10 }),
    })
    .map(({ stretches, meters, extraMinutes, glitchMinutes }) => {
      const rates = stretches.flatMap(({ minutes: n, rate }) => Array.from({ length: n }, () => rate));
      const used: bigint[] = [];
      const installations: Installation[] = [];
      const readings: Reading[] = [];
      const glitches: Reading[] = [];
      const extra = new Set(extraMinutes);
      const glitch = new Set(glitchMinutes);
      let minute = 0;
      meters.forEach(({ days, multiplier, start }, i) => {
        const isLast = i === meters.length - 1;
        const end = isLast ? minutes : Math.min(minutes, minute + days);
        if (minute >= end) return;
        const registerId = i + 1;
        const modulus = 1_000_000n;
        const startsAt = from + minute * MINUTE;
        let dial = BigInt(start);
        for (let m = minute; m < end; m++) {
          const counts = (BigInt(rates[m % rates.length] ?? 0) * 10_000n) / multiplier;
          used.push(counts * multiplier);
          dial = (dial + counts) % modulus;
          const ts = from + (m + 1) * MINUTE;
          if (ts % QUARTER === 0 || extra.has(m)) readings.push({ registerId, ts, value: dial });
          // Where the dial is about to wrap, a zero could be the truth.
          else if (glitch.has(m) && dial < 900_000n) glitches.push({ registerId, ts, value: 0n });
        }
        const endsAt = end < minutes ? from + end * MINUTE : null;
        installations.push({
          ...{ id: 10 + i, registerId, startsAt, startValue: BigInt(start), multiplier, modulus, endsAt },
          endValue: endsAt === null ? null : dial,
        });
        minute = end;
      });
      return { from, used, installations, readings, glitches };
    });
}

/** Whole base units used up to each minute: the oracle of U(t). */
export function oracleTotals({ used }: Truth): readonly bigint[] {
  const totals = [0n];
  let sum = 0n;
  for (const amount of used) {
    sum += amount;
    totals.push(sum / 10_000n);
  }
  return totals;
}
