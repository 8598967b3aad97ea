import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TariffDefinition } from '../../domain/tariffs/definition.ts';
import type { Database } from '../../store/database.ts';
import { listFeeLines } from '../../store/fee-lines.ts';
import { insertPasses, type NewPass } from '../../store/passes.ts';
import { createTariff } from '../../store/tariffs.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, run } from './market.ts';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const ENTRY: TariffDefinition = {
  components: [
    {
      code: 'pass',
      price: {
        kind: 'per_event',
        classes: [
          { code: 'van', unitPrice: '10' },
          { code: 'truck', unitPrice: '25' },
        ],
        otherwise: '5',
        freeMinutes: 15,
      },
    },
  ],
};

/** A market with two gates, a merchant who pays for 苏A1 and drivers who pay for themselves. */
async function gatesOf(site: string) {
  const market = await buildMarket(db, site);
  const made = await createTariff(db, {
    ...{
      site,
      code: 'gate',
      name: 'gate',
      commodity: 'gate',
      effectiveFrom: at('2026-01-01'),
      definition: ENTRY,
    },
  });
  if (!made.ok) throw new Error(made.reason);
  const query = async (text: string, values: unknown[]): Promise<number> =>
    Number((await db.$client.query(text, values)).rows[0]?.id);
  for (const gate of ['in', 'out']) {
    await query(
      `INSERT INTO devices (id, site_id, serial, profile_id, profile_revision, secret_hash) VALUES ($1, $2, $1, 'gate', 1, '')`,
      [`${site}-${gate}`, site],
    );
  }
  const merchant = await market.lease(await market.stall(), '2026-01-01', null);
  const walkIn = await query(
    `INSERT INTO leases (site_id, party_id, kind, charging, starts_at)
     SELECT site_id, party_id, 'walk_in', 'prepaid', '2026-01-01' FROM leases WHERE id = $1 RETURNING id`,
    [merchant],
  );
  for (const lease of [merchant, walkIn]) {
    await db.$client.query(
      `INSERT INTO lease_tariffs (lease_id, commodity, tariff_id, starts_at) VALUES ($1, 'gate', $2, '2026-01-01')`,
      [lease, made.tariff.id],
    );
  }
  const vehicle = await query(
    `INSERT INTO vehicles (site_id, plate, class, created_by, created_at) VALUES ($1, '苏A1', 'truck', 'test', now()) RETURNING id`,
    [site],
  );
  await db.$client.query(
    `INSERT INTO vehicle_payers (vehicle_id, lease_id, starts_at) VALUES ($1, $2, '2026-01-01')`,
    [vehicle, merchant],
  );
  let n = 0;
  const pass = (direction: 'in' | 'out', plate: string, local: string, receivedAt = local): NewPass => ({
    ...{ deviceId: `${site}-${direction}`, eventId: `e${++n}`, ts: at(local).getTime(), direction },
    ...{ vehicle: plate, plate, class: 'van', ticket: null },
    ...{ receivedAt: at(receivedAt).getTime(), journalSeq: 0 },
  });
  const tell = (...passes: NewPass[]) => insertPasses(db.$client, passes);
  return { site, merchant, walkIn, vehicle, pass, tell };
}

const linesOf = async (site: string) => {
  const { rows } = await db.$client.query(
    `SELECT lease_id, period, accounting_period, band, kind, amount, evidence->'arithmetic'->'workings' AS workings
     FROM fee_lines WHERE site_id = $1 ORDER BY id`,
    [site],
  );
  return rows.map((row) => ({
    lease: Number(row.lease_id),
    period: row.period,
    on: row.accounting_period,
    class: row.band,
    kind: row.kind,
    amount: Number(row.amount),
    workings: row.workings,
  }));
};

describe('gate fees', () => {
  it('are charged when a vehicle goes out: to the merchant by month, to drivers by day; again without a line', async () => {
    const { site, merchant, walkIn, pass, tell } = await gatesOf('gates-1');
    await tell(
      pass('in', '苏A1', '2026-10-05 08:00'),
      pass('out', '苏A1', '2026-10-05 09:30'),
      pass('in', '苏B2', '2026-10-05 08:00'),
      pass('out', '苏B2', '2026-10-05 08:14'),
      pass('in', '苏C3', '2026-10-05 23:50'),
      pass('out', '苏C3', '2026-10-06 00:20'),
      pass('out', '苏D4', '2026-10-06 07:00'),
    );
    for (const period of ['2026-10', '2026-10-05', '2026-10-06']) {
      expect((await run(db, site, period)).status).toBe('succeeded');
    }
    const lines = await linesOf(site);
    expect(lines.map(({ workings, ...line }) => line)).toEqual([
      { lease: merchant, period: '2026-10', on: '2026-10', class: 'truck', kind: 'original', amount: 2500 },
      { lease: walkIn, period: '2026-10-05', on: '2026-10-05', class: 'van', kind: 'original', amount: 0 },
      { lease: walkIn, period: '2026-10-06', on: '2026-10-06', class: 'van', kind: 'original', amount: 1000 },
      { lease: walkIn, period: '2026-10-06', on: '2026-10-06', class: 'van', kind: 'original', amount: 1000 },
    ]);
    expect(lines[1]?.workings).toMatchObject({
      ...{ kind: 'event', plate: '苏B2', minutes: 14, freeMinutes: 15, free: 'minutes' },
      entryAt: at('2026-10-05 08:00').toISOString(),
    });
    expect(lines[3]?.workings).toMatchObject({ plate: '苏D4', minutes: null, entryAt: null });
    const passedAt = (await listFeeLines(db, { site, limit: 10 })).map((line) => line.passedAt);
    expect(passedAt.toReversed()).toEqual(
      ['2026-10-05 09:30', '2026-10-05 08:14', '2026-10-06 00:20', '2026-10-06 07:00'].map((local) =>
        at(local).toISOString(),
      ),
    );
    for (const period of ['2026-10', '2026-10-05', '2026-10-06']) {
      expect((await run(db, site, period)).linesPosted).toBe(0);
    }
    const { rows } = await db.$client.query(
      `SELECT sum(e.amount) AS drawn FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
       WHERE a.site_id = $1 AND a.kind = 'prepaid' AND a.lease_id = $2`,
      [site, walkIn],
    );
    expect(rows[0].drawn).toBe('2000');
  });

  it('follow an entry that is told late, a monthly pass and another payer by adjustments and reversals', async () => {
    const { site, merchant, walkIn, vehicle, pass, tell } = await gatesOf('gates-2');
    await tell(pass('out', '苏A1', '2026-10-05 09:00'), pass('out', '苏B2', '2026-10-05 10:00'));
    await run(db, site, '2026-10-05');
    await run(db, site, '2026-10');
    // The entry of 苏B2 comes late: it stayed for ten minutes.
    await tell(pass('in', '苏B2', '2026-10-05 09:50', '2026-10-07'));
    await run(db, site, '2026-10-05');
    await db.$client.query(
      `INSERT INTO monthly_passes (vehicle_id, starts_at, ends_at, created_by, created_at)
       VALUES ($1, '2026-09-30T16:00:00Z', '2026-10-31T16:00:00Z', 'test', now())`,
      [vehicle],
    );
    await run(db, site, '2026-10');
    expect((await linesOf(site)).map(({ lease, kind, amount }) => [lease, kind, amount])).toEqual([
      [walkIn, 'original', 1000],
      [merchant, 'original', 2500],
      [walkIn, 'adjustment', -1000],
      [merchant, 'adjustment', -2500],
    ]);
    // Nobody pays for the vehicle any more but its driver, for whom the pass holds as well.
    await db.$client.query('DELETE FROM vehicle_payers WHERE vehicle_id = $1', [vehicle]);
    await db.$client.query('DELETE FROM monthly_passes WHERE vehicle_id = $1', [vehicle]);
    await run(db, site, '2026-10');
    await run(db, site, '2026-10-05');
    const sums = new Map<number, number>();
    for (const { lease, amount } of await linesOf(site)) sums.set(lease, (sums.get(lease) ?? 0) + amount);
    expect([...sums]).toEqual([
      [walkIn, 2500],
      [merchant, 0],
    ]);
    expect((await run(db, site, '2026-10')).linesPosted).toBe(0);
    expect((await run(db, site, '2026-10-05')).linesPosted).toBe(0);
  });

  it('are a problem of the run, not a charge to somebody else, where nobody pays', async () => {
    const { site, walkIn, pass, tell } = await gatesOf('gates-3');
    await db.$client.query('DELETE FROM lease_tariffs WHERE lease_id = $1', [walkIn]);
    await tell(pass('out', '苏B2', '2026-10-05 10:00'));
    expect((await run(db, site, '2026-10-05')).problems).toMatchObject([{ code: 'no_tariff' }]);
    await db.$client.query(`DELETE FROM leases WHERE id = $1`, [walkIn]);
    expect((await run(db, site, '2026-10-05')).problems).toMatchObject([{ code: 'no_payer' }]);
    expect(await linesOf(site)).toEqual([]);
  });

  it('do not depend on the order in which passes come, nor on how often', async () => {
    const { site, pass, tell } = await gatesOf('gates-4');
    const passes = [
      pass('in', '苏B2', '2026-10-05 10:00'),
      pass('in', '苏B2', '2026-10-05 11:00'),
      pass('out', '苏B2', '2026-10-05 11:05'),
      pass('out', '苏B2', '2026-10-05 12:00'),
    ];
    for (const one of [...passes].reverse()) await tell(one);
    await tell(...passes, ...passes);
    await run(db, site, '2026-10-05');
    expect((await linesOf(site)).map(({ amount }) => amount)).toEqual([0, 1000]);
  });
});
