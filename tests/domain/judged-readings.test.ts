import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGlitch, judgeReadings, plausibleAmong } from '../../domain/judged-readings.ts';
import { foldReadings } from '../../domain/metering/fold.ts';
import { photoTypeOf, type Reading, voucherOf } from '../../domain/readings.ts';

const HOUR = 3_600_000;
const MAX_RATE = 10_000n;
const MODULUS = 1_000_000n;
const meter = (over: object = {}) => ({
  ...{ id: 1, registerId: 1, startsAt: 0, startValue: 0n, endsAt: null, endValue: null },
  ...{ multiplier: 10_000n, modulus: MODULUS, maxRate: MAX_RATE },
  ...over,
});
const at = (hour: number, value: bigint): Reading => ({ registerId: 1, ts: hour * HOUR, value });

/** Registers that count up, wrap, fall, jump and are exchanged, with readings at odd hours. */
const scene = fc.record({
  values: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.bigInt(0n, 8_000n) },
      { weight: 1, arbitrary: fc.bigInt(-1_000_000n, 1_000_000n) },
    ),
    { minLength: 1, maxLength: 30 },
  ),
  start: fc.bigInt(0n, MODULUS - 1n),
  exchangeAfter: fc.option(fc.nat(30)),
  vouchedEvery: fc.integer({ min: 2, max: 40 }),
});

describe('judging readings when they come', () => {
  it('refuses exactly what the fold would refuse when they are billed', () => {
    fc.assert(
      fc.property(scene, ({ values, start, exchangeAfter, vouchedEvery }) => {
        let shown = start;
        const readings = values.map((step, i): Reading => {
          shown += step;
          return at(i + 1, step < 0n ? shown : shown % MODULUS);
        });
        const changeAt = exchangeAfter === null ? null : exchangeAfter * HOUR + HOUR / 2;
        const installations =
          changeAt === null
            ? [meter({ startValue: start })]
            : [
                meter({ startValue: start, endsAt: changeAt, endValue: start }),
                meter({ id: 2, startsAt: changeAt, startValue: 0n }),
              ];
        const vouched = new Set(readings.filter((_, i) => i % vouchedEvery === 0).map(voucherOf));
        const input = { installations, maxRate: MAX_RATE, cuts: [100 * HOUR], resume: null, vouched };
        const judged = judgeReadings({ installations, last: null, vouched }, readings);
        const whole = foldReadings(input, readings);
        // Without what was refused the fold accepts everything, and comes to the same.
        const kept = foldReadings(input, judged.accepted);
        expect(kept.last).toEqual(whole.last);
        const ends = installations.filter(({ endsAt }) => endsAt !== null).length;
        expect(whole.refusedCount - judged.refused.length).toBeGreaterThanOrEqual(0);
        expect(whole.refusedCount - judged.refused.length).toBeLessThanOrEqual(ends);
        expect(kept.refusedCount).toBeLessThanOrEqual(ends);
      }),
      { numRuns: 300 },
    );
  });

  it('counts every refused reading in exactly one row', () => {
    fc.assert(
      fc.property(scene, ({ values, start }) => {
        const readings = values.map((step, i) => at(i + 1, start + step));
        const { refused, rows } = judgeReadings(
          { installations: [meter({ startValue: start })], last: null },
          readings,
        );
        expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(refused.length);
        for (const row of rows) expect(row.after === null || row.after.ts > row.to).toBe(true);
        expect(rows.slice(0, -1).every(({ after }) => after !== null)).toBe(true);
      }),
    );
  });

  it('knows a glitch from a fall that stays', () => {
    const glitch = judgeReadings({ installations: [meter()], last: null }, [
      at(1, 900n),
      at(2, 0n),
      at(3, 950n),
    ]);
    expect(glitch.rows.map(isGlitch)).toEqual([true]);
    const fall = judgeReadings({ installations: [meter()], last: null }, [
      at(1, 9_000n),
      at(2, 0n),
      at(3, 50n),
    ]);
    expect(fall.rows).toMatchObject([
      { count: 2, reason: 'decreased', before: { value: 9_000n }, after: null },
    ]);
    expect(fall.rows.map(isGlitch)).toEqual([false]);
    const long = [at(1, 900n), at(2, 0n), at(3, 0n), at(4, 0n), at(5, 0n), at(6, 950n)];
    expect(judgeReadings({ installations: [meter()], last: null }, long).rows.map(isGlitch)).toEqual([false]);
  });

  it('goes on from the last accepted reading, and leaves alone what no meter covers', () => {
    const last = { ts: 2 * HOUR, value: 5_000n };
    const judged = judgeReadings({ installations: [meter({ startsAt: HOUR })], last }, [
      at(3, 4_000n),
      at(4, 6_000n),
    ]);
    expect(judged.refused).toEqual([at(3, 4_000n)]);
    expect(judgeReadings({ installations: [], last }, [at(3, 0n)]).refused).toEqual([]);
  });
});

describe('of several values for one instant', () => {
  const before = { ts: 0, value: 1_000n };
  const after = { ts: 2 * HOUR, value: 3_000n };
  const among = (values: bigint[], sides: object = { before, after }) =>
    plausibleAmong(values, meter(), { registerId: 1, ts: HOUR, before: null, after: null, ...sides });

  it('the only one that fits to both sides is suggested', () => {
    expect(among([2_000n, 900_000n])).toBe(2_000n);
    expect(among([500n, 2_000n, 4_000_000n])).toBe(2_000n);
  });

  it('none is when none or several fit', () => {
    expect(among([2_000n, 2_001n])).toBeNull();
    expect(among([500n, 900_000n])).toBeNull();
    expect(among([2_000n, 900_000n], {})).toBeNull();
  });
});

describe('a picture', () => {
  it.each([
    ['ffd8ffe000104a464946', 'image/jpeg'],
    ['89504e470d0a1a0a', 'image/png'],
    ['524946460000000057454250', 'image/webp'],
    ['52494646000000005741564520', undefined],
    ['3c737667', undefined],
    ['', undefined],
  ])('that begins with %s is %s', (hex, type) => {
    expect(photoTypeOf(Buffer.from(hex, 'hex'))).toBe(type);
  });
});
