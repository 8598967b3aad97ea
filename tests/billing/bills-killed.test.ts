import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readBalance } from '../../store/ledger.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { buildBillMarket, ledgerSum } from './bill-market.ts';

const BILLS = 8;
const BATCH = 2;

let test_: TestDatabase;
let child: ChildProcess | undefined;
beforeAll(async () => {
  test_ = await createTestDatabase();
});
afterEach(() => {
  child?.kill('SIGKILL');
});
afterAll(() => test_.drop());

/** Issues batch by batch in a process of its own, which ends itself before its `killAt`th statement. Whether it did. */
async function issueKilled(site: string, killAt: number): Promise<boolean> {
  const args = ['tests/billing/bills-process.ts', test_.url, site, String(BATCH), String(killAt)];
  child = spawn(process.execPath, ['--import', 'tsx', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'exit');
  if (child.signalCode === null) expect(child.exitCode).toBe(0);
  return child.signalCode === 'SIGKILL';
}

interface Row {
  readonly status: string;
  readonly number: string | null;
  readonly amount: string;
  readonly issued_by: string | null;
  readonly booked: string;
  readonly owed: string | null;
  readonly sum: string | null;
  readonly actions: string;
  readonly last: number | null;
}

/** Each bill is issued with all that belongs to it, or reviewed with nothing of it. Returns how many are issued. */
async function expectWhole(site: string): Promise<number> {
  const { rows } = await test_.db.$client.query<Row>(
    `SELECT b.status, b.number, b.amount, b.issued_by,
       (SELECT count(*) FROM ledger_transactions t WHERE t.refs ? 'bill' AND t.refs->>'bill' = b.id::text) AS booked,
       l.owed, l.sum,
       (SELECT count(*) FROM actions c WHERE c.action = 'bill.issue' AND c.subject = 'bill ' || b.id) AS actions,
       (SELECT last FROM bill_counters c WHERE c.site_id = b.site_id AND c.kind = 'bill') AS last
     FROM bills b LEFT JOIN LATERAL (
       SELECT sum(e.amount) FILTER (WHERE a.kind = 'receivable' AND a.lease_id = b.lease_id) AS owed, sum(e.amount) AS sum
       FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
       JOIN ledger_accounts a ON a.id = e.account_id
       WHERE t.refs ? 'bill' AND t.refs->>'bill' = b.id::text) l ON true
     WHERE b.site_id = $1 ORDER BY b.number NULLS LAST, b.id`,
    [site],
  );
  expect(rows).toHaveLength(BILLS);
  const issued = rows.filter(({ status }) => status === 'issued');
  rows.forEach(({ last, ...row }, i) => {
    const { amount } = row;
    expect(last ?? 0).toBe(issued.length);
    expect(row).toEqual(
      i < issued.length
        ? {
            ...{
              status: 'issued',
              number: `2026-${String(i + 1).padStart(6, '0')}`,
              amount,
              issued_by: 'bo',
            },
            ...{ booked: '1', owed: amount, sum: '0', actions: '1' },
          }
        : {
            ...{ status: 'reviewed', number: null, amount, issued_by: null },
            ...{ booked: '0', owed: null, sum: null, actions: '0' },
          },
    );
  });
  return issued.length;
}

test('kill -9 before every statement of a batch, and between two: bills are wholly issued or not at all, and the next process goes on', {
  timeout: 300_000,
}, async () => {
  const market = await buildBillMarket(test_.db, 'killed');
  const leases = await Promise.all(Array.from({ length: BILLS }, () => market.lease()));
  await market.lines(
    leases.flatMap(({ lease }, i) => [
      { lease, amount: BigInt(100 + i) },
      { lease, amount: 7n, component: 'service' },
    ]),
  );
  await market.close('2026-10');
  await market.step('review', [...(await market.drawUp()).values()]);

  const left: number[] = [];
  // One statement later each time: the first ones die in their first batch, the later ones after it.
  for (let killAt = 2; await issueKilled(market.site.id, killAt); killAt++) {
    left.push(await expectWhole(market.site.id));
  }
  expect(await expectWhole(market.site.id)).toBe(BILLS);
  expect(left).toEqual([...left].sort((a, b) => a - b));
  expect(left.filter((issued) => issued === 0).length).toBeGreaterThan(5);
  expect(left.filter((issued) => issued > 0 && issued < BILLS).length).toBeGreaterThan(1);
  expect(await ledgerSum(test_.db)).toBe(0n);
  const revenue = (code: string) => readBalance(test_.db.$client, market.site.id, { kind: 'revenue', code });
  expect(await revenue('energy')).toBe(-828n);
  expect(await revenue('service')).toBe(-56n);
});
