import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BalanceLine, chargeBalances } from '../../store/balances.ts';
import { readBalance } from '../../store/ledger.ts';
import { repeatableTransaction } from '../../store/repeatable-transaction.ts';
import { buildMarket } from '../billing/market.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
const leases: number[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  const market = await buildMarket(database.db, 'm');
  for (let i = 0; i < 3; i++) {
    leases.push(await market.lease(await market.stall(), '2026-01-01', null, { charging: 'prepaid' }));
  }
});
afterAll(() => database.drop());

const pool = () => database.db.$client;
const charge = (key: string, lines: readonly BalanceLine[]): Promise<void> =>
  repeatableTransaction(pool(), (tx) =>
    chargeBalances(tx, { siteId: 'm', currency: 'CNY', runId: 1, key, at: new Date(0) }, lines),
  );

const balances = async (): Promise<ReadonlyMap<string, bigint>> => {
  const { rows } = await pool().query<{ name: string; sum: string }>(
    `SELECT kind || ' ' || coalesce(lease_id::text, code) AS name, sum(amount) FROM ledger_entries e
     JOIN ledger_accounts a ON a.id = e.account_id GROUP BY 1`,
  );
  return new Map(rows.map(({ name, sum }) => [name, BigInt(sum)]));
};

test('what is drawn from balances is what the components earn, negative amounts included', async () => {
  const line = fc.record({
    leaseId: fc.nat({ max: 2 }),
    component: fc.constantFrom('energy', 'service fee', 'a"b\\'),
    amount: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
  });
  const expected = new Map<string, bigint>();
  const add = (name: string, amount: bigint): void => {
    expected.set(name, (expected.get(name) ?? 0n) + amount);
  };
  let n = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (drawn) => {
      const lines = drawn.map((one) => ({ ...one, leaseId: leases[one.leaseId] ?? 0 }));
      for (const { leaseId, component, amount } of lines) {
        add(`prepaid ${leaseId}`, amount);
        add(`revenue ${component}`, -amount);
      }
      await charge(`p${n++}`, lines);
      const booked = await balances();
      for (const [name, sum] of expected) expect(booked.get(name) ?? 0n, name).toBe(sum);
      expect([...booked.values()].reduce((sum, one) => sum + one, 0n)).toBe(0n);
    }),
    { numRuns: 25 },
  );
});

test('a batch is booked once: the second time breaks its transaction', async () => {
  const lines = [{ leaseId: leases[0] ?? 0, component: 'once', amount: 500n }];
  await charge('run 1 batch 1', lines);
  await expect(charge('run 1 batch 1', lines)).rejects.toThrow(/ledger_transactions_key/);
  expect(await readBalance(pool(), 'm', { kind: 'revenue', code: 'once' })).toBe(-500n);
});

test('lines that cancel one another book nothing', async () => {
  const of = { leaseId: leases[1] ?? 0, component: 'nothing' };
  await charge('run 1 batch 2', [
    { ...of, amount: 7n },
    { ...of, amount: -7n },
  ]);
  const { rows } = await pool().query(`SELECT 1 FROM ledger_transactions WHERE key LIKE 'run 1 batch 2%'`);
  expect(rows).toHaveLength(0);
});
