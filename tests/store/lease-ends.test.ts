import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepLeaseEnds } from '../../store/lease-ends.ts';
import { enterReading } from '../../store/manual-readings.ts';
import { transaction } from '../../store/transaction.ts';
import { at, buildMarket, FLAT, type Market } from '../billing/market.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const SITE = 's1';
const END = '2026-11-10 12:00';
let database: TestDatabase;
let market: Market;
let tariff: number;

beforeAll(async () => {
  database = await createTestDatabase();
  market = await buildMarket(database.db, SITE);
  tariff = await market.tariff('T', '2026-01-01', FLAT);
});
afterAll(() => database.drop());

/** A stall whose lease has run out, with readings at these minutes around its end. */
async function ended(minutes: readonly number[] = []) {
  const stall = await market.stall();
  const lease = await market.lease(stall, '2026-01-01', END, { tariff });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-01-01', 0n);
  await market.read(register, [['2026-11-09', 400_000n]]);
  const near = minutes.map((m) => [new Date(at(END).getTime() + m * 60_000), 410_000n + BigInt(m)] as const);
  if (near.length > 0) await market.read(register, near);
  return { stall, lease, point, register };
}
const look = (local: string): Promise<number> => keepLeaseEnds(database.db.$client, SITE, at(local));
async function casesOf(point: number) {
  const { rows } = await database.db.$client.query(
    `SELECT status, resolution, closed_by, count, subject FROM cases
     WHERE kind = 'missing_reading' AND (subject->>'meteringPointId')::int = $1 ORDER BY id`,
    [point],
  );
  return rows;
}

test('a term that ran out without a reading is a case, once, and not before devices had time', async () => {
  const { lease, point, register } = await ended([-20, 20]);
  expect(await look('2026-11-10 13:59')).toBe(0);
  expect(await look('2026-11-10 14:00')).toBe(1);
  expect(await look('2026-11-10 15:00')).toBe(0);
  expect(await casesOf(point)).toMatchObject([
    {
      ...{ status: 'open', count: '1' },
      subject: { lease, at: at(END).toISOString(), lastValue: '409980' },
    },
  ]);
  // The device reports after all.
  await market.read(register, [[new Date(at(END).getTime() - 14 * 60_000), 409_990n]]);
  expect(await look('2026-11-10 16:00')).toBe(0);
  expect(await casesOf(point)).toMatchObject([
    { status: 'closed', resolution: 'arrived', closed_by: 'rule' },
  ]);
});

test('is closed by the reading that a person enters for that instant', async () => {
  const { point, register } = await ended();
  expect(await look('2026-11-11')).toBe(1);
  const by = { actor: 'user:li', at: at('2026-11-11') };
  const reading = {
    registerId: register,
    ts: at(END).getTime(),
    value: 412_000n,
    purpose: 'reading',
  } as const;
  expect(await transaction(database.db, (tx) => enterReading(tx, reading, by, false))).toBeNull();
  expect(await casesOf(point)).toMatchObject([{ status: 'closed', resolution: 'arrived' }]);
  expect(await look('2026-11-12')).toBe(0);
});

test('what a person closed stays closed; what an estimate closed is asked for still', async () => {
  const { point } = await ended();
  const sql = (text: string) => database.db.$client.query(text, [point]);
  expect(await look('2026-11-11')).toBe(1);
  await sql(`UPDATE cases SET status = 'closed', closed_by = 'billing', closed_at = now(), resolution = 'arrived'
    WHERE (subject->>'meteringPointId')::int = $1`);
  expect(await look('2026-11-11')).toBe(1);
  await sql(`UPDATE cases SET status = 'closed', closed_by = 'user:li', closed_at = now(), resolution = 'dismissed'
    WHERE status = 'open' AND (subject->>'meteringPointId')::int = $1`);
  expect(await look('2026-11-12')).toBe(0);
});

test('nothing is missing with a reading nearby, where the same merchant goes on, or without a meter then', async () => {
  await ended([15]);
  const { stall, lease } = await ended();
  await database.db.$client.query(
    `INSERT INTO leases (site_id, place_id, party_id, kind, charging, starts_at)
     SELECT site_id, place_id, party_id, kind, charging, ends_at FROM leases WHERE id = $1`,
    [lease],
  );
  const { register } = await ended();
  await database.db.$client.query(
    'UPDATE installations SET ends_at = $2, end_value = 1 WHERE register_id = $1',
    [...[register, at(END)]],
  );
  expect(stall).toBeGreaterThan(0);
  expect(await look('2026-11-11')).toBe(0);
});
