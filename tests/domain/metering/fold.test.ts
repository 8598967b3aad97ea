import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldReadings, type Installation } from '../../../domain/metering/fold.ts';
import { type Reading, voucherOf } from '../../../domain/readings.ts';
import { aTruth, MAX_RATE, MINUTE, oracleTotals, QUARTER, type Truth } from '../settlement/truth.ts';

const HOUR = 60 * MINUTE;

/** One meter from hour 0, at most 10 kW. */
const meter = (over: Partial<Installation> = {}): Installation => ({
  ...{ id: 1, registerId: 1, startsAt: 0, startValue: 0n, endsAt: null, endValue: null },
  ...{ multiplier: 10_000n, modulus: 1_000_000n },
  ...over,
});
const at = (hour: number, value: bigint, registerId = 1): Reading => ({ registerId, ts: hour * HOUR, value });
const fold = (readings: readonly Reading[], cuts: readonly number[], installations = [meter()]) =>
  foldReadings(
    { installations, maxRate: 10_000n, cuts: cuts.map((hour) => hour * HOUR), resume: null },
    readings,
  );
const values = (...args: Parameters<typeof fold>): readonly bigint[] =>
  fold(...args).boundaries.map(({ value }) => value);

describe('a boundary value', () => {
  it('is measured where there is a reading', () => {
    const { boundaries } = fold([at(1, 700n), at(2, 900n)], [1]);
    expect(boundaries).toMatchObject([{ value: 700n, method: 'measured' }]);
    expect(boundaries[0]?.before).toBe(boundaries[0]?.after);
  });

  it('is interpolated between its neighbours, rounded down', () => {
    const { boundaries } = fold([at(1, 700n), at(4, 900n)], [2]);
    expect(boundaries).toMatchObject([
      {
        value: 766n,
        method: 'interpolated',
        before: { ts: HOUR, value: 700n },
        after: { ts: 4 * HOUR, value: 900n },
      },
    ]);
  });

  it('is exact where a float is not', () => {
    const [start, used] = [5n, 9_007_199_254_740_993n];
    const huge = { installations: [meter({ startValue: start, modulus: 10n ** 18n })], maxRate: 10n ** 18n };
    const cuts = [0, 1, 3].map((hour) => hour * HOUR);
    const { boundaries } = foldReadings({ ...huge, cuts, resume: null }, [at(3, start + 3n * used)]);
    expect(boundaries.map(({ value }) => value)).toEqual([0n, used, 3n * used]);
  });

  it('is unknown without a later neighbour', () => {
    expect(fold([at(1, 700n)], [1, 2]).boundaries).toHaveLength(1);
  });

  it('is zero before the first meter and stays what it is after the last', () => {
    const installations = [meter({ startsAt: 2 * HOUR, startValue: 500n, endsAt: 5 * HOUR, endValue: 900n })];
    expect(fold([at(3, 600n)], [0, 1, 2, 3, 5, 6, 9], installations).boundaries).toMatchObject([
      { value: 0n, method: 'no_meter', before: null, after: { kind: 'start' } },
      { value: 0n, method: 'no_meter' },
      { value: 0n, method: 'measured' },
      { value: 100n, method: 'measured' },
      { value: 400n, method: 'measured', before: { kind: 'end' } },
      { value: 400n, method: 'no_meter', before: { kind: 'end' }, after: null },
      { value: 400n, method: 'no_meter' },
    ]);
  });

  it('does not move between two meters', () => {
    const installations = [
      meter({ endsAt: 2 * HOUR, endValue: 100n }),
      meter({ id: 2, registerId: 2, startsAt: 6 * HOUR, startValue: 7_000n }),
    ];
    expect(fold([at(7, 7_050n, 2)], [1, 3, 5, 6, 7], installations).boundaries).toMatchObject([
      { value: 50n, method: 'interpolated' },
      { value: 100n, method: 'no_meter' },
      { value: 100n, method: 'no_meter' },
      { value: 100n, method: 'measured' },
      { value: 150n, method: 'measured' },
    ]);
  });

  it('carries the fraction that a ratio leaves from one cut to the next', () => {
    const installations = [meter({ multiplier: 15_000n })];
    expect(values([at(1, 1n), at(2, 2n), at(3, 3n)], [1, 2, 3], installations)).toEqual([1n, 3n, 4n]);
  });
});

describe('a decrease', () => {
  it('is a rollover near the top of the dial when the supply could have delivered it', () => {
    const installations = [meter({ startValue: 990_000n })];
    expect(values([at(1, 999_000n), at(2, 3_000n), at(3, 5_000n)], [1, 2, 3], installations)).toEqual([
      9_000n,
      13_000n,
      15_000n,
    ]);
  });

  it('from further down the dial is refused, however long the meter was silent', () => {
    const installations = [meter({ startValue: 800_000n })];
    const { boundaries, refused } = fold([at(1000, 100n), at(1001, 801_000n)], [1001], installations);
    expect(refused).toMatchObject([{ value: 100n, reason: 'decreased' }]);
    expect(boundaries).toMatchObject([{ value: 1_000n }]);
  });

  it('near the top is refused when the supply could not have delivered it', () => {
    const installations = [meter({ startValue: 950_000n })];
    expect(fold([at(1, 30_000n)], [], installations).refused).toMatchObject([{ reason: 'decreased' }]);
  });

  it('to zero for a moment costs nothing', () => {
    expect(values([at(1, 500n), at(2, 0n), at(3, 700n)], [1, 3])).toEqual([500n, 700n]);
  });
});

describe('an increase', () => {
  it('beyond what the supply can deliver is refused, and the next good reading counts from the last', () => {
    const { boundaries, refused } = fold([at(1, 500n), at(2, 400_000n), at(3, 700n)], [1, 3]);
    expect(boundaries.map(({ value }) => value)).toEqual([500n, 700n]);
    expect(refused).toMatchObject([{ value: 400_000n, reason: 'jumped' }]);
  });

  it('is judged by what was used, not by what the register of a transformer meter shows', () => {
    expect(fold([at(1, 9_000n)], [], [meter({ multiplier: 400_000n })]).refusedCount).toBe(1);
    expect(fold([at(1, 250n)], [], [meter({ multiplier: 400_000n })]).refusedCount).toBe(0);
  });

  it('may be a whole display unit at once, and as fast as the supply allows', () => {
    // 10 kW for an hour and five minutes of a wrong clock, and one kWh of resolution.
    expect(fold([at(1, 11_833n)], []).refusedCount).toBe(0);
    expect(fold([at(1, 11_834n)], []).refusedCount).toBe(1);
  });

  it('beyond the dial is refused', () => {
    for (const value of [1_000_000n, -1n]) {
      expect(fold([at(1, value)], []).refused).toMatchObject([{ reason: 'beyond_dial' }]);
    }
  });
});

describe('refused readings that follow one another', () => {
  it('are one row, named by its first; the next row begins after an accepted one', () => {
    const readings = [at(1, 500n), at(2, 0n), at(3, 1n), at(4, 600n), at(5, 0n)];
    const { refused, refusedCount } = fold(readings, []);
    expect(refused.map(({ ts }) => ts / HOUR)).toEqual([2, 5]);
    expect(refusedCount).toBe(3);
  });
});

describe('a reading that a person vouches for', () => {
  const folded = (readings: readonly Reading[], vouched: Reading) =>
    foldReadings(
      {
        ...{ installations: [meter()], maxRate: 10_000n, cuts: [5 * HOUR], resume: null },
        vouched: new Set([voucherOf(vouched)]),
      },
      readings,
    );

  it('is believed though it jumps, and what follows goes on from it', () => {
    const result = folded([at(1, 900_000n), at(5, 900_500n)], at(1, 900_000n));
    expect(result).toMatchObject({ refusedCount: 0, boundaries: [{ value: 900_500n }] });
  });

  it('went round the dial when it is less, from wherever', () => {
    const result = folded([at(1, 5_000n), at(2, 100n), at(5, 200n)], at(2, 100n));
    expect(result).toMatchObject({ refusedCount: 0, boundaries: [{ value: 1_000_200n }] });
  });

  it('is believed with this value at this instant alone, and never beyond the dial', () => {
    expect(folded([at(1, 900_000n)], at(1, 900_001n)).refusedCount).toBe(1);
    expect(folded([at(1, 900_000n)], at(2, 900_000n)).refusedCount).toBe(1);
    expect(folded([at(1, 1_000_000n)], at(1, 1_000_000n)).refusedCount).toBe(1);
  });
});

describe('an end value', () => {
  it('that cannot be is refused: the point ends at its last accepted quantity', () => {
    const installations = [
      meter({ endsAt: 3 * HOUR, endValue: 5n }),
      meter({ id: 2, registerId: 2, startsAt: 3 * HOUR, startValue: 0n }),
    ];
    const result = fold([at(2, 700n), at(4, 50n, 2)], [3, 4], installations);
    expect(result.refused).toMatchObject([{ value: 5n, reason: 'decreased' }]);
    expect(result.boundaries.map(({ value }) => value)).toEqual([700n, 750n]);
  });
});

describe('a reading', () => {
  it('of another register, or from before or after its meter was there, counts for nothing', () => {
    const installations = [
      meter({ startsAt: HOUR, startValue: 100n, endsAt: 3 * HOUR, endValue: 300n }),
      meter({ id: 2, registerId: 2, startsAt: 3 * HOUR, startValue: 0n }),
    ];
    const stray = [
      at(0.5, 90n),
      at(2, 5_000n, 2),
      at(3.5, 900n),
      at(2, 250n, 9),
      at(1, 7_777n),
      at(3, 8_888n),
    ];
    const result = fold([...stray, at(2, 200n), at(4, 10n, 2)], [1, 2, 3, 4], installations);
    expect(result.boundaries.map(({ value }) => value)).toEqual([0n, 100n, 200n, 210n]);
    expect(result.refusedCount).toBe(0);
  });
});

const DAY_MINUTES = 24 * 60;
const scene = aTruth({ from: Date.parse('2026-10-24T00:00Z'), minutes: 2 * DAY_MINUTES }).chain((truth) =>
  fc.record({
    truth: fc.constant(truth),
    cutMinutes: fc.uniqueArray(fc.integer({ min: 0, max: 2 * DAY_MINUTES }), { minLength: 1, maxLength: 20 }),
    /** The same readings, some twice, in any order. */
    shuffled: fc.subarray([...truth.readings]).chain((twice) => {
      const sent = [...truth.readings, ...truth.glitches, ...twice];
      return fc.shuffledSubarray(sent, { minLength: sent.length });
    }),
    /** Of eight quarters in a row at least one gets through. */
    dropped: fc.infiniteStream(fc.boolean()),
  }),
);
const cutsOf = (truth: Truth, minutes: readonly number[]): number[] =>
  minutes.map((minute) => truth.from + minute * MINUTE).sort((a, b) => a - b);

describe('the fold over what meters send', () => {
  it('gives the physical truth at every reading, whatever wraps, exchanges, ratios and glitches there are', () => {
    fc.assert(
      fc.property(scene, ({ truth, cutMinutes }) => {
        const totals = oracleTotals(truth);
        const cuts = cutsOf(truth, cutMinutes).filter((cut) => cut % QUARTER === 0);
        const { installations, readings, glitches } = truth;
        const result = foldReadings({ installations, maxRate: MAX_RATE, cuts, resume: null }, [
          ...readings,
          ...glitches,
        ]);
        expect(result.boundaries.map(({ value }) => value)).toEqual(
          cuts.map((cut) => totals[(cut - truth.from) / MINUTE]),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('does not depend on the order of arrival or on repetitions', () => {
    fc.assert(
      fc.property(scene, ({ truth, cutMinutes, shuffled }) => {
        const { installations, readings, glitches } = truth;
        const input = { installations, maxRate: MAX_RATE, cuts: cutsOf(truth, cutMinutes), resume: null };
        expect(foldReadings(input, shuffled)).toEqual(foldReadings(input, [...readings, ...glitches]));
      }),
      { numRuns: 50 },
    );
  });

  it('never falls from one cut to the next, and ends at the truth though readings are missing', () => {
    fc.assert(
      fc.property(scene, ({ truth, cutMinutes, dropped }) => {
        const { installations, readings } = truth;
        let missing = 0;
        const kept = readings.filter((reading, i) => {
          const isKept = i === readings.length - 1 || dropped.next().value !== true || missing === 7;
          missing = isKept ? 0 : missing + 1;
          return isKept && reading.ts >= 0;
        });
        const cuts = cutsOf(truth, [...new Set([0, ...cutMinutes, 2 * DAY_MINUTES])]);
        const { boundaries } = foldReadings({ installations, maxRate: MAX_RATE, cuts, resume: null }, kept);
        expect(boundaries).toHaveLength(cuts.length);
        boundaries.slice(1).forEach(({ value }, i) => {
          expect(value >= (boundaries[i]?.value ?? 0n)).toBe(true);
        });
        expect(boundaries.at(-1)?.value).toBe(oracleTotals(truth).at(-1));
      }),
      { numRuns: 100 },
    );
  });

  it('goes on from any mark it was charged by as if it had read everything before', () => {
    fc.assert(
      fc.property(scene, fc.nat(), ({ truth, cutMinutes }, pick) => {
        const { installations, readings, glitches } = truth;
        const all = [...readings, ...glitches];
        const cuts = cutsOf(truth, cutMinutes);
        const whole = foldReadings({ installations, maxRate: MAX_RATE, cuts, resume: null }, all).boundaries;
        const from = pick % cuts.length;
        const resume = whole[from]?.before ?? null;
        const later = all.filter(({ ts }) => resume === null || ts > resume.ts);
        const resumed = foldReadings(
          { installations, maxRate: MAX_RATE, cuts: cuts.slice(from), resume },
          later,
        );
        const plain = (list: typeof whole) => list.map(({ at, value, after }) => [at, value, after?.ts]);
        expect(plain(resumed.boundaries)).toEqual(plain(whole.slice(from)));
      }),
      { numRuns: 100 },
    );
  });
});
