import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHANNELS } from '../../contracts/notify.ts';
import { type SandboxProvider, startSandboxProvider } from '../../demo/sandbox-provider.ts';
import { type Database, migrateDatabase, openDatabase } from '../../store/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../store/embedded/postgres.ts';
import { ledgerSum } from '../billing/bill-market.ts';
import { balancesOf } from '../billing/payments-market.ts';
import { expectAuditHolds } from '../support/audit.ts';
import { eventually } from '../support/eventually.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { buildMonth, charged, type Month, PERIOD } from './month.ts';

const SITE = 'market';
/** More than a run settles in one transaction. */
const STALLS = 220;

const dir = mkdtempSync(join(tmpdir(), 'stallgrid-killed-'));
let postgres: EmbeddedPostgres;
let db: Database;
let sandbox: SandboxProvider;
let platform: Platform;
let month: Month;
beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres'), durable: false });
  db = openDatabase(postgres.url);
  await migrateDatabase(db);
  month = await buildMonth(db, SITE, STALLS);
  sandbox = await startSandboxProvider({ slowMs: 60_000 });
  platform = await startPlatform({
    env: { DATABASE_URL: postgres.url, SANDBOX_URL: sandbox.url, SANDBOX_SECRET: sandbox.secret },
  });
}, 120_000);
afterAll(async () => {
  await platform?.remove();
  await sandbox?.close();
  await db?.$client.end();
  await postgres?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const rowsOf = async <Row>(text: string, values: unknown[] = []): Promise<readonly Row[]> =>
  (await db.$client.query(text, values)).rows as Row[];
const count = async (from: string): Promise<number> =>
  (await rowsOf<{ n: number }>(`SELECT count(*)::int AS n FROM ${from}`))[0]?.n ?? 0;
const post = <T>(path: string, body?: unknown): Promise<T> => platform.api('POST', `/api/v1/${path}`, body);

const restart = async (): Promise<void> => {
  platform = await platform.restart();
};

/**
 * Lets the platform come to where it needs what `holds` lock, one after the other, kills it there, and starts it again.
 * `work` is begun once: the rest goes on by itself.
 */
async function killAt(holds: readonly string[], work: () => unknown): Promise<void> {
  let release = async (): Promise<void> => {};
  for (const [i, hold] of holds.entries()) {
    const client = await db.$client.connect();
    await client.query('BEGIN');
    await client.query(hold);
    await release();
    release = async () => {
      await client.query('ROLLBACK');
      client.release();
    };
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await (i === 0 ? work() : restart());
    await eventually(async () => {
      const waiting = await count(`pg_stat_activity WHERE ${rows[0]?.pid} = ANY(pg_blocking_pids(pid))`);
      expect(waiting).toBeGreaterThan(0);
    }, 60_000);
    await platform.kill();
  }
  await release();
  await restart();
}

test('a month that is charged, closed, billed and collected with a kill -9 in the middle of each step is as it would be without', {
  timeout: 180_000,
}, async () => {
  const settings = { billing: { fourEyes: false, dueDays: 0 } };
  await platform.api('PUT', `/api/v1/sites/${SITE}/settings`, { settings, updatedAt: null });
  const late = month.leases[STALLS - 5];
  const status = async (run: number) =>
    (await rowsOf('SELECT status, error FROM billing_runs WHERE id = $1', [run]))[0];
  const succeeded = { status: 'succeeded', error: null };
  let run = 0;

  const point = `SELECT 1 FROM metering_points p JOIN leases l USING (place_id) WHERE l.id = ${late} FOR UPDATE OF p`;
  await killAt([point], async () => {
    run = (await post<{ id: number }>('billing/runs', { site: SITE, period: PERIOD })).id;
  });
  expect(await count('fee_lines')).toBeGreaterThan(0);
  await eventually(async () => expect(await status(run)).toEqual(succeeded), 60_000);
  expect(await charged(db, SITE)).toEqual({ lines: STALLS, byLease: month.truth });

  // Bills are drawn up as soon as the month is closed.
  await killAt(
    ['LOCK TABLE billing_periods IN SHARE MODE', 'LOCK TABLE bill_lines IN SHARE MODE'],
    async () => {
      run = (await post<{ id: number }>(`periods/${SITE}/${PERIOD}/close`)).id;
    },
  );
  const bills = await eventually(async () => {
    const drawn = await rowsOf<{ id: string }>(`SELECT id FROM bills WHERE status = 'draft' ORDER BY id`);
    expect(drawn).toHaveLength(STALLS);
    return drawn.map(({ id }) => Number(id));
  }, 60_000);
  expect(await status(run)).toEqual(succeeded);
  expect(await count('billing_periods')).toBe(1);
  expect(await charged(db, SITE)).toEqual({ lines: STALLS, byLease: month.truth });

  const [first, rest] = [bills.slice(0, 200), bills.slice(200)];
  const step = (name: string, some: readonly number[]) =>
    post('bills/steps', { site: SITE, step: name, bills: some });
  for (const some of [first, rest]) await step('review', some);
  await killAt(['LOCK TABLE ledger_entries IN SHARE MODE'], () => void step('issue', first).catch(() => {}));
  expect(await count('bills WHERE number IS NOT NULL')).toBe(0);
  for (const some of [first, rest]) await step('issue', some);
  const numbers = (await rowsOf<{ number: string }>('SELECT number FROM bills ORDER BY number')).map(
    ({ number }) => Number(number.split('-').at(-1)),
  );
  expect(numbers).toEqual(Array.from({ length: STALLS }, (_, i) => i + 1));
  expect(await ledgerSum(db)).toBe(0n);

  // All are due at once. Of the first few the provider took the money and says nothing.
  await db.$client.query(
    `INSERT INTO lease_payment_methods (lease_id, provider, autopay, payer, updated_at, updated_by)
     SELECT id, 'sandbox', true, '{}', now(), 'test' FROM leases`,
  );
  sandbox.script('timeout_after_success');
  await platform.stop();
  await killAt([`SELECT 1 FROM bills WHERE lease_id = ${late} FOR UPDATE`], async () => {
    await restart();
    await eventually(() => expect(sandbox.orders.size).toBeGreaterThan(0));
  });
  sandbox.script('none');
  const unanswered = [...sandbox.orders.keys()];
  expect(await count(`charges WHERE status = 'succeeded' AND order_no = ANY('{${unanswered}}')`)).toBe(0);
  // As if the time had passed for which they were claimed.
  await db.$client.query(`UPDATE charges SET next_look_at = now() WHERE status = 'created'`);
  await db.$client.query('SELECT pg_notify($1, $2)', [CHANNELS.charges, '']);
  await eventually(
    async () => expect(await count(`charges WHERE status = 'succeeded'`)).toBe(STALLS),
    60_000,
  );
  expect(await count('charges')).toBe(STALLS);
  expect(await count(`bills WHERE status = 'paid'`)).toBe(STALLS);
  const orders = [...sandbox.orders.values()];
  expect(orders).toHaveLength(STALLS);
  expect(orders.filter(({ submitted, status }) => submitted !== 1 || status !== 'paid')).toEqual([]);
  const total = [...month.truth.values()].reduce((sum, amount) => sum + amount, 0n);
  expect(await balancesOf(db, month)).toEqual({ clearing: total, revenue: -total });

  await expectAuditHolds(postgres.url, SITE, PERIOD);
});
