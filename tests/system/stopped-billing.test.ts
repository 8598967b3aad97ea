import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, migrateDatabase, openDatabase } from '../../store/database.ts';
import { freePort } from '../../store/embedded/free-port.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../store/embedded/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { buildMonth, charged, type Month, PERIOD } from './month.ts';

/** What a run settles in one transaction. */
const BATCH = 200;

const dir = mkdtempSync(join(tmpdir(), 'stallgrid-stopped-'));
let postgres: EmbeddedPostgres;
let db: Database;
let line: TcpProxy;
let metricsPort: number;
let platform: Platform | undefined;
beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres'), durable: false });
  db = openDatabase(postgres.url);
  await migrateDatabase(db);
  line = await startTcpProxy(Number(new URL(postgres.url).port));
});
beforeEach(async () => {
  metricsPort = await freePort();
});
afterEach(async () => {
  await platform?.remove();
  platform = undefined;
});
afterAll(async () => {
  await line?.close();
  await postgres?.stop();
  rmSync(dir, { recursive: true, force: true });
  // Last: a test that failed may hold a connection, and this would wait for it.
  await db?.$client.end();
});

async function start(): Promise<Platform> {
  const url = new URL(postgres.url);
  url.port = String(line.port);
  platform = await startPlatform({
    env: { DATABASE_URL: url.href, METRICS_PORT: String(metricsPort), LOG_LEVEL: 'info' },
  });
  return platform;
}

const logOf = ({ dataDir }: Platform): { severity: string; msg: string; seconds?: number }[] =>
  readFileSync(join(dataDir, 'platform.log'), 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));

async function query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
  return (await db.$client.query(text, values)).rows as Row[];
}

interface RunUnderWay {
  readonly month: Month;
  readonly status: () => Promise<unknown>;
  /** Lets it go on, or what is left of it in the database end. */
  readonly release: () => Promise<void>;
}

/** Lets a run of a month come to a stall of its second batch, where it waits for a lock. */
async function chargeUntilSecondBatch(running: Platform, site: string, stalls: number): Promise<RunUnderWay> {
  const month = await buildMonth(db, site, stalls);
  const client = await db.$client.connect();
  await client.query('BEGIN');
  const lock =
    'SELECT 1 FROM metering_points p JOIN leases l USING (place_id) WHERE l.id = $1 FOR UPDATE OF p';
  await client.query(lock, [month.leases[BATCH + 10]]);
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const { id } = await running.api<{ id: number }>('POST', '/api/v1/billing/runs', { site, period: PERIOD });
  const waiting = await eventually(async () => {
    const found = await query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))',
      [rows[0]?.pid],
    );
    expect(found).not.toEqual([]);
    return found.map(({ pid }) => pid);
  }, 60_000);
  expect((await charged(db, site)).lines).toBe(BATCH);
  return {
    month,
    status: async () => (await query('SELECT status, error FROM billing_runs WHERE id = $1', [id]))[0],
    async release() {
      await client.query('ROLLBACK');
      client.release();
      // A process that is gone leaves a statement behind, which holds the run's lock until it ends.
      await running.ended;
      await eventually(async () => {
        const text = 'SELECT 1 FROM pg_stat_activity WHERE pid = ANY($1)';
        expect(await query(text, [waiting])).toEqual([]);
      });
    },
  };
}

async function endsWithEachLineOnce(run: RunUnderWay): Promise<void> {
  platform = await platform?.restart();
  await eventually(
    async () => expect(await run.status()).toEqual({ status: 'succeeded', error: null }),
    60_000,
  );
  const { site, truth } = run.month;
  expect(await charged(db, site)).toEqual({ lines: truth.size, byLease: truth });
}

/** The api and the broker are closed by then, and billing is next. */
async function billingCloses(): Promise<void> {
  await eventually(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics).toContain('stallgrid_billing_runs_open');
    expect(metrics).not.toMatch(/^stallgrid_billing_runs_open \d/m);
  }, 60_000);
  await sleep(1_000);
}

describe('a platform that is told to stop in the middle of a run', { timeout: 180_000 }, () => {
  it('ends after the batch, also when Ctrl-C came twice at once, and the next start charges the rest', async () => {
    const running = await start();
    const run = await chargeUntilSecondBatch(running, 'patient', 2 * BATCH + 20);
    process.kill(running.pid, 'SIGINT');
    process.kill(running.pid, 'SIGTERM');
    await billingCloses();
    await run.release();
    expect(await running.ended).toBe(0);
    const log = logOf(running);
    expect(log.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(log.map(({ msg }) => msg)).toContain('billing: run left for the next start');
    expect(log.at(-1)?.msg).toBe('stopped');
    expect(await run.status()).toEqual({ status: 'running', error: null });
    expect((await charged(db, 'patient')).lines).toBe(2 * BATCH);
    await endsWithEachLineOnce(run);
  });

  it('ends at once with 130 when it is told again later, and the batch is charged by the next start', async () => {
    const running = await start();
    const run = await chargeUntilSecondBatch(running, 'impatient', BATCH + 20);
    process.kill(running.pid, 'SIGTERM');
    await billingCloses();
    // It waits for the batch, which waits for us: only the second signal can end it.
    process.kill(running.pid, 'SIGTERM');
    expect(await running.ended).toBe(130);
    expect(logOf(running).map(({ msg }) => msg)).not.toContain('stopped');
    await run.release();
    expect((await charged(db, 'impatient')).lines).toBe(BATCH);
    await endsWithEachLineOnce(run);
  });

  it('gives up with 1 and says so when its database answers nothing any more, and loses nothing', async () => {
    const running = await start();
    const run = await chargeUntilSecondBatch(running, 'frozen', BATCH + 20);
    line.freeze();
    process.kill(running.pid, 'SIGTERM');
    expect(await running.ended).toBe(1);
    expect(logOf(running).at(-1)).toMatchObject({
      ...{ severity: 'error', seconds: 25 },
      msg: 'not everything closed in time: the process ends as it is',
    });
    line.resume();
    await run.release();
    expect((await charged(db, 'frozen')).lines).toBe(BATCH);
    await endsWithEachLineOnce(run);
  });
});
