import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookTransaction, readBalance } from '../../store/ledger.ts';
import { repeatableTransaction } from '../../store/repeatable-transaction.ts';
import { createSite } from '../../store/sites.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await createTestDatabase();
  await createSite(test_.db, { id: 'm', name: 'm', timeZone: 'Asia/Shanghai', currency: 'CNY' });
});
afterAll(() => test_.drop());

const AT = new Date('2026-11-01T00:00:00Z');
const about = { siteId: 'm', currency: 'CNY', kind: 'test', at: AT, actor: 'test' };
const pool = () => test_.db.$client;

test('the same cause is booked once', async () => {
  const entries = [
    { account: { kind: 'bank' }, amount: 500n },
    { account: { kind: 'suspense' }, amount: -500n },
  ] as const;
  const first = await repeatableTransaction(pool(), (tx) =>
    bookTransaction(tx, { ...about, key: 'a', entries }),
  );
  const again = await repeatableTransaction(pool(), (tx) =>
    bookTransaction(tx, { ...about, key: 'a', entries }),
  );
  expect(first).toBeTypeOf('number');
  expect(again).toBeUndefined();
  expect(await readBalance(pool(), 'm', { kind: 'bank' })).toBe(500n);
  expect(await readBalance(pool(), 'm', { kind: 'suspense' })).toBe(-500n);
});

test('what does not add up is refused, by the code and by the database', async () => {
  const entries = [{ account: { kind: 'bank' }, amount: 1n }] as const;
  await expect(bookTransaction(pool(), { ...about, key: 'b', entries })).rejects.toThrow(RangeError);
  await expect(
    pool().query(
      `WITH t AS (INSERT INTO ledger_transactions (site_id, key, kind, at, actor) VALUES ('m', 'c', 'test', now(), 'x') RETURNING id)
       INSERT INTO ledger_entries (transaction_id, account_id, amount) SELECT t.id, a.id, 5 FROM t, ledger_accounts a LIMIT 1`,
    ),
  ).rejects.toThrow(/does not balance/);
});

test('entries and transactions are immutable', async () => {
  await expect(pool().query('UPDATE ledger_entries SET amount = 0')).rejects.toThrow(/immutable/);
  await expect(pool().query('DELETE FROM ledger_transactions')).rejects.toThrow(/immutable/);
});

test('all balances add up to zero, whatever is booked', async () => {
  const kinds = fc.constantFrom('bank', 'receivable', 'clearing', 'revenue') as fc.Arbitrary<'bank'>;
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          kind: kinds,
          code: fc.option(fc.constantFrom('a', 'b"\\'), { nil: undefined }),
          amount: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      async (some) => {
        const sum = some.reduce((total, { amount }) => total + amount, 0n);
        const entries = [
          ...some.map(({ kind, code, amount }) => ({ account: { kind, code }, amount })),
          { account: { kind: 'suspense' as const }, amount: -sum },
        ];
        await repeatableTransaction(pool(), (tx) =>
          bookTransaction(tx, { ...about, key: `p${n++}`, entries }),
        );
        const { rows } = await pool().query('SELECT sum(amount) AS sum FROM ledger_entries');
        expect(BigInt(rows[0].sum)).toBe(0n);
      },
    ),
    { numRuns: 20 },
  );
});
