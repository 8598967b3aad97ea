import fc from 'fast-check';

export const MINUTE = 60_000;
export const QUARTER = 15 * MINUTE;
export const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Clocks go back on the 25th of October: that day has 25 hours. Written out, so that no calendar of ours is believed. */
export const ZONE = 'Europe/Berlin';
/** The meters begin to count two days before the month. */
export const BEGIN = Date.parse('2026-09-29T00:00:00+02:00');
export const OCTOBER = {
  from: Date.parse('2026-10-01T00:00:00+02:00'),
  to: Date.parse('2026-11-01T00:00:00+01:00'),
} as const;
/** The days that are run one by one, for who pays in advance. */
export const DAYS = ['2026-10-24', '2026-10-25'] as const;
const PREPAID = {
  from: Date.parse('2026-10-24T00:00:00+02:00'),
  to: Date.parse('2026-10-26T00:00:00+01:00'),
} as const;
const END = OCTOBER.to + 3 * HOUR;
export const MINUTES = (END - BEGIN) / MINUTE;

/** What comes, comes in so many portions, with runs after each. */
export const PORTIONS = 4;
export const MODULUS = 1_000_000;
export const aPortion = fc.integer({ min: 0, max: PORTIONS - 1 });

const between = (from: number, to: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: (to - from) / QUARTER }).map((n) => from + n * QUARTER);
const aSeed = fc.integer({ min: 1, max: 2 ** 31 });
const someStretches = (rateMax: number) =>
  fc.array(
    fc.record({
      quarters: fc.integer({ min: 2, max: 130 }),
      rate: fc.integer({ min: 0, max: rateMax }),
    }),
    { minLength: 1, maxLength: 12 },
  );

/** What happens at a stall and to its meter. Small, so that a counterexample can be read; `truthOf` makes minutes of it. */
const aStall = (stays: { readonly from: number; readonly to: number }) =>
  fc.record({
    /** Wh a minute for so long, over and over; a point of 100 kW allows five times as much. */
    stretches: someStretches(300),
    /** Near the end of its dial, so that it wraps. */
    dial: fc.integer({ min: 900_000, max: MODULUS - 1 }),
    /** 1/10,000. */
    multiplier: fc.constantFrom(10_000, 400_000, 15_333),
    /** Another meter, or another ratio of the same one; and in which portion somebody notes it. */
    change: fc.option(
      fc.record({
        at: between(BEGIN + DAY, OCTOBER.to - DAY),
        kind: fc.constantFrom('exchange' as const, 'ratio' as const),
        multiplier: fc.constantFrom(10_000, 200_000),
        noted: aPortion,
      }),
      { nil: null },
    ),
    /** Two leases with a vacancy between them, or one between two; and in which portion the second one is known. */
    cuts: fc.tuple(between(stays.from, stays.to), between(stays.from, stays.to)),
    noted: aPortion,
    /** A stretch in which the device's clock is ahead, by more than is believed; decided in a portion. */
    skew: fc.option(
      fc.record({
        from: between(BEGIN, OCTOBER.to),
        hours: fc.integer({ min: 1, max: 40 }),
        aheadMinutes: fc.constantFrom(7, 127, 607),
        decided: aPortion,
      }),
      { nil: null },
    ),
    /** From here on nothing comes before the month has been closed. */
    silentFrom: fc.option(between(OCTOBER.to - 10 * DAY, OCTOBER.to), { nil: null }),
    /** Of losses, portions, doubles and glitches. */
    seed: aSeed,
  });

/** Postpaid leases change in stalls 1 and 2; of stall 3 a prepaid one pays for some days, else the house. */
export const aScenario = fc.record({
  stalls: fc.tuple(
    aStall({ from: BEGIN + DAY, to: OCTOBER.to - DAY }),
    aStall({ from: BEGIN + DAY, to: OCTOBER.to - DAY }),
    aStall(PREPAID),
  ),
  loss: someStretches(9),
  newPrices: between(BEGIN + DAY, OCTOBER.to - DAY),
  mainSeed: aSeed,
  /** In each portion one run loses its database: which of them, at which of its statements. */
  kills: fc.array(
    fc.record({
      run: fc.integer({ min: 0, max: 7 }),
      statement: fc.integer({ min: 1, max: 120 }),
      moment: fc.constantFrom('before' as const, 'after' as const),
    }),
    { minLength: PORTIONS, maxLength: PORTIONS },
  ),
});
export type Scenario = typeof aScenario extends fc.Arbitrary<infer T> ? T : never;
export type StallPlan = Scenario['stalls'][number];

/** A register while it counts with one ratio. */
export interface Segment {
  /** Two segments of a stall may be of one meter. */
  readonly meter: number;
  readonly from: number;
  readonly to: number;
  readonly multiplier: number;
  readonly startValue: number;
  readonly endValue: number;
}

export interface StallTruth {
  /** 1/10,000 Wh used up to each minute since BEGIN: what the oracle charges, and nothing else. */
  readonly totals: readonly bigint[];
  readonly segments: readonly Segment[];
  /** What the dial shows at each minute, of the meter that is there. */
  readonly dials: readonly number[];
  /** Minutes at which the stall begins to use more or less. */
  readonly turns: ReadonlySet<number>;
}

export function truthOf({ stretches, dial: first, multiplier, change }: StallPlan): StallTruth {
  const rates = minutesOf(stretches);
  const changeAt = change ? (change.at - BEGIN) / MINUTE : MINUTES;
  const totals: bigint[] = [0n];
  const dials = [first];
  let total = 0n;
  let dial = first;
  let ratio: number = multiplier;
  const segments: Segment[] = [];
  let begun = { minute: 0, startValue: first };
  const end = (minute: number): void => {
    const { startValue } = begun;
    const meter = change?.kind === 'exchange' ? segments.length : 0;
    const at = { from: BEGIN + begun.minute * MINUTE, to: BEGIN + minute * MINUTE };
    segments.push({ ...at, meter, multiplier: ratio, startValue, endValue: dial });
  };
  for (let minute = 0; minute < MINUTES; minute++) {
    if (change && minute === changeAt) {
      end(minute);
      ratio = change.multiplier;
      if (change.kind === 'exchange') dial = 7;
      begun = { minute, startValue: dial };
    }
    // What happens is what a whole count of the dial stands for.
    const counts = Math.floor(((rates[minute] ?? 0) * 10_000) / ratio);
    dial = (dial + counts) % MODULUS;
    total += BigInt(counts) * BigInt(ratio);
    totals.push(total);
    dials.push(dial);
  }
  end(MINUTES);
  const turns = new Set(rates.flatMap((rate, minute) => (rate === rates[minute - 1] ? [] : [minute])));
  return { totals, segments, dials, turns };
}

/** Whole Wh that are lost up to each minute between the main and the stalls. */
export function lossOf({ loss }: Pick<Scenario, 'loss'>): readonly bigint[] {
  let sum = 0n;
  return [0n, ...minutesOf(loss).map((rate) => (sum += BigInt(rate)))];
}

function minutesOf(stretches: Scenario['loss']): readonly number[] {
  const round = stretches.flatMap(({ quarters, rate }) => new Array<number>(quarters * 15).fill(rate));
  return Array.from({ length: MINUTES }, (_, minute) => round[minute % round.length] ?? 0);
}

/** Whole units at an instant: what a meter that counts them would have counted. */
export const wholeAt = (totals: readonly bigint[], ts: number): bigint =>
  (totals[(ts - BEGIN) / MINUTE] ?? 0n) / 10_000n;
