import { audit } from '../../billing/audit/audit.ts';
import { zSiteSettings } from '../../contracts/settings.ts';
import type { InvariantFinding } from '../../domain/audit.ts';
import type { TariffDefinition } from '../../domain/tariffs/definition.ts';
import { drawUpBills } from '../../store/bill-runs.ts';
import { takeStep } from '../../store/bill-steps.ts';
import type { Database } from '../../store/database.ts';
import { findSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { at, buildMarket, PEAK_VALLEY, run } from '../billing/market.ts';

export const PERIOD = '2026-10';
/** When the period has closed and what was missing has come. */
export const LATER = at('2027-01-01');

const STEPPED: TariffDefinition = {
  components: [
    {
      code: 'water',
      price: {
        ...{ kind: 'tiered', mode: 'graduated', accumulation: 'month', scale: 'window' },
        tiers: [
          { upTo: '100', unitPrice: '0.513' },
          { upTo: '300', unitPrice: '0.727' },
          { upTo: null, unitPrice: '1.009' },
        ],
      },
    },
    { code: 'loss', price: { kind: 'share', unitPrice: '0.50' } },
  ],
};

export async function audited(
  db: Database,
  siteId: string,
  period = PERIOD,
): Promise<readonly InvariantFinding[]> {
  const site = await findSite(db, siteId);
  if (!site) throw new Error(`no site ${siteId}`);
  return (await audit(db, site, period)).findings;
}

/** As somebody would who has the database in his hands: no rule of it is asked. */
export async function tamper(db: Database, statements: string): Promise<void> {
  // Statements that are sent as one are one transaction.
  await db.$client.query(`SET LOCAL session_replication_role = replica; ${statements}`);
}

/**
 * A market that has something for every invariant to look at: a main with two stalls behind it, one by time of use, one
 * by tiers and with a share of the loss; a prepaid stall; a meter that was estimated at the close and reported later; a
 * closed month with issued bills, one of them partly paid.
 */
export async function buildScene(db: Database, site: string) {
  const market = await buildMarket(db, site);
  const banded = await market.tariff('banded', '2026-01-01', PEAK_VALLEY);
  const stepped = await market.tariff('stepped', '2026-01-01', STEPPED);
  await market.lease(null, '2026-01-01', null, { tariff: banded });
  const stalls = [await market.stall(), await market.stall(), await market.stall(), await market.stall()];
  await db.$client.query('UPDATE places SET area_m2 = 10 WHERE site_id = $1', [site]);
  const [a, b, c, d] = stalls as [number, number, number, number];
  const leaseA = await market.lease(a, '2026-09-01', '2026-10-16', { tariff: banded });
  await market.lease(a, '2026-10-20', null, { tariff: banded });
  const leaseB = await market.lease(b, '2026-09-01', null, { tariff: stepped });
  await market.lease(c, '2026-09-01', null, { tariff: banded, charging: 'prepaid' });
  await market.lease(d, '2026-09-01', null, { tariff: banded });
  const main = await market.point(null);
  const points: number[] = [];
  for (const stall of stalls) points.push(await market.point(stall));
  await db.$client.query('UPDATE metering_points SET main_id = $1 WHERE id = ANY($2)', [
    main,
    points.slice(0, 2),
  ]);
  await db.$client.query(
    `INSERT INTO allocations (main_id, from_month, what, weight, created_by, created_at)
     VALUES ($1, $2, 'residual', 'area', 'test', '2026-09-01Z')`,
    [main, PERIOD],
  );
  const registers: number[] = [];
  for (const point of [main, ...points]) registers.push(await market.meter(point, '2026-09-01', 0n));
  const [ofMain, ofA, ofB, ofC, ofD] = registers as [number, number, number, number, number];
  for (const [register, wh] of [
    [ofMain, 2_100n],
    [ofA, 700n],
    [ofB, 1_300n],
    [ofC, 333n],
  ] as const) {
    await market.readHourly(register, '2026-10-01', '2026-11-01 02:00', 50_000n, wh);
  }
  await market.read(ofD, [
    ['2026-10-01', 100_000n],
    ['2026-10-11', 340_000n],
  ]);
  for (const day of ['2026-10-05', '2026-10-06']) await run(db, site, day, { now: LATER });
  await run(db, site, PERIOD, { now: LATER });
  await run(db, site, PERIOD, { kind: 'close', now: LATER });
  // The estimate of the end is replaced after the close.
  await market.read(
    ofD,
    [
      ['2026-10-20', 500_000n],
      ['2026-11-02', 900_000n],
    ],
    at('2027-01-15'),
  );
  await run(db, site, PERIOD, { now: at('2027-02-01') });
  await run(db, site, '2026-11', { now: at('2027-02-01') });
  const bills = await issueBills(db, site);
  return { market, main, points, registers, leaseA, leaseB, bills };
}

/** Draws up, reviews and issues the month's bills; returns their ids. */
export async function issueBills(db: Database, siteId: string, period = PERIOD): Promise<readonly number[]> {
  const { rows } = await db.$client.query<{ id: string }>(
    `INSERT INTO bill_runs (site_id, period, requested_by, requested_at, status)
     VALUES ($1, $2, 'billing', $3, 'running') RETURNING id`,
    [siteId, period, LATER],
  );
  const site = await findSite(db, siteId);
  if (!site) throw new Error(`no site ${siteId}`);
  const run = { siteId, period, requestedBy: 'billing', currency: site.currency, attempts: 1, closed: true };
  await transaction(db, (tx) =>
    drawUpBills(tx, { ...run, id: Number(rows[0]?.id), lastLeaseId: 0 }, LATER, 1_000),
  );
  const { rows: drawn } = await db.$client.query<{ id: string }>(
    'SELECT id FROM bills WHERE site_id = $1 AND period = $2 ORDER BY id',
    [siteId, period],
  );
  const billIds = drawn.map(({ id }) => Number(id));
  for (const [step, actor] of [
    ['review', 'al'],
    ['issue', 'bo'],
  ] as const) {
    const settings = zSiteSettings.parse({});
    const results = await transaction(db, (tx) =>
      takeStep(tx, { site, step, billIds, settings, actor, at: LATER, reason: undefined }),
    );
    const refused = results.filter(({ refusal }) => refusal);
    if (refused.length > 0) throw new Error(`${step}: ${JSON.stringify(refused)}`);
  }
  return billIds;
}
