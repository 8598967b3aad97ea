import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareStatement, type OwnRow, type StatementRow } from '../../domain/reconciliation.ts';

const zRow = fc.record({
  kind: fc.constantFrom('payment' as const, 'refund' as const),
  orderNo: fc.integer({ min: 0, max: 12 }).map((n) => `SG${n}`),
  providerRef: fc.string(),
  amount: fc.bigInt({ min: 1n, max: 1_000n }),
  fee: fc.bigInt({ min: -9n, max: 9n }),
});
const zOwn = fc.record({
  kind: fc.constantFrom('payment' as const, 'refund' as const),
  orderNo: fc.integer({ min: 0, max: 12 }).map((n) => `SG${n}`),
  status: fc.constantFrom('succeeded', 'failed', 'unknown'),
  amount: fc.bigInt({ min: 1n, max: 1_000n }),
});
const key = ({ kind, orderNo }: Pick<OwnRow, 'kind' | 'orderNo'>): string => `${kind} ${orderNo}`;
const zTheirs = fc.array(zRow, { maxLength: 20 });
const zOurs = fc.uniqueArray(zOwn, { selector: key, maxLength: 20 });
const signed = ({ kind, amount }: Pick<StatementRow, 'kind' | 'amount'>): bigint =>
  kind === 'payment' ? amount : -amount;
const all = (rows: readonly OwnRow[]) => new Set(rows.map(({ orderNo }) => orderNo));

describe('a provider’s statement against our books', () => {
  it('of the same rows has no difference and no stranger', () => {
    fc.assert(
      fc.property(fc.uniqueArray(zRow, { selector: key, maxLength: 20 }), (theirs) => {
        const ours = theirs.map(({ kind, orderNo, amount }) => ({
          kind,
          orderNo,
          amount,
          status: 'succeeded',
        }));
        const { differences, stranger, gross } = compareStatement(theirs, ours, all(ours));
        expect({ differences, stranger }).toEqual({ differences: [], stranger: 0n });
        expect(gross).toBe(theirs.reduce((sum, row) => sum + signed(row), 0n));
      }),
    );
  });

  it('accounts for all its money: each row is known, said twice, or a stranger', () => {
    fc.assert(
      fc.property(zTheirs, zOurs, (theirs, ours) => {
        const known = new Set(ours.map(key));
        const { gross, fees, stranger } = compareStatement(theirs, ours, all(ours));
        const first = new Map<string, StatementRow>();
        for (const row of theirs) if (known.has(key(row)) && !first.has(key(row))) first.set(key(row), row);
        expect(gross).toBe(theirs.reduce((sum, row) => sum + signed(row), 0n));
        expect(fees).toBe(theirs.reduce((sum, { fee }) => sum + fee, 0n));
        expect(gross - stranger).toBe([...first.values()].reduce((sum, row) => sum + signed(row), 0n));
      }),
    );
  });

  it('names every row that is not as ours, and nothing else', () => {
    fc.assert(
      fc.property(zTheirs, zOurs, (theirs, ours) => {
        const { differences } = compareStatement(theirs, ours, all(ours));
        const own = new Map(ours.map((row) => [key(row), row]));
        const seen = new Set<string>();
        const expected: string[] = [];
        for (const row of theirs) {
          const mine = own.get(key(row));
          if (!mine) expected.push('missing_at_ours');
          else if (seen.has(key(row))) expected.push('twice_at_theirs');
          else if (mine.status !== 'succeeded') expected.push('status_differs');
          else if (mine.amount !== row.amount) expected.push('amount_differs');
          seen.add(key(row));
        }
        for (const row of ours)
          if (row.status === 'succeeded' && !seen.has(key(row))) expected.push('missing_at_theirs');
        expect(differences.map(({ kind }) => kind).sort()).toEqual(expected.sort());
      }),
    );
  });

  it('misses only what this very statement must have', () => {
    const ours = [{ kind: 'payment', orderNo: 'SG1', status: 'succeeded', amount: 5n } as const];
    expect(compareStatement([], ours, new Set()).differences).toEqual([]);
    expect(compareStatement([], ours, new Set(['SG1'])).differences).toMatchObject([
      { kind: 'missing_at_theirs', orderNo: 'SG1', theirs: null },
    ]);
  });
});
