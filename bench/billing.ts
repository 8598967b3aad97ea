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
import { thousands } from './support/statistics.ts';

const PERIOD = '2026-10';
const FROM = new Date('2026-09-30T16:00:00Z');
const DAYS = 31;

const flat = (...prices: readonly string[]): TariffDefinition => ({
  components: prices.map((unitPrice, i) => ({ code: `c${i}`, price: { kind: 'flat', unitPrice } })),
});
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
const TARIFFS = {
  flat: flat('0.7853'),
  tou: TIME_OF_USE,
  water: flat('3.05'),
  five: flat('0.7853', '0.0351', '0.10', '0.02', '0.005'),
} as const;

interface BenchSite {
  readonly id: string;
  readonly electricity: number;
  readonly water: number;
  readonly everyMinutes: number;
  /** Of every second electricity meter, and of the others. */
  readonly tariffs: readonly [keyof typeof TARIFFS, keyof typeof TARIFFS];
}

const meters = ({ electricity, water }: BenchSite): number => electricity + water;
/** A quarter and a half of a market of 5,600 stalls, and the whole: does the cost grow with the readings? */
const SIZES: readonly BenchSite[] = [1_400, 2_800, 5_600].map((electricity) => ({
  id: `m${electricity}`,
  electricity,
  water: (electricity * 2_000) / 5_600,
  everyMinutes: 15,
  tariffs: ['tou', 'flat'],
}));
/** 75,000 stalls read once a day, five components each. */
const LARGE: BenchSite = {
  id: 'large',
  electricity: 75_000,
  water: 0,
  everyMinutes: 24 * 60,
  tariffs: ['five', 'five'],
};

export async function run(print: (line: string) => void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-bench-'));
  const postgres = await startEmbeddedPostgres({ dir });
  const db = openDatabase(postgres.url);
  try {
    await migrateDatabase(db);
    await ensureBuiltInProfiles(db);
    for (const site of [...SIZES, LARGE]) print(await benchSite(db, site));
  } finally {
    await db.$client.end();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Charges the month, then the same again. */
async function benchSite(db: Database, site: BenchSite): Promise<string> {
  const readings = await fill(db, site);
  let rssAnonMaxMb = 0;
  const sampler = setInterval(() => {
    rssAnonMaxMb = Math.max(rssAnonMaxMb, rssAnonMb());
  }, 50);
  const first = await timeRun(db, site.id);
  const again = await timeRun(db, site.id);
  clearInterval(sampler);
  if (first.lines === 0 || again.lines !== 0)
    throw new Error('a re-run must post nothing, a first run something');
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return [
    `${thousands(meters(site)).padStart(6)} meters, ${thousands(readings).padStart(10)} readings:`,
    `${seconds(first.ms).padStart(6)} s, ${((first.ms * 1000) / readings).toFixed(2)} µs a reading,`,
    `${thousands(first.lines)} fee lines; the same again ${seconds(again.ms)} s (${(first.ms / again.ms).toFixed(1)} × faster);`,
    `RssAnon at most ${Math.round(rssAnonMaxMb)} MB`,
  ].join(' ');
}

async function timeRun(db: Database, site: string): Promise<{ readonly ms: number; readonly lines: number }> {
  const id = await queueRun(db, { site, period: PERIOD, requestedBy: 'bench' });
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

/** In the order in which meters report: instant by instant, not meter by meter. Returns the number of readings. */
async function fill(db: Database, site: BenchSite): Promise<number> {
  const sql = (text: string, values: unknown[] = []) => db.$client.query(text, values);
  const { id, electricity, water, everyMinutes } = site;
  await sql(`INSERT INTO sites (id, name, time_zone, created_at) VALUES ($1, $1, 'Asia/Shanghai', $2)`, [
    id,
    FROM,
  ]);
  for (const code of new Set([...site.tariffs, 'water' as const])) {
    const commodity = code === 'water' ? 'water' : 'electricity';
    const about = { site: id, code, name: code, commodity, effectiveFrom: FROM } as const;
    const created = await createTariff(db, { ...about, definition: TARIFFS[code] });
    if (!created.ok) throw new Error(created.reason);
  }
  await sql(
    `WITH party AS (INSERT INTO parties (kind, name) VALUES ('merchant', $1) RETURNING id),
       stalls AS (INSERT INTO places (site_id, kind, code, name)
         SELECT $1, 'stall', 'S' || n, 'S' || n FROM generate_series(1, $2::int) n RETURNING id)
     INSERT INTO leases (site_id, place_id, party_id, charging, starts_at)
     SELECT $1, stalls.id, party.id, 'postpaid', $3 FROM stalls, party`,
    [id, electricity, FROM],
  );
  await sql(
    `INSERT INTO lease_tariffs (lease_id, commodity, tariff_id, starts_at)
     SELECT l.id, t.commodity, t.id, $2 FROM leases l JOIN tariffs t ON t.site_id = l.site_id
       AND (t.commodity = 'water' OR t.code = CASE l.id % 2 WHEN 0 THEN $3 ELSE $4 END) WHERE l.site_id = $1`,
    [id, FROM, ...site.tariffs],
  );
  for (const [commodity, stalls, maxRate] of [
    ['electricity', electricity, 20_000],
    ['water', water, 5_000],
  ] as const) {
    await sql(
      `INSERT INTO metering_points (site_id, place_id, commodity, code, max_rate)
       SELECT $1, id, $2::text, $2::text || '-' || code, $4 FROM places WHERE site_id = $1 ORDER BY id LIMIT $3`,
      [id, commodity, stalls, maxRate],
    );
  }
  await sql(
    `INSERT INTO devices (id, site_id, serial, profile_id, profile_revision, secret_hash)
     SELECT site_id || '-' || id, site_id, id, 'electricity-meter', 1, '' FROM metering_points WHERE site_id = $1`,
    [id],
  );
  await sql(
    `INSERT INTO registers (device_id, point, unit, modulus)
     SELECT site_id || '-' || id, 'total', CASE commodity WHEN 'water' THEN 'L' ELSE 'Wh' END, 1000000000
     FROM metering_points WHERE site_id = $1`,
    [id],
  );
  await sql(
    `INSERT INTO installations (register_id, metering_point_id, starts_at, start_value)
     SELECT r.id, m.id, $2, 0 FROM registers r JOIN metering_points m ON m.site_id || '-' || m.id = r.device_id
     WHERE m.site_id = $1`,
    [id, FROM],
  );
  await sql(
    `SELECT ensure_month_partition('readings', d::date) FROM unnest('{2026-09-01,2026-10-01,2026-11-01}'::date[]) d`,
  );
  const stepsADay = (24 * 60) / everyMinutes;
  const steps = DAYS * stepsADay + 1;
  let readings = 0;
  // Day by day: one statement for all of a month takes longer than the platform lets any.
  for (let from = 0; from <= steps; from += stepsADay) {
    const { rowCount } = await sql(
      `INSERT INTO readings (register_id, ts, value, quality, source, received_at)
       SELECT r.id, $2::timestamptz + make_interval(mins => $3::int * n, secs => r.id % 60),
         n * $3::int * (5 + r.id % 20) + (n * (r.id % 97)) % 50, 'good', 'device',
         $2::timestamptz + make_interval(mins => $3::int * n)
       FROM generate_series($4::int, $5::int) n, registers r JOIN devices d ON d.id = r.device_id AND d.site_id = $1
       ORDER BY n, r.id`,
      [id, FROM, everyMinutes, from, Math.min(from + stepsADay - 1, steps)],
    );
    readings += rowCount ?? 0;
  }
  await sql('VACUUM ANALYZE');
  return readings;
}

function rssAnonMb(): number {
  const match = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(match?.[1] ?? 0) / 1024;
}
