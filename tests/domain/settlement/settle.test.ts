import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldReadings } from '../../../domain/metering/fold.ts';
import { periodRange, type TimeRange } from '../../../domain/periods.ts';
import type { Reading } from '../../../domain/readings.ts';
import { cutsOf, NO_EXTRAS, type PointContext } from '../../../domain/settlement/desired.ts';
import type { NewLine, PostedLine } from '../../../domain/settlement/difference.ts';
import { type EvidenceInput, evidenceOf } from '../../../domain/settlement/evidence.ts';
import {
  type Lease,
  type LeaseTariff,
  serviceRanges,
  type TariffVersion,
} from '../../../domain/settlement/service-ranges.ts';
import { type Settlement, settle } from '../../../domain/settlement/settle.ts';
import type { BandCalendar, TariffDefinition } from '../../../domain/tariffs/definition.ts';
import { aCalendar, BANDS, oracleBand } from '../tariffs/calendars.ts';
import { aTruth, MAX_RATE, MINUTE, oracleTotals, QUARTER, type Truth } from './truth.ts';

/** Two days each: those on which clocks change, and two that nothing happens on. */
const WINDOWS = [
  ['Europe/Berlin', '2026-03-28'],
  ['Europe/Berlin', '2026-10-24'],
  ['America/New_York', '2026-03-07'],
  ['America/New_York', '2026-10-31'],
  ['Australia/Lord_Howe', '2026-04-04'],
  ['Australia/Lord_Howe', '2026-10-03'],
  ['Asia/Shanghai', '2026-09-30'],
] as const;

const aPrice = fc
  .record({ units: fc.integer({ min: 0, max: 30_000 }), scale: fc.integer({ min: 1, max: 4 }) })
  .map(({ units, scale }) => (units / 10 ** scale).toFixed(scale));

/** Time of use beside a flat fund, so that both kinds are cut from the same usage. */
const aDefinition = fc.record({
  calendar: aCalendar,
  prices: fc.array(aPrice, { minLength: 5, maxLength: 5 }),
});

interface Scene {
  readonly zone: string;
  readonly period: TimeRange;
  readonly truth: Truth;
  readonly leases: readonly Lease[];
  readonly house: Lease;
  readonly leaseTariffs: readonly LeaseTariff[];
  readonly versions: readonly TariffVersion[];
  /** The readings in the order and the portions in which they arrive. */
  readonly arrivals: readonly (readonly Reading[])[];
}

const aScene: fc.Arbitrary<Scene> = fc.constantFrom(...WINDOWS).chain(([zone, day]) => {
  const first = periodRange(day, zone);
  if (!first) throw new Error(day);
  const second = periodRange(new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10), zone);
  const period = { from: first.from, to: second?.to ?? 0 };
  const minutes = (period.to - period.from) / MINUTE;
  const aCut = fc.integer({ min: 0, max: minutes / 15 }).map((quarter) => period.from + quarter * QUARTER);
  return fc
    .record({
      truth: aTruth({ from: period.from, minutes: minutes + 30 }),
      edges: fc.uniqueArray(aCut, { minLength: 2, maxLength: 6 }),
      change: aCut,
      definitions: fc.tuple(aDefinition, aDefinition, aDefinition),
    })
    .chain(({ truth, edges, change, definitions }) => {
      edges.sort((a, b) => a - b);
      // Every other stretch is leased; the house pays between them.
      const leases = edges.flatMap((from, i) =>
        i % 2 === 0 ? [{ id: i + 1, charging: 'postpaid' as const, from, to: edges[i + 1] ?? null }] : [],
      );
      const house: Lease = { id: 100, charging: 'postpaid', from: 0, to: null };
      const [one, two, forHouse] = definitions.map(({ calendar, prices }) => definition(calendar, prices));
      const version = (id: number, tariffId: number, effectiveFrom: number, it = one): TariffVersion => ({
        ...{
          id,
          tariffId,
          effectiveFrom,
          version: id,
          code: 'T',
          name: 'T',
          definition: it as TariffDefinition,
        },
      });
      const sent = [...truth.readings, ...truth.glitches];
      return fc
        .record({
          order: fc.shuffledSubarray(sent, { minLength: sent.length }),
          portions: fc.integer({ min: 1, max: 4 }),
        })
        .map(({ order, portions }) => ({
          ...{ zone, period, truth, leases, house },
          leaseTariffs: [
            ...leases.map(({ id }) => ({ leaseId: id, tariffId: 1, from: 0, to: null })),
            { leaseId: 100, tariffId: 2, from: 0, to: null },
          ],
          versions: [version(1, 1, 0), version(2, 1, change, two), version(3, 2, 0, forHouse)],
          arrivals: Array.from({ length: portions }, (_, i) => order.filter((_, n) => n % portions === i)),
        }));
    });
});

function definition(calendar: BandCalendar, prices: readonly string[]): TariffDefinition {
  const bands = BANDS.map((code, i) => ({ code, unitPrice: prices[i] ?? '0' }));
  return {
    components: [
      { code: 'energy', price: { kind: 'time_of_use', bands, calendar } },
      { code: 'fund', price: { kind: 'flat', unitPrice: prices[4] ?? '0' } },
    ],
  };
}

/** One run over what has arrived, as billing does it, without the database. */
function runOnce(scene: Scene, readings: readonly Reading[], posted: readonly PostedLine[]): Settlement {
  const { period, leases, house, leaseTariffs, versions, truth } = scene;
  const { installations } = truth;
  const kind = 'month' as const;
  const { ranges, uncharged } = serviceRanges({ period, kind, leases, house, leaseTariffs, versions });
  const point: PointContext = {
    ...{ period: { ...period, name: '2026-10' }, timeZone: scene.zone, digits: 2, commodity: 'electricity' },
    ...{ areaM2: null, installations, extras: NO_EXTRAS },
  };
  const cuts = cutsOf(ranges, point);
  const fold = foldReadings({ installations, maxRate: MAX_RATE, cuts, resume: null }, readings);
  return settle({
    ...{ ...point, ranges, uncharged, fold, known: new Map() },
    posted: posted.map((line) => ({ ...line, leaseCharging: 'postpaid' })),
    definitionOf: (id) => versions.find((version) => version.id === id)?.definition,
  });
}

const post = (posted: PostedLine[], lines: readonly NewLine[]): void => {
  for (const line of lines) posted.push({ ...line, id: posted.length + 1 });
};

/** What everybody owes: the truth minute by minute, by who was there, by the wall clock, in whole base units. */
function oracleQuantities({ truth, zone, period, leases, versions }: Scene): Map<string, bigint> {
  const totals = oracleTotals(truth);
  const sums = new Map<string, bigint>();
  for (let m = 0; truth.from + m * MINUTE < period.to; m++) {
    const ts = truth.from + m * MINUTE;
    const payer = leases.find(({ from, to }) => from <= ts && (to === null || ts < to))?.id ?? 100;
    const version =
      payer === 100 ? versions[2] : versions.slice(0, 2).findLast((it) => it.effectiveFrom <= ts);
    for (const { code, price } of version?.definition.components ?? []) {
      const band = price.kind === 'time_of_use' ? oracleBand(price.calendar, zone, ts) : 'all';
      const key = `${payer} ${version?.id} ${code} ${band}`;
      sums.set(key, (sums.get(key) ?? 0n) + (totals[m + 1] ?? 0n) - (totals[m] ?? 0n));
    }
  }
  return sums;
}

/** Half up, in cents, from the price as text: a rational of its own. */
function oracleAmount(quantity: bigint, unitPrice: string): bigint {
  const [whole = '0', fraction = ''] = unitPrice.split('.');
  const denominator = 1000n * 10n ** BigInt(fraction.length);
  return (2n * quantity * BigInt(whole + fraction) * 100n + denominator) / (2n * denominator);
}

function sumBy(lines: readonly PostedLine[], keyOf: (line: PostedLine) => string): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const line of lines) sums.set(keyOf(line), (sums.get(keyOf(line)) ?? 0n) + line.quantity);
  return sums;
}
const bandKey = (line: PostedLine): string =>
  `${line.leaseId} ${line.tariffVersionId} ${line.component} ${line.band}`;
const sorted = (map: ReadonlyMap<string, bigint>): unknown => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

describe('what is charged', () => {
  it('is the physical truth: each minute once, to who was there, in its band, at its price', () => {
    fc.assert(
      fc.property(aScene, (scene) => {
        const posted: PostedLine[] = [];
        const { lines, problems } = runOnce(scene, scene.arrivals.flat(), posted);
        post(posted, lines);
        expect(problems.filter(({ code }) => code !== 'reading_refused')).toEqual([]);
        expect(sorted(sumBy(posted, bandKey))).toEqual(sorted(oracleQuantities(scene)));
        for (const { quantity, unitPrice, amount } of posted)
          expect(amount).toBe(oracleAmount(quantity, unitPrice));
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on when readings arrived and how often it ran; no line ever changes', () => {
    fc.assert(
      fc.property(aScene, (scene) => {
        const posted: PostedLine[] = [];
        const arrived: Reading[] = [];
        for (const portion of scene.arrivals) {
          arrived.push(...portion);
          post(posted, runOnce(scene, arrived, posted).lines);
          expect(runOnce(scene, arrived, posted).lines).toEqual([]);
        }
        expect(sorted(sumBy(posted, bandKey))).toEqual(sorted(oracleQuantities(scene)));

        const atOnce: PostedLine[] = [];
        post(atOnce, runOnce(scene, arrived, atOnce).lines);
        const amount = (lines: readonly PostedLine[]): bigint =>
          lines.reduce((sum, line) => sum + line.amount, 0n);
        expect(amount(posted)).toBe(amount(atOnce));
      }),
      { numRuns: 40 },
    );
  });

  it('tiles the period with originals, each component of it exactly once', () => {
    fc.assert(
      fc.property(aScene, (scene) => {
        const posted: PostedLine[] = [];
        const arrived: Reading[] = [];
        for (const portion of scene.arrivals) {
          arrived.push(...portion);
          post(posted, runOnce(scene, arrived, posted).lines);
        }
        const originals = posted.filter(({ kind, component }) => kind === 'original' && component === 'fund');
        originals.sort((a, b) => a.from - b.from);
        expect(originals[0]?.from).toBe(scene.period.from);
        expect(originals.at(-1)?.to).toBe(scene.period.to);
        originals.slice(1).forEach(({ from }, i) => {
          expect(from).toBe(originals[i]?.to);
        });
        const byRange = (component: string): unknown =>
          sorted(
            sumBy(
              posted.filter((line) => line.component === component),
              (line) => `${line.leaseId} ${line.from}`,
            ),
          );
        expect(byRange('energy')).toEqual(byRange('fund'));
      }),
      { numRuns: 40 },
    );
  });

  it('has the same input hash when it is computed again from the same readings, and another one from others', () => {
    fc.assert(
      fc.property(aScene, (scene) => {
        const hashes = (readings: readonly Reading[]) =>
          evidences(scene, readings).map(({ inputHash }) => inputHash);
        const all = scene.arrivals.flat();
        const before = hashes(all);
        expect(hashes([...all].reverse())).toEqual(before);
        expect(new Set(before).size).toBe(before.length);
        const { to } = scene.period;
        // Where a meter is taken out at that instant, its noted end counts and the reading does not.
        const isNoted = scene.truth.installations.some(({ endsAt }) => endsAt === to);
        const last = isNoted ? undefined : scene.truth.readings.findLast(({ ts }) => ts === to);
        if (last) expect(hashes(all.filter((reading) => reading !== last))).not.toEqual(before);
      }),
      { numRuns: 20 },
    );
  });

  it('is shown by evidence that adds up: the registers to the usage, the intervals to the line, the price to the cent', () => {
    fc.assert(
      fc.property(aScene, (scene) => {
        for (const { line, evidence } of evidences(scene, scene.arrivals.flat())) {
          if (evidence.kind !== 'usage') throw new Error('nothing was posted that could be reversed');
          const { segments, intervals, total, arithmetic, from, to } = evidence;
          if (!from || !to || total === null) throw new Error('it is metered');
          expect(BigInt(to.value) - BigInt(from.value)).toBe(BigInt(total));
          expect(segments.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)).toBe(BigInt(total));
          for (const { startValue, endValue, wraps, modulus, multiplier, quantity } of segments) {
            const counted = BigInt(endValue) - BigInt(startValue) + BigInt(wraps) * BigInt(modulus);
            // Whole base units at both ends: a ratio's fractions are carried on, so it may differ by less than one.
            expect(Math.abs(Number(counted) * Number(multiplier) - Number(quantity))).toBeLessThan(1);
          }
          const listed = intervals.list?.reduce((sum, [, , quantity]) => sum + BigInt(quantity), 0n);
          expect(listed).toBe(line.quantity);
          expect(intervals.count).toBe(intervals.list?.length);
          expect(arithmetic).toMatchObject({ quantity: `${line.quantity}`, amount: `${line.amount}` });
          expect(oracleAmount(line.quantity, arithmetic.unitPrice)).toBe(line.amount);
        }
      }),
      { numRuns: 30 },
    );
  });
});

/** What a first run over the readings would post, with the evidence of each line. */
function evidences(scene: Scene, readings: readonly Reading[]) {
  const { lines, boundaries } = runOnce(scene, readings, []);
  const input: EvidenceInput = {
    ...{ meteringPointId: 1, commodity: 'electricity', timeZone: scene.zone, currency: 'CNY', digits: 2 },
    installations: scene.truth.installations.map((meter) => ({
      ...meter,
      ...{ deviceId: 'd', serial: 's', point: 'p' },
    })),
    boundaries,
  };
  return lines.map((line) => ({ line, ...evidenceOf(line, input) }));
}
