import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRunner } from '../../billing/runner.ts';
import { startBilling } from '../../billing/start.ts';
import { queueRun, readRun } from '../../store/billing-runs.ts';
import { withRunLock } from '../../store/billing-session.ts';
import type { Database } from '../../store/database.ts';
import { lockPointsById } from '../../store/usage-inputs.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, ended, FLAT, linesOf, type Market, run, silent } from './market.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
afterAll(() => database.drop());

const now = (): Date => at('2027-01-01');

/** Meters of the house, each with a month of hourly readings. */
async function houseOf(pointCount: number): Promise<{ market: Market; points: readonly number[] }> {
  const market = await buildMarket(db, `site${++sites}`);
  const tariff = await market.tariff('T', '2026-01-01', FLAT);
  await market.lease(null, '2026-01-01', null, { tariff });
  const points: number[] = [];
  for (let i = 0; i < pointCount; i++) {
    const point = await market.point(null);
    const register = await market.meter(point, '2026-09-30', 0n);
    await market.readHourly(register, '2026-10-01', '2026-11-01', 0n, 100n + BigInt(i));
    points.push(point);
  }
  return { market, points };
}

async function quantities(points: readonly number[]): Promise<readonly (readonly bigint[])[]> {
  const lines = await Promise.all(points.map((point) => linesOf(db, point)));
  return lines.map((list) => list.map(({ quantity }) => quantity));
}

/** Holds a point, so that a run stops in front of it. */
async function holdPoint(pointId: number | undefined): Promise<{ release(): Promise<void> }> {
  const client = await db.$client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM metering_points WHERE id = $1 FOR UPDATE', [pointId]);
  return {
    async release() {
      await client.query('ROLLBACK');
      client.release();
    },
  };
}

async function untilDone(runId: number, points: number): Promise<void> {
  while ((await readRun(db, runId))?.pointsDone !== points)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

const expected = (count: number): bigint[][] =>
  Array.from({ length: count }, (_, i) => [744n * (100n + BigInt(i))]);

function spawnBilling(): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'tests/billing/billing-process.ts', database.url],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  children.push(child);
  return child;
}

describe('two processes', () => {
  it('that run the same period at once post what one would', async () => {
    const { market, points } = await houseOf(12);
    const runs = await Promise.all(
      ['2026-10', '2026-10', '2026-10'].map((period) =>
        queueRun(db, { site: market.site, period, requestedBy: 'test' }),
      ),
    );
    const runners = [1, 2, 3].map((pointsPerBatch) => startRunner({ db, log: silent, now, pointsPerBatch }));
    try {
      for (const runner of runners) runner.wake();
      const wake = setInterval(() => {
        for (const runner of runners) runner.wake();
      }, 50);
      const views = await Promise.all(runs.map((id) => ended(db, id)));
      clearInterval(wake);
      expect(views.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
      expect(views.reduce((sum, { linesPosted }) => sum + linesPosted, 0)).toBe(12);
    } finally {
      for (const runner of runners) await runner.close();
    }
    expect(await quantities(points)).toEqual(expected(12));
  });

  it('that run different periods of the same points at once post what one after the other would', async () => {
    const { market, points } = await houseOf(12);
    await db.$client.query(`UPDATE leases SET charging = 'prepaid' WHERE site_id = $1`, [market.site]);
    const periods = Array.from({ length: 8 }, (_, i) => `2026-10-1${i}`);
    const runs = await Promise.all(
      periods.map((period) => queueRun(db, { site: market.site, period, requestedBy: 'test' })),
    );
    const runners = [1, 2, 3].map((pointsPerBatch) => startRunner({ db, log: silent, now, pointsPerBatch }));
    try {
      for (const runner of runners) runner.wake();
      for (const id of runs)
        expect(await ended(db, id)).toMatchObject({ status: 'succeeded', linesPosted: 12 });
    } finally {
      for (const runner of runners) await runner.close();
    }
    const day = (i: number): bigint => 24n * (100n + BigInt(i));
    expect(await quantities(points)).toEqual(points.map((_, i) => periods.map(() => day(i))));
  });

  it('wait for one another at a point that both settle', async () => {
    const { market, points } = await houseOf(1);
    const id = await queueRun(db, { site: market.site, period: '2026-10', requestedBy: 'test' });
    const runner = startRunner({ db, log: silent, now });
    const other = await db.$client.connect();
    try {
      await other.query('BEGIN');
      await lockPointsById(other, points);
      const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      runner.wake();
      await eventually(async () => {
        const waiting = await db.$client.query(
          'SELECT 1 FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))',
          [rows[0]?.pid],
        );
        expect(waiting.rowCount).toBe(1);
      });
      expect(await linesOf(db, points[0] ?? 0)).toEqual([]);
      await other.query('COMMIT');
      expect(await ended(db, id)).toMatchObject({ status: 'succeeded', linesPosted: 1 });
    } finally {
      other.release(true);
      await runner.close();
    }
  });

  it('leave a run alone whose lock another one holds', async () => {
    const { market } = await houseOf(1);
    const open = { site: market.site, period: '2026-10' };
    const id = await queueRun(db, { ...open, requestedBy: 'test' });
    const runner = startRunner({ db, log: silent, now });
    await withRunLock(db, open, async () => {
      runner.wake();
      expect(await withRunLock(db, open, () => Promise.reject(new Error('had the lock')))).toBe(false);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await readRun(db, id)).toMatchObject({ status: 'queued' });
    });
    runner.wake();
    expect(await ended(db, id)).toMatchObject({ status: 'succeeded' });
    await runner.close();
  });
});

describe('a run that is interrupted', () => {
  it('by kill -9 is taken up by the next process where it was, and nothing is posted twice', async () => {
    const { market, points } = await houseOf(6);
    const id = await queueRun(db, { site: market.site, period: '2026-10', requestedBy: 'test' });
    const lock = await holdPoint(points[3]);
    const killed = spawnBilling();
    await untilDone(id, 3);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await lock.release();
    expect(await readRun(db, id)).toMatchObject({ status: 'running', pointsDone: 3, linesPosted: 3 });
    spawnBilling();
    expect(await ended(db, id)).toMatchObject({ status: 'succeeded', pointsDone: 6, linesPosted: 6 });
    expect(await quantities(points)).toEqual(expected(6));
  });

  it('by an orderly stop is left for the next start', async () => {
    const { market, points } = await houseOf(6);
    const id = await queueRun(db, { site: market.site, period: '2026-10', requestedBy: 'test' });
    const lock = await holdPoint(points[3]);
    const first = startRunner({ db, log: silent, now, pointsPerBatch: 1 });
    first.wake();
    await untilDone(id, 3);
    const closed = first.close();
    await lock.release();
    await closed;
    expect(await readRun(db, id)).toMatchObject({ status: 'running', pointsDone: 4, linesPosted: 4 });
    const second = startRunner({ db, log: silent, now });
    second.wake();
    expect(await ended(db, id)).toMatchObject({ status: 'succeeded', pointsDone: 6, linesPosted: 6 });
    await second.close();
    expect(await quantities(points)).toEqual(expected(6));
  });

  it('because its connection was lost goes on at the next look', async () => {
    const { market, points } = await houseOf(6);
    const id = await queueRun(db, { site: market.site, period: '2026-10', requestedBy: 'test' });
    const lock = await holdPoint(points[3]);
    const runner = startRunner({ db, log: silent, now, pointsPerBatch: 1 });
    runner.wake();
    await untilDone(id, 3);
    await db.$client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7214002
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await lock.release();
    const wake = setInterval(() => runner.wake(), 50);
    expect(await ended(db, id)).toMatchObject({ status: 'succeeded', pointsDone: 6, linesPosted: 6 });
    clearInterval(wake);
    await runner.close();
    expect(await quantities(points)).toEqual(expected(6));
  });

  it('again and again is given up', async () => {
    const { market } = await houseOf(1);
    const id = await queueRun(db, { site: market.site, period: '2026-10', requestedBy: 'test' });
    await db.$client.query(`UPDATE billing_runs SET status = 'running', attempts = 5 WHERE id = $1`, [id]);
    const runner = startRunner({ db, log: silent, now });
    runner.wake();
    expect(await ended(db, id)).toMatchObject({ status: 'failed', error: 'given up after 5 attempts' });
    await runner.close();
  });
});

describe('billing', () => {
  it('executes a run as soon as it is queued', async () => {
    const { market, points } = await houseOf(1);
    const billing = await startBilling({
      ...{ db, databaseUrl: database.url, log: silent, clock: () => now().getTime() },
      lookEveryMs: 3_600_000,
    });
    try {
      const id = await queueRun(db, { site: market.site, period: '2026-10', requestedBy: 'api' });
      expect(await ended(db, id)).toMatchObject({ status: 'succeeded', linesPosted: 1 });
    } finally {
      await billing.close();
    }
    expect(await quantities(points)).toEqual(expected(1));
  });

  it('keeps no more problems of a run than it may', async () => {
    const { market } = await houseOf(0);
    await db.$client.query(
      `INSERT INTO metering_points (site_id, commodity, code, max_rate)
       SELECT $1, 'water', 'W' || n, 1000 FROM generate_series(1, 1100) n`,
      [market.site],
    );
    const view = await run(db, market.site, '2026-10');
    expect(view).toMatchObject({ status: 'succeeded', pointsDone: 1100 });
    expect(view.problems).toHaveLength(1000);
  });
});
