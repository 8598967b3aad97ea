import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../store/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { runKilled } from './killed-runs.ts';
import type { Owed } from './oracle.ts';
import { audited } from './scene.ts';
import { buildTrueMarket } from './true-market.ts';
import { aScenario, BEGIN, DAYS, HOUR, lossOf, MINUTE, OCTOBER, type Scenario } from './truth.ts';

const MONTHS = ['2026-09', '2026-10'] as const;
const PERIODS = [...MONTHS, ...DAYS];
/** After so many portions the periods are closed, and what is missing is estimated. */
const CLOSED_AFTER = 1;
const NOW = Date.parse('2026-12-15T00:00:00Z');

let database: TestDatabase;
let db: Database;
let sites = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

async function billPortion(site: string, portion: number, kill: Scenario['kills'][number]): Promise<void> {
  const now = new Date(NOW + portion * HOUR + MINUTE);
  const runs = PERIODS.map((period) => ({ site, period, requestedBy: 'test' }));
  const closes = runs.map((run) => ({ ...run, kind: 'close', isForced: true }) as const);
  const all = portion === CLOSED_AFTER ? [...runs, ...closes] : runs;
  for (const [i, run] of all.entries()) {
    const view = await runKilled(database, run, now, i === kill.run % all.length ? kill : undefined);
    expect(view).toMatchObject({ status: 'succeeded' });
  }
}

async function expectAudited(site: string, portion: number): Promise<void> {
  // A month's audit looks at its days too.
  for (const period of MONTHS) {
    const findings = await audited(db, site, period);
    const found = findings.flatMap(({ invariant, violations }) =>
      violations.map((violation) => ({ portion, period, invariant, ...violation })),
    );
    expect(found).toEqual([]);
  }
}

async function charged(site: string): Promise<Owed> {
  const { rows } = await db.$client.query(
    `SELECT lease_id, tariff_version_id, component, band, period, sum(quantity) AS quantity, sum(amount) AS amount
     FROM fee_lines WHERE site_id = $1 GROUP BY 1, 2, 3, 4, 5`,
    [site],
  );
  return new Map(
    rows.map((row) => [
      [row.lease_id, row.tariff_version_id, row.component, row.band, row.period].join(' '),
      { quantity: BigInt(row.quantity), amount: BigInt(row.amount) },
    ]),
  );
}

async function residualsOf(main: number): Promise<readonly bigint[]> {
  const { rows } = await db.$client.query<{ residual: string }>(
    `SELECT DISTINCT ON (period) residual FROM residuals WHERE main_id = $1 ORDER BY period, revision DESC`,
    [main],
  );
  return rows.map(({ residual }) => BigInt(residual));
}

const textOf = (owed: Owed): readonly string[] =>
  [...owed]
    .filter(([, { quantity, amount }]) => quantity !== 0n || amount !== 0n)
    .map(([key, { quantity, amount }]) => `${key}: ${quantity} Wh, ${amount}`)
    .sort();

/** Ingest, people, runs and audits, portion by portion; in the end the bill is the truth's. */
async function live(scenario: Scenario): Promise<void> {
  const market = await buildTrueMarket(db, `truth${++sites}`, scenario);
  const { site } = market;
  for (const [portion, kill] of scenario.kills.entries()) {
    await market.arrive(portion, new Date(NOW + portion * HOUR));
    await billPortion(site, portion, kill);
    await expectAudited(site, portion);
  }
  expect(textOf(await charged(site))).toEqual(textOf(market.owed()));
  const loss = lossOf(scenario);
  const lostAt = (ts: number): bigint => loss[(ts - BEGIN) / MINUTE] ?? 0n;
  const trueLoss = [lostAt(OCTOBER.from), lostAt(OCTOBER.to) - lostAt(OCTOBER.from)];
  expect(await residualsOf(market.main)).toEqual(trueLoss);
}

// The same three each time. Others: `PROOF_RUNS=50 npx vitest run tests/proof/physical-truth.test.ts`, for at most
// PROOF_SECONDS; again with what a failure prints: PROOF_SEED=… PROOF_PATH=…
const { PROOF_RUNS, PROOF_SECONDS = '60', PROOF_SEED, PROOF_PATH } = process.env;
const FIXED = { numRuns: 3, seed: 20261025 };
const CHOSEN = {
  numRuns: Number(PROOF_RUNS),
  ...(PROOF_SEED && { seed: Number(PROOF_SEED) }),
  ...(PROOF_PATH && { path: PROOF_PATH }),
};
const LIMIT_MS = Number(PROOF_SECONDS) * 1_000;

describe('billing', () => {
  it(
    'charges the physical truth, whatever is lost, late, exchanged, estimated and killed on the way',
    async () => {
      const begun = performance.now();
      let lived = 0;
      const property = fc.asyncProperty(aScenario, async (scenario) => {
        // One is lived through however slow the machine is; a failure is made smaller only as long as there is time.
        if (lived > 0 && performance.now() - begun > LIMIT_MS) return;
        await live(scenario);
        lived++;
      });
      await fc.assert(property, PROOF_RUNS ? CHOSEN : FIXED);
      expect(lived).toBeGreaterThan(0);
    },
    600_000 + LIMIT_MS,
  );
});
