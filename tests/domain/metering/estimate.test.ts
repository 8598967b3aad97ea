import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Boundary, Mark } from '../../../domain/metering/boundary.ts';
import { type PinnedEstimate, tailBoundaries } from '../../../domain/metering/estimate.ts';
import { foldReadings } from '../../../domain/metering/fold.ts';
import type { Reading } from '../../../domain/readings.ts';
import { aTruth, MAX_RATE, MINUTE, QUARTER, type Truth } from '../settlement/truth.ts';

const HOUR = 60 * MINUTE;
const mark = (hour: number, wh: bigint): Mark => ({
  ...{ kind: 'reading', installationId: 1, ts: hour * HOUR, value: wh, total: wh * 10_000n },
});
const values = (boundaries: readonly Boundary[]) => boundaries.map(({ at, value }) => [at / HOUR, value]);

describe('an estimate', () => {
  const [first, last] = [mark(0, 1_000n), mark(10, 6_000n)];

  it('carries the point’s own rate on to the end, and cuts before it lie on the way', () => {
    const tail = tailBoundaries({ first, last, cuts: [11 * HOUR, 30 * HOUR], pinned: [], until: 30 * HOUR });
    expect(values(tail)).toEqual([
      [11, 6_500n],
      [30, 16_000n],
    ]);
    expect(tail[1]).toMatchObject({ method: 'estimated', before: last, after: null });
    expect(tail[1]?.basis).toEqual({ from: 0, to: 10 * HOUR, quantity: 5_000n });
  });

  it('is no usage where there is no history, and nothing where none is asked for', () => {
    const cuts = [20 * HOUR];
    const lone = tailBoundaries({ first: last, last, cuts, pinned: [], until: 20 * HOUR });
    expect(lone).toMatchObject([{ value: 6_000n, basis: null }]);
    expect(tailBoundaries({ first, last, cuts, pinned: [], until: null })).toEqual([]);
  });

  it('stays what was pinned, also where the rate says something else now', () => {
    const pinned: PinnedEstimate[] = [{ at: 20 * HOUR, value: 9_000n, before: last, basis: null }];
    const cuts = [15 * HOUR, 20 * HOUR, 22 * HOUR];
    const tail = tailBoundaries({ first, last, cuts, pinned, until: 22 * HOUR });
    expect(values(tail)).toEqual([
      [15, 7_500n],
      [20, 9_000n],
      [22, 10_000n],
    ]);
  });

  it('stays when something newer was read that does not reach it, but is no less than that', () => {
    const pinned: PinnedEstimate[] = [
      { at: 20 * HOUR, value: 9_000n, before: mark(9, 5_500n), basis: null },
      { at: 30 * HOUR, value: 9_500n, before: mark(9, 5_500n), basis: null },
    ];
    const cuts = [15 * HOUR, 20 * HOUR, 30 * HOUR];
    expect(values(tailBoundaries({ first, last, cuts, pinned, until: null }))).toEqual([
      [15, 7_500n],
      [20, 9_000n],
      [30, 9_500n],
    ]);
    const more = mark(11, 9_200n);
    expect(values(tailBoundaries({ first, last: more, cuts, pinned, until: null }))).toEqual([
      [15, 9_200n],
      [20, 9_200n],
      [30, 9_500n],
    ]);
  });
});

/** Whoever was silent from a quarter of an hour on, with cuts on both sides of it. */
const aSilence = aTruth({ from: 0, minutes: 4 * 24 * 60 })
  .filter(({ installations }) => installations.length > 0)
  .chain((truth) => {
    const quarter = fc.integer({ min: 1, max: 4 * 96 - 8 });
    return fc.record({
      truth: fc.constant(truth),
      silentFrom: quarter.map((n) => n * QUARTER),
      cuts: fc
        .uniqueArray(fc.integer({ min: 1, max: 4 * 96 - 4 }), { minLength: 2, maxLength: 8 })
        .map((all) => all.sort((a, b) => a - b).map((n) => n * QUARTER)),
    });
  });

function fold(
  { installations }: Truth,
  readings: readonly Reading[],
  cuts: readonly number[],
  more: {
    pinnedEstimates?: readonly PinnedEstimate[];
    estimateUntil?: number;
    kept?: readonly number[];
  } = {},
): readonly Boundary[] {
  return foldReadings({ installations, maxRate: MAX_RATE, cuts, resume: null, ...more }, readings).boundaries;
}
const pinsOf = (boundaries: readonly Boundary[]): readonly PinnedEstimate[] =>
  boundaries.flatMap(({ at, value, method, before, basis }) =>
    method === 'estimated' && before ? [{ at, value, before, basis: basis ?? null }] : [],
  );

describe('estimated boundary values', () => {
  it('know every cut, never fall, and are the same again from what was pinned, wherever it is cut then', () => {
    fc.assert(
      fc.property(aSilence, ({ truth, silentFrom, cuts }) => {
        const heard = truth.readings.filter(({ ts }) => ts < silentFrom);
        const estimateUntil = cuts.at(-1) ?? 0;
        const first = fold(truth, heard, cuts, { estimateUntil });
        expect(first.map(({ at }) => at)).toEqual(cuts);
        first.slice(1).forEach(({ value }, i) => {
          expect(value).toBeGreaterThanOrEqual(first[i]?.value ?? 0n);
        });
        const pinnedEstimates = pinsOf(first);
        expect(fold(truth, heard, cuts, { pinnedEstimates })).toEqual(first);
        const fewer = cuts.filter((_, i) => i % 2 === 0);
        const again = fold(truth, heard, fewer, { pinnedEstimates, estimateUntil });
        expect(again).toEqual(first.filter(({ at }) => fewer.includes(at)));
      }),
      { numRuns: 60 },
    );
  });

  it('are the same again when only those at the ends of service ranges were kept', () => {
    fc.assert(
      fc.property(aSilence, fc.infiniteStream(fc.boolean()), ({ truth, silentFrom, cuts }, chance) => {
        const heard = truth.readings.filter(({ ts }) => ts < silentFrom);
        const estimateUntil = cuts.at(-1) ?? 0;
        const kept = cuts.filter((at) => at === estimateUntil || chance.next().value);
        const first = fold(truth, heard, cuts, { estimateUntil, kept });
        const pinnedEstimates = pinsOf(first.filter(({ at }) => kept.includes(at)));
        const valuesOf = (boundaries: readonly Boundary[]) => boundaries.map(({ at, value }) => [at, value]);
        expect(valuesOf(fold(truth, heard, cuts, { pinnedEstimates, kept }))).toEqual(valuesOf(first));
      }),
      { numRuns: 200 },
    );
  });

  it('stay while what is heard does not reach them', () => {
    fc.assert(
      fc.property(aSilence, fc.integer({ min: 1, max: 96 }), ({ truth, silentFrom, cuts }, quarters) => {
        const estimateUntil = cuts.at(-1) ?? 0;
        const upTo = (end: number) => truth.readings.filter(({ ts }) => ts < end);
        const before = fold(truth, upTo(silentFrom), cuts, { estimateUntil });
        const pinnedEstimates = pinsOf(before);
        const heard = upTo(silentFrom + quarters * QUARTER);
        const after = fold(truth, heard, cuts, { pinnedEstimates });
        const known = fold(truth, heard, cuts);
        expect(after.map(({ at }) => at)).toEqual(cuts);
        const last = known.at(-1)?.value ?? 0n;
        after.forEach(({ value, method }, i) => {
          const estimate = before[i]?.value ?? 0n;
          if (method !== 'estimated') expect(value).toBe(known[i]?.value);
          else if (estimate > value) throw new Error('an estimate fell');
          else if (value > estimate) expect(value).toBeGreaterThanOrEqual(last);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('give way to the readings: what moves moves across the cuts in the silence, and no other', () => {
    fc.assert(
      fc.property(aSilence, ({ truth, silentFrom, cuts }) => {
        const heard = truth.readings.filter(({ ts }) => ts < silentFrom);
        const before = fold(truth, heard, cuts, { estimateUntil: cuts.at(-1) ?? 0 });
        const after = fold(truth, truth.readings, cuts, { pinnedEstimates: pinsOf(before) });
        const all = fold(truth, truth.readings, cuts);
        expect(after.map(({ value }) => value)).toEqual(all.map(({ value }) => value));
        expect(after.filter(({ method }) => method === 'estimated')).toEqual([]);
        const used = (boundaries: readonly Boundary[]): readonly bigint[] =>
          boundaries.slice(1).map(({ value }, i) => value - (boundaries[i]?.value ?? 0n));
        const moved = before.map(({ value }, i) => (after[i]?.value ?? 0n) - value);
        moved.forEach((by, i) => {
          if ((before[i]?.at ?? 0) <= (heard.at(-1)?.ts ?? 0)) expect(by).toBe(0n);
        });
        // What one side of a cut gains the other one loses: a span changes by what its own ends moved.
        const changes = used(after).map((quantity, i) => quantity - (used(before)[i] ?? 0n));
        expect(changes).toEqual(moved.slice(1).map((by, i) => by - (moved[i] ?? 0n)));
      }),
      { numRuns: 60 },
    );
  });
});
