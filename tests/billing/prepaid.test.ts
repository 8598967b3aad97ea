import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrepaid, watchBalances } from '../../billing/prepaid.ts';
import { zSiteSettings } from '../../contracts/settings.ts';
import { listNotices } from '../../store/balance-notices.ts';
import { chargeBalances } from '../../store/balances.ts';
import { finishCommands } from '../../store/commands.ts';
import type { Database } from '../../store/database.ts';
import { bookTransaction } from '../../store/ledger.ts';
import { installations } from '../../store/schema/metering.ts';
import { writeSettings } from '../../store/settings.ts';
import { listSupplyEvents, setProtected } from '../../store/supply.ts';
import { transaction } from '../../store/transaction.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, type Market, silent, ZONE } from './market.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;
let bookings = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

/** A market with one prepaid stall behind a meter of its own. */
async function stallOf(prepaid: Record<string, unknown> = {}) {
  const market = await buildMarket(db, `site${++sites}`);
  const stall = await market.stall();
  const lease = await market.lease(stall, '2026-01-01', null, { charging: 'prepaid' });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-01-01', 0n);
  await set(market, prepaid);
  return { market, stall, lease, point, register };
}

const set = (market: Market, prepaid: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  writeSettings(db, market.site, zSiteSettings.parse({ prepaid, ...more }), {
    actor: 'test',
    at: at('2026-01-01'),
  });

const charge = (market: Market, leaseId: number, amount: bigint): Promise<void> =>
  transaction(db, (tx) =>
    chargeBalances(
      tx,
      { siteId: market.site, currency: 'CNY', runId: 1, key: `run ${++bookings}`, at: at('2026-11-01') },
      [{ leaseId, component: 'energy', amount }],
    ),
  );
const topUp = (market: Market, leaseId: number, amount: bigint): Promise<unknown> =>
  transaction(db, (tx) =>
    bookTransaction(tx, {
      ...{ siteId: market.site, currency: 'CNY', key: `top-up ${++bookings}`, kind: 'top_up', actor: 'test' },
      at: at('2026-11-01'),
      entries: [
        { account: { kind: 'clearing', code: 'cash' }, amount },
        { account: { kind: 'prepaid', leaseId }, amount: -amount },
      ],
    }),
  );

const watch = (market: Market, local: string) =>
  watchBalances({ db, log: silent, now: () => at(local) }, { id: market.site, timeZone: ZONE });
const told = async (market: Market): Promise<readonly string[]> =>
  (await listNotices(db.$client, { site: market.site, limit: 10 })).map(({ level }) => level).reverse();
const stateOf = async (leaseId: number): Promise<string> => {
  const { rows } = await db.$client.query('SELECT state FROM supplies WHERE lease_id = $1', [leaseId]);
  return rows[0]?.state;
};
const ordersOf = async (market: Market) => {
  const { rows } = await db.$client.query(
    `SELECT c.id, c.device_id AS device, c.op, c.status, c.expires_at FROM commands c JOIN devices d ON d.id = c.device_id
     WHERE d.site_id = $1 ORDER BY c.created_at, c.id`,
    [market.site],
  );
  return rows as { id: string; device: string; op: string; status: string; expires_at: Date }[];
};
const answer = async (market: Market, ok: boolean, local: string): Promise<void> => {
  const orders = (await ordersOf(market)).filter(({ status }) => status === 'queued');
  await finishCommands(
    db.$client,
    orders.map(({ id, device }) => ({ id, device, ok, result: {}, at: at(local) })),
  );
};

describe('low balances', () => {
  it('are told once a threshold and crossing, and again after a top-up', async () => {
    const { market, lease } = await stallOf({ lowBalance: ['10000', '2000'] });
    await topUp(market, lease, 15_000n);
    expect((await watch(market, '2026-11-02')).noted).toBe(0);
    await charge(market, lease, 6_000n);
    expect((await watch(market, '2026-11-03')).noted).toBe(1);
    await charge(market, lease, 6_500n);
    expect((await watch(market, '2026-11-04')).noted).toBe(0);
    await charge(market, lease, 2_000n);
    expect((await watch(market, '2026-11-05')).noted).toBe(1);
    expect(await told(market)).toEqual(['low', 'very_low']);
    await topUp(market, lease, 5_000n);
    await watch(market, '2026-11-06');
    expect(await told(market)).toEqual(['low']);
    await charge(market, lease, 4_000n);
    expect((await watch(market, '2026-11-07')).noted).toBe(1);
    await topUp(market, lease, 20_000n);
    await watch(market, '2026-11-08');
    expect(await told(market)).toEqual([]);
  });

  it('are told once when several processes look at the same time', async () => {
    const { market, lease } = await stallOf();
    await charge(market, lease, 1n);
    const looks = await Promise.all([1, 2, 3, 4].map(() => watch(market, '2026-11-02')));
    expect(looks.reduce((sum, { noted }) => sum + noted, 0)).toBe(2);
    expect(await told(market)).toHaveLength(2);
  });

  it.each(['walk_in', 'house'])('of the %s lease are nobody’s matter', async (kind) => {
    const { market, lease } = await stallOf();
    await charge(market, lease, 1n);
    await watch(market, '2026-11-05T00:00');
    expect(await told(market)).not.toEqual([]);
    // One that was told by mistake is told no more.
    await db.$client.query('UPDATE leases SET kind = $2, place_id = NULL WHERE id = $1', [lease, kind]);
    await watch(market, '2026-11-05T01:00');
    expect(await told(market)).toEqual([]);
    await charge(market, lease, 1_000_000n);
    await watch(market, '2026-11-05T02:00');
    expect(await told(market)).toEqual([]);
  });

  it('of leases that are over or pay by bill are nobody’s matter', async () => {
    const market = await buildMarket(db, `site${++sites}`);
    const over = await market.lease(await market.stall(), '2026-01-01', '2026-10-01', {
      charging: 'prepaid',
    });
    const billed = await market.lease(await market.stall(), '2026-01-01', null);
    await charge(market, over, 5n);
    await charge(market, billed, 5n);
    expect((await watch(market, '2026-11-02')).noted).toBe(0);
  });
});

describe('cut-off', () => {
  it('does not happen unless the site has turned it on', async () => {
    const { market, lease } = await stallOf();
    await charge(market, lease, 1n);
    for (const local of ['2026-11-02 10:00', '2026-11-03 11:00', '2026-11-09 11:00'])
      await watch(market, local);
    expect(await ordersOf(market)).toEqual([]);
    expect(await stateOf(lease)).toBeUndefined();
  });

  it('gives notice, waits for it and for the hours, cuts, and gives power back after a top-up', async () => {
    const { market, lease } = await stallOf({ cutOff: true });
    await charge(market, lease, 100n);
    await watch(market, '2026-11-02 15:30');
    expect([await stateOf(lease), await told(market)]).toEqual(['notified', ['low', 'very_low', 'cut_off']]);
    await watch(market, '2026-11-03 15:00');
    expect(await stateOf(lease)).toBe('notified');
    await watch(market, '2026-11-03 16:30');
    expect([await stateOf(lease), (await ordersOf(market)).length]).toEqual(['cut_due', 0]);
    await watch(market, '2026-11-04 15:59');
    expect(await stateOf(lease)).toBe('cutting');
    expect(await ordersOf(market)).toMatchObject([{ op: 'relay_open', expires_at: at('2026-11-04 16:00') }]);
    await watch(market, '2026-11-04 15:59');
    await answer(market, true, '2026-11-04 15:59');
    await watch(market, '2026-11-04 16:00');
    expect([await stateOf(lease), (await ordersOf(market)).length]).toEqual(['cut', 1]);
    await topUp(market, lease, 100n);
    await watch(market, '2026-11-07 02:00');
    expect(await stateOf(lease)).toBe('cut');
    await topUp(market, lease, 1n);
    await watch(market, '2026-11-07 02:01');
    expect([await stateOf(lease), (await ordersOf(market)).map(({ op }) => op)]).toEqual([
      'reconnecting',
      ['relay_open', 'relay_close'],
    ]);
    await answer(market, true, '2026-11-07 02:02');
    await watch(market, '2026-11-07 02:02');
    expect([await stateOf(lease), await told(market)]).toEqual(['connected', ['low', 'very_low']]);
    const steps = (await listSupplyEvents(db.$client, { leaseId: lease, limit: 20 })).map(({ step }) => step);
    expect(steps.reverse()).toEqual([
      ...['notify', 'fall_due', 'cut', 'confirm_cut', 'reconnect', 'confirm_reconnect'],
    ]);
    const { rows } = await db.$client.query(
      `SELECT action FROM actions WHERE site_id = $1 AND subject = $2 ORDER BY id`,
      [market.site, `lease ${lease}`],
    );
    expect(rows.map(({ action }) => action)).toEqual(steps.map((step) => `supply.${step}`));
  });

  it('sends one command when several processes take the step', async () => {
    const { market, lease } = await stallOf({ cutOff: true });
    await charge(market, lease, 100n);
    await watch(market, '2026-11-02 10:00');
    await Promise.all([1, 2, 3, 4].map(() => watch(market, '2026-11-03 10:00')));
    expect(await stateOf(lease)).toBe('cutting');
    expect(await ordersOf(market)).toHaveLength(1);
  });

  it('that fails opens a case and is not tried again; a top-up still gives power back', async () => {
    const { market, lease } = await stallOf({ cutOff: true });
    await charge(market, lease, 100n);
    await watch(market, '2026-11-02 10:00');
    await watch(market, '2026-11-03 10:00');
    await answer(market, false, '2026-11-03 10:00');
    for (const local of ['2026-11-03 10:01', '2026-11-04 10:00']) await watch(market, local);
    const cases = async () =>
      (
        await db.$client.query(`SELECT status FROM cases WHERE site_id = $1 AND kind = 'supply_failed'`, [
          market.site,
        ])
      ).rows;
    expect([await stateOf(lease), (await ordersOf(market)).length, await cases()]).toEqual([
      'cut_failed',
      1,
      [{ status: 'open' }],
    ]);
    await topUp(market, lease, 500n);
    await watch(market, '2026-11-04 23:00');
    await answer(market, true, '2026-11-04 23:00');
    await watch(market, '2026-11-04 23:01');
    expect([await stateOf(lease), await cases()]).toEqual(['connected', [{ status: 'closed' }]]);
  });

  it('spares protected leases, and gives power back to one that becomes protected', async () => {
    const { market, lease } = await stallOf({ cutOff: true });
    const protect = (isProtected: boolean) =>
      setProtected(db.$client, {
        ...{ siteId: market.site, leaseId: lease, isProtected, reason: 'cold store', at: at('2026-11-01') },
      });
    await protect(true);
    await charge(market, lease, 100n);
    await watch(market, '2026-11-02 10:00');
    expect(await stateOf(lease)).toBe('connected');
    await protect(false);
    await watch(market, '2026-11-02 10:00');
    await watch(market, '2026-11-03 10:00');
    await answer(market, true, '2026-11-03 10:00');
    await watch(market, '2026-11-03 10:01');
    expect(await stateOf(lease)).toBe('cut');
    await protect(true);
    await watch(market, '2026-11-03 10:02');
    expect(await stateOf(lease)).toBe('reconnecting');
  });

  it('spares a stall whose meter others use too', async () => {
    const { market, lease, register } = await stallOf({ cutOff: true });
    const { rows } = await db.$client.query('SELECT device_id FROM registers WHERE id = $1', [register]);
    const { rows: second } = await db.$client.query(
      `INSERT INTO registers (device_id, point, unit, modulus) VALUES ($1, 'second', 'Wh', 1000000) RETURNING id`,
      [rows[0].device_id],
    );
    const other = await market.point(await market.stall());
    await db.insert(installations).values({
      ...{ registerId: Number(second[0].id), meteringPointId: other, startsAt: at('2026-01-01') },
      startValue: 0n,
    });
    await charge(market, lease, 100n);
    for (const local of ['2026-11-02 10:00', '2026-11-03 10:00']) await watch(market, local);
    expect([await stateOf(lease), await ordersOf(market)]).toEqual([undefined, []]);
  });

  it('ends with the lease: who comes next has power', async () => {
    const { market, lease } = await stallOf({ cutOff: true });
    await charge(market, lease, 100n);
    await watch(market, '2026-11-02 10:00');
    await watch(market, '2026-11-03 10:00');
    await answer(market, true, '2026-11-03 10:00');
    await watch(market, '2026-11-03 10:01');
    await db.$client.query('UPDATE leases SET ends_at = $2 WHERE id = $1', [lease, at('2026-11-05')]);
    await watch(market, '2026-11-05 00:00');
    expect(await stateOf(lease)).toBe('reconnecting');
  });
});

it('a top-up wakes whoever watches, and an acknowledgement is awaited', async () => {
  const { market, lease } = await stallOf({ cutOff: true });
  await charge(market, lease, 100n);
  await watch(market, '2026-11-02 10:00');
  await watch(market, '2026-11-03 10:00');
  await answer(market, true, '2026-11-03 10:00');
  const watchers = await Promise.all(
    [1, 2].map(() =>
      startPrepaid({
        ...{ db, databaseUrl: database.url, log: silent, now: () => at('2026-11-03 20:00') },
        ...{ lookEveryMs: 3_600_000, awaitEveryMs: 20 },
      }),
    ),
  );
  try {
    await eventually(async () => expect(await stateOf(lease)).toBe('cut'));
    await topUp(market, lease, 200n);
    await eventually(async () => expect(await stateOf(lease)).toBe('reconnecting'));
    await answer(market, true, '2026-11-03 20:00');
    await eventually(async () => expect(await stateOf(lease)).toBe('connected'));
    expect(await ordersOf(market)).toHaveLength(2);
  } finally {
    for (const watcher of watchers) await watcher.close();
  }
});
