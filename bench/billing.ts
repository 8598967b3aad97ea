import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { startRunner } from '../billing/runner.ts';
import type { TariffDefinition } from '../domain/tariffs/definition.ts';
import { queueRun, readRun } from '../store/billing-runs.ts';
import { type Database, migrateDatabase, openDatabase } from '../store/database.ts';
import { startEmbeddedPostgres } from '../store/embedded/postgres.ts';
import { ensureBuiltInProfiles } from '../store/profiles.ts';
import { createTariff } from '../store/tariffs.ts';

export interface BillingBench {
  readonly readings: number;
  readonly lines: number;
  readonly firstMs: number;
  readonly rerunMs: number;
  readonly rssAnonMaxMb: number;
}

const PERIOD = '2026-10';
const FROM = new Date('2026-09-30T16:00:00Z');
const FLAT: TariffDefinition = {
  components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '0.7853' } }],
};
/** Four bands, seven changes a day. */
const TIME_OF_USE: TariffDefinition = {
  components: [
    {
      code: 'energy',
      price: {
        kind: 'time_of_use',
        bands: ['尖', '峰', '平', '谷'].map((code, i) => ({ code, unitPrice: `1.${9 - 2 * i}071` })),
        calendar: {
          schedules: {
            day: [
              { from: '00:00', to: '07:00', band: '谷' },
              { from: '07:00', to: '09:00', band: '平' },
              { from: '09:00', to: '11:00', band: '峰' },
              { from: '11:00', to: '13:00', band: '尖' },
              { from: '13:00', to: '16:00', band: '峰' },
              { from: '16:00', to: '23:00', band: '平' },
              { from: '23:00', to: '24:00', band: '谷' },
            ],
          },
          days: [{ schedule: 'day' }],
        },
      },
    },
  ],
};

/** Charges a month of hourly readings, half the meters by a flat tariff, half by time of use, then the same again. */
export async function benchBilling(options: { readonly points: number }): Promise<BillingBench> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-bench-'));
  const postgres = await startEmbeddedPostgres({ dir });
  const db = openDatabase(postgres.url);
  try {
    await migrateDatabase(db);
    const readings = await fill(db, options.points);
    let rssAnonMaxMb = 0;
    const sampler = setInterval(() => {
      rssAnonMaxMb = Math.max(rssAnonMaxMb, rssAnonMb());
    }, 50);
    const first = await timeRun(db);
    const rerun = await timeRun(db);
    clearInterval(sampler);
    if (first.lines === 0 || rerun.lines !== 0)
      throw new Error('a rerun must post nothing, a first run something');
    return { readings, lines: first.lines, firstMs: first.ms, rerunMs: rerun.ms, rssAnonMaxMb };
  } finally {
    await db.$client.end();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function run(print: (line: string) => void): Promise<void> {
  const points = 5_600;
  const result = await benchBilling({ points });
  const thousands = (n: number): string => Math.round(n).toLocaleString('en');
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  print(
    `${thousands(points)} meters, ${PERIOD}, ${thousands(result.readings)} hourly readings, half time of use:`,
  );
  print(
    `  first run ${seconds(result.firstMs)} s (target 60), ${thousands((result.readings / result.firstMs) * 1000)} readings/s, ${thousands(result.lines)} fee lines`,
  );
  print(
    `  the same again ${seconds(result.rerunMs)} s, no lines; RssAnon at most ${Math.round(result.rssAnonMaxMb)} MB`,
  );
}

async function timeRun(db: Database): Promise<{ readonly ms: number; readonly lines: number }> {
  const id = await queueRun(db, { site: 'bench', period: PERIOD, requestedBy: 'bench' });
  const runner = startRunner({ db, log: pino({ level: 'warn' }), now: () => new Date() });
  const start = performance.now();
  runner.wake();
  for (;;) {
    const run = await readRun(db, id);
    if (run?.status === 'failed') throw new Error(run.error ?? 'the run failed');
    if (run?.status === 'succeeded') {
      const ms = performance.now() - start;
      await runner.close();
      if (run.problems.length > 0) throw new Error(JSON.stringify(run.problems[0]));
      return { ms, lines: run.linesPosted };
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** In the order in which meters report: hour by hour, not meter by meter. Returns the number of readings. */
async function fill(db: Database, points: number): Promise<number> {
  await ensureBuiltInProfiles(db);
  const sql = (text: string, values: unknown[] = []) => db.$client.query(text, values);
  await sql(
    `INSERT INTO sites (id, name, time_zone, created_at) VALUES ('bench', 'Bench', 'Asia/Shanghai', $1)`,
    [FROM],
  );
  for (const [code, definition] of [
    ['flat', FLAT],
    ['tou', TIME_OF_USE],
  ] as const) {
    const created = await createTariff(db, {
      ...{ site: 'bench', code, name: code, commodity: 'electricity', effectiveFrom: FROM, definition },
    });
    if (!created.ok) throw new Error(created.reason);
  }
  await sql(`INSERT INTO parties (kind, name) VALUES ('merchant', 'Bench')`);
  await sql(
    `INSERT INTO places (site_id, kind, code, name) SELECT 'bench', 'stall', 'S' || n, 'S' || n FROM generate_series(1, $1::int) n`,
    [points],
  );
  await sql(
    `INSERT INTO leases (site_id, place_id, party_id, charging, starts_at)
     SELECT 'bench', p.id, m.id, 'postpaid', $1 FROM places p, parties m`,
    [FROM],
  );
  await sql(
    `INSERT INTO lease_tariffs (lease_id, commodity, tariff_id, starts_at)
     SELECT l.id, 'electricity', t.id, $1 FROM leases l
     JOIN tariffs t ON t.code = CASE l.id % 2 WHEN 0 THEN 'flat' ELSE 'tou' END`,
    [FROM],
  );
  await sql(
    `INSERT INTO metering_points (site_id, place_id, commodity, code, max_rate)
     SELECT 'bench', id, 'electricity', code, 20000 FROM places`,
  );
  await sql(
    `INSERT INTO devices (id, site_id, serial, profile_id, profile_revision, secret_hash)
     SELECT 'M' || id, 'bench', 'M' || id, 'electricity-meter', 1, '' FROM metering_points`,
  );
  await sql(
    `INSERT INTO registers (device_id, point, unit, modulus) SELECT id, 'energy_import', 'Wh', 1000000000 FROM devices`,
  );
  await sql(
    `INSERT INTO installations (register_id, metering_point_id, starts_at, start_value)
     SELECT r.id, m.id, $1, 0 FROM registers r JOIN metering_points m ON 'M' || m.id = r.device_id`,
    [FROM],
  );
  await sql(
    `SELECT ensure_month_partition('readings', d::date) FROM unnest('{2026-09-01,2026-10-01,2026-11-01}'::date[]) d`,
  );
  const { rowCount } = await sql(
    `INSERT INTO readings (register_id, ts, value, quality, source, received_at)
     SELECT r.id, $1::timestamptz + make_interval(hours => h, secs => r.id % 60), h * (200 + r.id % 1800) + h * r.id % 97,
       'good', 'device', $1::timestamptz + make_interval(hours => h)
     FROM generate_series(0, 745) h, registers r ORDER BY h, r.id`,
    [FROM],
  );
  await sql('VACUUM ANALYZE');
  return rowCount ?? 0;
}

function rssAnonMb(): number {
  const match = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(match?.[1] ?? 0) / 1024;
}
