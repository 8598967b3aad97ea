import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { takeCallback } from '../../billing/callbacks.ts';
import type { CallbackEvent, CallingPaymentProvider } from '../../billing/providers/port.ts';
import { createSandbox } from '../../billing/providers/sandbox.ts';
import { applyOutcome } from '../../store/charge-outcomes.ts';
import { storeCallback } from '../../store/provider-callbacks.ts';
import { createRefund } from '../../store/refunds.ts';
import { transaction } from '../../store/transaction.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { buildMarket, silent } from './market.ts';
import { leaseOf, topUp } from './payments-market.ts';

let database: TestDatabase;
let lease: number;
let sites = 0;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.$client.query('DELETE FROM provider_callbacks');
  lease = await leaseOf(await buildMarket(database.db, `c${++sites}`));
});

const AT = new Date('2026-11-20T00:00:00Z');
const BY = { actor: 'test', at: AT };

/** Stores callbacks whose bodies say which event `read` makes of them. */
const arrive = async (...bodies: readonly string[]): Promise<void> => {
  for (const body of bodies)
    await storeCallback(database.db.$client, {
      ...{ provider: 'sandbox', headers: {}, body: Buffer.from(body), receivedAt: AT },
    });
};
const take = (read: (body: string) => CallbackEvent | Promise<CallbackEvent>) => {
  const sandbox = createSandbox({ url: 'http://127.0.0.1:9', secret: 's', callMsMax: 1 });
  const provider: CallingPaymentProvider = {
    ...sandbox,
    parseCallback: async ({ body }) => read(body.toString()),
  };
  const providers = new Map([[provider.name, provider]]);
  return takeCallback({ db: database.db, log: silent, now: () => AT, providers });
};
const stored = async () =>
  (
    await database.db.$client.query(
      `SELECT convert_from(body, 'UTF8') AS body, status, reason FROM provider_callbacks ORDER BY id`,
    )
  ).rows;
/** A NUL is nothing that Postgres can compare a text with. */
const UNFIT: CallbackEvent = {
  ...{ ok: true, about: 'charge', orderNo: '\0' },
  answer: { status: 'failed', reason: 'x' },
};

test('a callback that cannot be applied is refused itself, also when another process waits for it', async () => {
  await arrive('unfit', 'good');
  const other = await database.db.$client.connect();
  try {
    const { rows } = await other.query('SELECT pg_backend_pid() AS pid');
    await other.query('BEGIN');
    let held: Promise<unknown> | undefined;
    await take(async () => {
      held = other.query(`SELECT 1 FROM provider_callbacks WHERE body = 'unfit' FOR UPDATE`);
      await eventually(async () => {
        const waits = `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'`;
        expect((await database.db.$client.query(waits, [rows[0].pid])).rows).toHaveLength(1);
      });
      return UNFIT;
    });
    await held;
  } finally {
    await other.query('ROLLBACK');
    other.release();
  }
  expect(await stored()).toMatchObject([
    { body: 'unfit', status: 'refused', reason: 'it could not be applied' },
    { body: 'good', status: 'new' },
  ]);
});

test('a callback that cannot even be read does not hold up the next one', async () => {
  await arrive('broken', 'good');
  const read = (body: string): CallbackEvent => {
    if (body === 'broken') throw new TypeError('no such thing');
    return { ok: true, about: 'other', kind: 'ping' };
  };
  expect([await take(read), await take(read), await take(read)]).toEqual([true, true, false]);
  expect(await stored()).toMatchObject([
    { body: 'broken', status: 'refused' },
    { body: 'good', status: 'ignored' },
  ]);
});

test('a provider says nothing about the refund of another one', async () => {
  const { db } = database;
  const { id } = await topUp(db, lease, 900n, 'bank_transfer');
  await transaction(db, (tx) =>
    applyOutcome(tx, id, { status: 'succeeded', paid: 900n, currency: 'CNY' }, BY),
  );
  const one = { chargeId: id, amount: 900n, reason: 'test', requestedBy: 'test', at: AT };
  expect(await transaction(db, (tx) => createRefund(tx, one))).toMatchObject({ ok: true });
  const { rows } = await db.$client.query('SELECT order_no FROM refunds WHERE charge_id = $1', [id]);
  await arrive('lie');
  await take(() => ({
    ...{ ok: true, about: 'refund', orderNo: rows[0].order_no },
    answer: { status: 'succeeded', paid: 900n, currency: 'CNY' },
  }));
  expect(await stored()).toMatchObject([{ status: 'refused' }]);
  const after = await db.$client.query('SELECT status FROM refunds WHERE charge_id = $1', [id]);
  expect(after.rows).toEqual([{ status: 'created' }]);
});
