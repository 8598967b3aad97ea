import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { drawUpOpenRuns } from '../billing/draw-up-bills.ts';
import { zSiteSettings } from '../contracts/settings.ts';
import { type TakenStep, takeStep } from '../store/bill-steps.ts';
import { type Database, migrateDatabase, openDatabase } from '../store/database.ts';
import { startEmbeddedPostgres } from '../store/embedded/postgres.ts';
import { transaction } from '../store/transaction.ts';
import { rssAnonMb } from './support/stand.ts';
import { thousands } from './support/statistics.ts';

const SITE = { id: 'large', timeZone: 'Asia/Shanghai', currency: 'CNY' };
const STALLS = 75_000;
const LINES_PER_LEASE = 5;
/** As many as the api takes at once. */
const BILLS_PER_STEP = 200;
const AT = new Date('2026-11-06T04:00:00Z');

/** A closed month's bills, five lines each: drawn up, reviewed by one person and issued by another, batch by batch. */
export async function run(print: (line: string) => void, stalls = STALLS): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-bench-'));
  const postgres = await startEmbeddedPostgres({ dir });
  const db = openDatabase(postgres.url);
  try {
    await migrateDatabase(db);
    await fill(db, stalls);
    const steps: readonly (readonly [string, () => Promise<number>])[] = [
      ['drawn up', () => drawUp(db, stalls)],
      ['reviewed', () => stepAll(db, 'review', 'draft')],
      ['issued', () => stepAll(db, 'issue', 'reviewed')],
    ];
    for (const [what, work] of steps) print(await timed(what, stalls, work));
  } finally {
    await db.$client.end();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function timed(what: string, stalls: number, work: () => Promise<number>): Promise<string> {
  let mb = 0;
  const sampler = setInterval(() => {
    mb = Math.max(mb, rssAnonMb(process.pid));
  }, 50);
  const start = performance.now();
  const bills = await work();
  clearInterval(sampler);
  if (bills !== stalls) throw new Error(`${bills} of ${stalls} bills were ${what}`);
  const seconds = (performance.now() - start) / 1000;
  return `${thousands(bills).padStart(6)} bills ${what.padEnd(8)}: ${seconds.toFixed(1).padStart(6)} s, RssAnon at most ${Math.round(mb)} MB`;
}

async function drawUp(db: Database, stalls: number): Promise<number> {
  const shown = setInterval(() => void showProgress(db, stalls), 5_000);
  try {
    await drawUpOpenRuns({ db, log: pino({ level: 'warn' }), now: () => AT }, new AbortController().signal);
  } finally {
    clearInterval(shown);
  }
  const { rows } = await db.$client.query<{ bills: number; status: string; error: string | null }>(
    'SELECT bills, status, error FROM bill_runs',
  );
  if (rows[0]?.status !== 'succeeded') throw new Error(rows[0]?.error ?? 'the bills were not drawn up');
  return rows[0].bills;
}

async function showProgress(db: Database, stalls: number): Promise<void> {
  const { rows } = await db.$client.query<{ done: number }>('SELECT leases_done AS done FROM bill_runs');
  console.error(`  ${thousands(rows[0]?.done ?? 0)} of ${thousands(stalls)} leases`);
}

/** Page by page, a transaction each. */
async function stepAll(db: Database, step: TakenStep, from: 'draft' | 'reviewed'): Promise<number> {
  const settings = zSiteSettings.parse({});
  let taken = 0;
  for (let last = 0; ; ) {
    const { rows } = await db.$client.query<{ id: string }>(
      'SELECT id FROM bills WHERE site_id = $1 AND status = $2 AND id > $3 ORDER BY id LIMIT $4',
      [SITE.id, from, last, BILLS_PER_STEP],
    );
    if (rows.length === 0) return taken;
    const billIds = rows.map(({ id }) => Number(id));
    const about = { site: SITE, settings, step, billIds, actor: `bench ${step}`, at: AT };
    const results = await transaction(db, (tx) => takeStep(tx, about));
    const refused = results.find(({ refusal }) => refusal);
    if (refused) throw new Error(`bill ${refused.billId}: ${refused.refusal}`);
    taken += results.length;
    last = billIds.at(-1) ?? last;
  }
}

/** Stalls, leases and posted lines of a closed month; what the lines were rated from is another benchmark's matter. */
async function fill(db: Database, stalls: number): Promise<void> {
  const sql = (text: string) => db.$client.query(text);
  await sql(
    `INSERT INTO sites (id, name, time_zone, created_at) VALUES ('large', 'large', '${SITE.timeZone}', '2026-01-01Z')`,
  );
  await sql(
    `WITH party AS (INSERT INTO parties (kind, name) VALUES ('merchant', 'large') RETURNING id),
       stalls AS (INSERT INTO places (site_id, kind, code, name)
         SELECT 'large', 'stall', 'S' || n, 'S' || n FROM generate_series(1, ${stalls}) n RETURNING id, code),
       points AS (INSERT INTO metering_points (site_id, place_id, commodity, code, max_rate)
         SELECT 'large', id, 'electricity', code, 100000 FROM stalls)
     INSERT INTO leases (site_id, place_id, party_id, charging, starts_at)
     SELECT 'large', s.id, p.id, 'postpaid', '2026-01-01Z' FROM stalls s, party p`,
  );
  await sql(
    `WITH t AS (INSERT INTO tariffs (site_id, code, name, commodity) VALUES ('large', 'E', 'E', 'electricity') RETURNING id)
     INSERT INTO tariff_versions (tariff_id, version, effective_from, definition) SELECT id, 1, '2020-01-01Z', '{}' FROM t`,
  );
  await sql(
    `INSERT INTO billing_runs (site_id, period, status, requested_by) VALUES ('large', '2026-10', 'succeeded', 'bench')`,
  );
  for (let component = 0; component < LINES_PER_LEASE; component++)
    await sql(
      `INSERT INTO fee_lines (site_id, period, accounting_period, run_id, lease_id, metering_point_id, service_from,
         service_to, tariff_version_id, component, band, sequence, quantity, unit, unit_price, amount, currency, kind,
         input_hash, evidence, posted_at)
       SELECT 'large', '2026-10', '2026-10', r.id, l.id, p.id, '2026-09-30T16:00Z', '2026-10-31T16:00Z', v.id,
         'c${component}', '', 0, 1000, 'Wh', '0.80', 100 + l.id % 997, 'CNY', 'original', 'h', '{}', '2026-11-01Z'
       FROM leases l JOIN metering_points p ON p.place_id = l.place_id, billing_runs r, tariff_versions v`,
    );
  await sql(
    `INSERT INTO billing_periods (site_id, period, closed_at, closed_by, run_id, lines, amount, hash)
     SELECT 'large', '2026-10', now(), 'bench', id, 0, 0, 'h' FROM billing_runs`,
  );
  await sql('VACUUM ANALYZE');
}
