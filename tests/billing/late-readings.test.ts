import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../store/database.ts';
import { readResumeMarks } from '../../store/usage-inputs.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, FLAT, HOUR, linesOf, PEAK_VALLEY, run } from './market.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const MONTHS = ['2026-09', '2026-10', '2026-11', '2026-12'] as const;
const EDGES = ['2026-09-01', '2026-10-01', '2026-11-01', '2026-12-01', '2027-01-01'].map((day) =>
  at(day).getTime(),
);
const [START = 0, END = 0] = [EDGES[0], EDGES.at(-1)];

interface Sent {
  readonly ts: number;
  readonly value: bigint;
}
type Step = { readonly deliver: readonly number[] } | { readonly run: string };

/** Few readings, many of them near the ends of months, where one that comes late moves a boundary. */
const aMeter: fc.Arbitrary<readonly Sent[]> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: (END - START) / HOUR - 1 }), { minLength: 2, maxLength: 10 }),
    fc.uniqueArray(fc.tuple(fc.constantFrom(1, 2, 3), fc.integer({ min: -40, max: 40 })), {
      maxLength: 12,
      selector: ([month, hour]) => month * 100 + hour,
    }),
    fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 30, maxLength: 30 }),
  )
  .map(([hours, nearEdges, rates]) => {
    const instants = [
      ...hours.map((h) => START + h * HOUR),
      ...nearEdges.map(([m, h]) => (EDGES[m] ?? 0) + h * HOUR),
    ];
    const times = [...new Set(instants)].sort((a, b) => a - b);
    let value = 0n;
    let before = START;
    return [...times, END + HOUR].map((ts, i) => {
      // Below the 100 kW that the point can use, so that every reading is good.
      value += BigInt(Math.floor(((ts - before) / HOUR) * (rates[i % rates.length] ?? 0)));
      before = ts;
      return { ts, value };
    });
  });

const aStory = aMeter.chain((readings) =>
  fc.record({
    readings: fc.constant(readings),
    steps: fc.array(
      fc.oneof(
        fc.record({ deliver: fc.subarray(readings.map((_, i) => i)) }),
        fc.record({ run: fc.constantFrom(...MONTHS) }),
      ) as fc.Arbitrary<Step>,
      { minLength: 3, maxLength: 12 },
    ),
  }),
);

/** U(t) in whole base units, by linear interpolation between the readings, on paper. */
function oracleValue(readings: readonly Sent[], ts: number): bigint {
  const known = [{ ts: START, value: 0n }, ...readings];
  const after = known.find((reading) => reading.ts >= ts);
  const before = known.findLast((reading) => reading.ts <= ts);
  if (!before || !after) throw new Error('outside of the readings');
  if (after.ts === before.ts) return after.value;
  return (
    before.value + ((after.value - before.value) * BigInt(ts - before.ts)) / BigInt(after.ts - before.ts)
  );
}

describe('readings that arrive in any order, between any runs', () => {
  it('leave the posted lines consistent at every moment, and exact in the end', async () => {
    await fc.assert(
      fc.asyncProperty(aStory, async ({ readings, steps }) => {
        const market = await buildMarket(db, `late${++sites}`);
        const tariff = await market.tariff('T', '2026-01-01', PEAK_VALLEY);
        await market.lease(null, '2026-01-01', null, { tariff });
        const point = await market.point(null);
        const register = await market.meter(point, '2026-09-01', 0n);
        const arrived = new Set<number>();
        const deliver = async (indexes: readonly number[]): Promise<void> => {
          const fresh = indexes.filter((i) => !arrived.has(i));
          for (const i of fresh) arrived.add(i);
          const rows = fresh
            .flatMap((i) => readings[i] ?? [])
            .map(({ ts, value }) => [new Date(ts), value] as const);
          if (rows.length > 0) await market.read(register, rows);
        };
        const now = at('2027-02-01');

        for (const step of steps) {
          if ('deliver' in step) await deliver(step.deliver);
          else {
            await run(db, market.site, step.run, { now });
            expect(await broken(point)).toEqual([]);
          }
        }
        await deliver(readings.map((_, i) => i));
        for (const month of MONTHS) await run(db, market.site, month, { now });
        expect(await broken(point)).toEqual([]);
        for (const month of MONTHS) {
          expect(await run(db, market.site, month, { now })).toMatchObject({ linesPosted: 0 });
        }
        const values = EDGES.map((edge) => oracleValue(readings, edge));
        const charged = await sums(point);
        for (const component of ['energy', 'fund']) {
          expect(MONTHS.map((month) => charged.get(`${component} ${month}`))).toEqual(
            values.slice(1).map((value, i) => value - (values[i] ?? 0n)),
          );
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});

async function sums(point: number): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await db.$client.query(
    `SELECT component, period, sum(quantity)::bigint AS quantity FROM fee_lines WHERE metering_point_id = $1
     GROUP BY component, period`,
    [point],
  );
  return new Map(rows.map((row) => [`${row.component} ${row.period}`, BigInt(row.quantity)]));
}

/** Posted quantities that are not the difference of the boundary values that they were last charged by. */
async function broken(point: number): Promise<readonly unknown[]> {
  const { rows } = await db.$client.query(
    `WITH current AS (SELECT DISTINCT ON (at) at, value FROM boundary_values WHERE metering_point_id = $1
       ORDER BY at, revision DESC)
     SELECT l.component, l.service_from, sum(l.quantity) AS posted, b.value - a.value AS due
     FROM fee_lines l JOIN current a ON a.at = l.service_from JOIN current b ON b.at = l.service_to
     WHERE l.metering_point_id = $1 GROUP BY l.component, l.service_from, a.value, b.value
     HAVING sum(l.quantity) <> b.value - a.value`,
    [point],
  );
  return rows;
}

describe('the mark that a later run goes on from', () => {
  /** One point with what it is read at, and nothing else in its market. */
  async function readAt(rows: readonly (readonly [local: string, value: bigint])[]) {
    const market = await buildMarket(db, `mark${++sites}`);
    const tariff = await market.tariff('T', '2026-01-01', FLAT);
    await market.lease(null, '2026-01-01', null, { tariff });
    const point = await market.point(null);
    const register = await market.meter(point, '2026-09-01', 0n);
    await market.read(register, rows);
    return { market, point, register };
  }

  it('is followed at once: a reading minutes after it counts', async () => {
    const { market, point } = await readAt([
      ['2026-09-30 23:50', 100_000n],
      ['2026-10-01 00:10', 102_000n],
      ['2026-11-01', 150_000n],
    ]);
    await run(db, market.site, '2026-09');
    await run(db, market.site, '2026-10');
    const lines = await linesOf(db, point);
    expect(lines.map(({ quantity }) => quantity)).toEqual([101_000n, 49_000n]);
    expect(await run(db, market.site, '2026-10')).toMatchObject({ linesPosted: 0 });
  });

  it('is that of the newest revision of its boundary value', async () => {
    const { market, point, register } = await readAt([
      ['2026-09-15', 50_000n],
      ['2026-10-01 12:00', 112_000n],
      ['2026-11-01', 150_000n],
    ]);
    await run(db, market.site, '2026-09');
    await run(db, market.site, '2026-10');
    // The first revision goes on from 15 September, the second one from the reading that then came at the cut.
    await market.read(register, [['2026-10-01', 100_000n]]);
    await run(db, market.site, '2026-09');
    const { rows } = await db.$client.query(
      `SELECT revision, before_ts FROM boundary_values WHERE metering_point_id = $1 AND at = $2 ORDER BY revision`,
      [point, at('2026-10-01')],
    );
    expect(rows).toEqual([
      { revision: 1, before_ts: at('2026-09-15') },
      { revision: 2, before_ts: at('2026-10-01') },
    ]);
    const marks = await readResumeMarks(db.$client, [{ id: point, at: at('2026-10-01').getTime() }]);
    expect(marks.get(point)).toMatchObject({ ts: at('2026-10-01').getTime(), total: 1_000_000_000n });
    expect(await run(db, market.site, '2026-10')).toMatchObject({ linesPosted: 0 });
  });
});
