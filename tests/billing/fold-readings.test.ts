import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { foldReadings } from '../../billing/fold-readings.ts';
import type { Boundary } from '../../domain/metering/boundary.ts';
import { foldReadings as foldAll, QuantityFold } from '../../domain/metering/fold.ts';
import type { Reading } from '../../domain/readings.ts';
import { numbersParam } from '../../store/pg-arrays.ts';
import { aTruth, MAX_RATE, MINUTE } from '../domain/settlement/truth.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.$client.query(
    `SELECT ensure_month_partition('readings', d::date) FROM unnest('{2026-10-01,2026-11-01}'::date[]) d`,
  );
});
afterAll(() => database.drop());

const FROM = Date.parse('2026-10-30T00:00:00Z');
const DAYS = 3;
const PERIOD = { from: FROM, to: FROM + 2 * 86_400_000 };
const CUT_OFF = { receivedUpTo: new Date('2027-01-01'), journalSeq: 1_000, changeId: 0 };

/** Registers are numbered from 1 in every truth: each run of the property has its own hundred. */
let runs = 0;

async function store(readings: readonly Reading[]): Promise<void> {
  await database.db.$client.query(
    `INSERT INTO readings (register_id, ts, value, quality, source, received_at, journal_seq)
     SELECT r, to_timestamp(t / 1000.0), v, 'good', 'device', to_timestamp(t / 1000.0), 7
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) x(r, t, v) ON CONFLICT DO NOTHING`,
    [
      numbersParam(readings, (r) => r.registerId),
      numbersParam(readings, (r) => r.ts),
      numbersParam(readings, (r) => r.value),
    ],
  );
}

const aCase = fc.record({
  truth: aTruth({ from: FROM, minutes: DAYS * 24 * 60 }),
  withGlitches: fc.boolean(),
  jumps: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 3 }),
  cutMinutes: fc.uniqueArray(fc.integer({ min: 1, max: 2 * 24 * 60 - 1 }), { maxLength: 30 }),
});

it('finds the same boundary values beside the cuts as by reading everything', async () => {
  let folded = 0;
  let whole = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(aCase, { minLength: 1, maxLength: 3 }), async (cases) => {
      const base = runs++ * 1_000;
      const points = cases.map(({ truth, withGlitches, jumps, cutMinutes }, i) => {
        const shift = base + i * 100;
        const installations = truth.installations.map((one) => ({
          ...one,
          registerId: one.registerId + shift,
        }));
        const moved = jumps.flatMap((n) => truth.readings[n] ?? []);
        const readings = [
          ...truth.readings.filter((reading) => !moved.includes(reading)),
          ...moved.map((reading) => ({ ...reading, value: (reading.value + 77_000n) % 1_000_000n })),
          ...(withGlitches ? truth.glitches : []),
        ].map((reading) => ({ ...reading, registerId: reading.registerId + shift }));
        const cuts = [PERIOD.from, ...cutMinutes.map((m) => FROM + m * MINUTE), PERIOD.to].sort(
          (a, b) => a - b,
        );
        const input = { installations, maxRate: MAX_RATE, cuts, resume: null };
        return {
          input,
          readings,
          installations,
          cuts,
          resume: null,
          point: { maxRate: MAX_RATE },
          fold: new QuantityFold(input),
        };
      });
      for (const { readings } of points) await store(readings);
      const client = await database.db.$client.connect();
      try {
        await client.query('BEGIN');
        whole += await foldReadings(client, points, PERIOD, CUT_OFF);
        await client.query('COMMIT');
      } finally {
        client.release();
      }
      for (const { fold, input, readings } of points) {
        folded += readings.length;
        expect(known(fold.finish().boundaries)).toEqual(known(foldAll(input, readings).boundaries));
      }
    }),
    { numRuns: 25 },
  );
  expect(folded).toBeGreaterThan(1_000);
  expect(whole).toBeGreaterThan(1_000);
});

/** Without the marks' other fields, which say nothing of the value. */
const known = (boundaries: readonly Boundary[]) =>
  boundaries.map(({ at, value, method, before, after }) => ({
    ...{ at, value, method },
    before: before && [before.installationId, before.kind, before.ts, before.value, before.total],
    after: after && [after.installationId, after.kind, after.ts, after.value, after.total],
  }));
