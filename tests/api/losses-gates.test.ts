import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertPasses, type NewPass } from '../../store/passes.ts';
import { at, buildMarket, run } from '../billing/market.ts';
import { startTestApi, type TestApi } from './support.ts';

const SITE = 'm1';
let api: TestApi;
let points: { main: number; sub: number; stall: number };
beforeAll(async () => {
  api = await startTestApi();
  const market = await buildMarket(api.db, SITE);
  points = {
    main: await market.point(null),
    sub: await market.point(null),
    stall: await market.point(await market.stall()),
  };
});
afterAll(() => api.close());

const patch = (id: number, payload: object, as?: 'auditor') =>
  api.call({ method: 'PATCH', url: `/api/v1/meter-tree/${id}`, payload, as });

describe('the meter tree', () => {
  test('puts points behind mains, refuses circles, and says who may', async () => {
    const { main, sub, stall } = points;
    expect((await patch(stall, { main: sub }, 'auditor')).status).toBe(403);
    expect((await patch(stall, { main: sub })).status).toBe(204);
    expect((await patch(sub, { main })).status).toBe(204);
    expect((await patch(main, { main: sub })).body.detail).toContain('lies behind');
    expect((await patch(main, { main })).status).toBe(422);
    expect((await patch(sub, { role: 'common' })).body.detail).toContain('it is a main');
    expect((await patch(999_999, { main })).status).toBe(404);
    const { body } = await api.call({
      url: `/api/v1/meter-tree?site=${SITE}&month=2026-10&commodity=electricity`,
    });
    const roles = Object.fromEntries(
      body.items.map((one: { id: number; role: string }) => [one.id, one.role]),
    );
    expect(roles).toEqual({ [main]: 'main', [sub]: 'main', [stall]: 'stall' });
  });

  test('the database refuses a circle as well, whoever writes it', async () => {
    await expect(
      api.db.$client.query('UPDATE metering_points SET main_id = $1 WHERE id = $2', [
        points.stall,
        points.main,
      ]),
    ).rejects.toThrow('circle');
  });

  test('allocations begin after the last closed month, for a main with stalls behind it', async () => {
    const allocate = (main: number, fromMonth: string) =>
      api.call({
        method: 'POST',
        url: '/api/v1/allocations',
        payload: { main, fromMonth, what: 'residual', weight: 'area' },
      });
    expect((await allocate(points.stall, '2026-10')).status).toBe(422);
    const made = await allocate(points.main, '2026-10');
    expect(made.status).toBe(201);
    await run(api.db, SITE, '2026-10');
    await api.db.$client.query(
      `INSERT INTO billing_periods (site_id, period, closed_at, closed_by, run_id, lines, amount, hash)
       SELECT site_id, period, now(), 'test', id, 0, 0, '' FROM billing_runs WHERE site_id = $1 LIMIT 1`,
      [SITE],
    );
    expect((await allocate(points.main, '2026-10')).status).toBe(409);
    expect((await api.call({ method: 'DELETE', url: `/api/v1/allocations/${made.body.id}` })).status).toBe(
      409,
    );
    expect((await allocate(points.main, '2026-11')).status).toBe(201);
  });
});

describe('passes and vehicles', () => {
  const pass = (n: number, direction: 'in' | 'out', plate: string, hour: number): NewPass => ({
    ...{
      deviceId: 'G1',
      eventId: `e${n}`,
      ts: at(`2026-10-05 ${hour}:00`).getTime(),
      direction,
      vehicle: plate,
      plate,
    },
    ...{ class: 'van', ticket: null, receivedAt: at('2026-10-06').getTime(), journalSeq: 0 },
  });
  const list = async (query: string) =>
    (await api.call({ url: `/api/v1/passes?site=${SITE}&${query}` })).body;

  test('are listed with their partner, page by page, and filtered', async () => {
    await api.db.$client.query(
      `INSERT INTO devices (id, site_id, serial, profile_id, profile_revision, secret_hash) VALUES ('G1', $1, 'G1', 'gate', 1, '')`,
      [SITE],
    );
    const passes = [
      pass(1, 'in', '苏E1', 10),
      pass(2, 'out', '苏E1', 11),
      pass(3, 'out', '苏E2', 12),
      pass(4, 'in', '苏E3', 13),
    ];
    await insertPasses(api.db.$client, [...passes].reverse());
    await insertPasses(api.db.$client, passes);
    const first = await list('limit=3');
    expect(first.items.map((one: { plate: string }) => one.plate)).toEqual(['苏E3', '苏E2', '苏E1']);
    expect(first.items[2]).toMatchObject({ minutes: 60, pairing: 'paired', lane: 'GATE-G1' });
    const second = await list(`limit=3&cursor=${first.nextCursor}`);
    expect(second.items).toMatchObject([{ direction: 'in', minutes: 60 }]);
    expect(second.nextCursor).toBeNull();
    expect((await list('lost=true')).items.map((one: { plate: string }) => one.plate)).toEqual([
      '苏E3',
      '苏E2',
    ]);
    expect((await list(`plate=${encodeURIComponent('e·2')}`)).items).toHaveLength(1);
    expect((await list('cursor=Zm9v')).status).toBe(400);
  });

  test('an entry is looked for as long after it as the settings say', async () => {
    const HOURS_AGO = 30;
    const entered = {
      ...pass(5, 'in', '苏E5', 10),
      ts: Date.now() - HOURS_AGO * 3_600_000,
      receivedAt: Date.now(),
    };
    await insertPasses(api.db.$client, [entered]);
    const pairing = async () =>
      (await list('direction=in&plate=E5')).items.map((one: { pairing: string }) => one.pairing);
    const isLost = async () =>
      (await list('lost=true')).items.some((one: { plate: string }) => one.plate === '苏E5');
    expect([await pairing(), await isLost()]).toEqual([['lost'], true]);
    const url = `/api/v1/sites/${SITE}/settings`;
    const { settings, updatedAt } = (await api.call({ url })).body;
    expect(settings.gates).toEqual({ lostAfterHours: 24 });
    const set = (lostAfterHours: number) =>
      api.call({
        method: 'PUT',
        url,
        payload: { settings: { ...settings, gates: { lostAfterHours } }, updatedAt },
      });
    expect((await set(0)).status).toBe(400);
    expect((await set(48)).status).toBe(200);
    expect([await pairing(), await isLost()]).toEqual([['open'], false]);
  });

  test('a monthly pass is refused where there is one, and can be extended and taken away', async () => {
    const made = await api.call({
      method: 'POST',
      url: '/api/v1/vehicles',
      payload: { site: SITE, plate: '苏e·9', class: 'van' },
    });
    expect(made.body).toMatchObject({ plate: '苏E9', payer: null });
    const url = `/api/v1/vehicles/${made.body.id}/monthly-passes`;
    const add = (from: string, to: string) => api.call({ method: 'POST', url, payload: { from, to } });
    expect((await add('2026-10-31', '2026-10-01')).status).toBe(422);
    const added = await add('2026-10-01', '2026-10-31');
    expect(added.body.monthlyPasses).toMatchObject([
      { startsAt: '2026-09-30T16:00:00.000Z', endsAt: '2026-10-31T16:00:00.000Z' },
    ]);
    expect((await add('2026-10-31', '2026-11-30')).status).toBe(409);
    const id = added.body.monthlyPasses[0].id;
    const end = (to: string) => api.call({ method: 'PATCH', url: `${url}/${id}`, payload: { to } });
    expect((await end('2026-11-30')).body.monthlyPasses[0].endsAt).toBe('2026-11-30T16:00:00.000Z');
    expect((await end('2026-09-30')).body.monthlyPasses).toEqual([]);
  });

  test('money is taken once, at an exit that a driver pays for, into the walk-in balance', async () => {
    const [exit] = (await list('direction=out&plate=E1')).items;
    const collect = (id: number) =>
      api.call({ method: 'POST', url: `/api/v1/passes/${id}/collection`, payload: { amount: '1500' } });
    expect((await collect(exit.id)).status).toBe(409);
    await api.db.$client.query(
      `INSERT INTO leases (site_id, party_id, kind, charging, starts_at)
       SELECT site_id, party_id, 'walk_in', 'prepaid', '2026-01-01' FROM (SELECT $1 AS site_id, max(id) AS party_id FROM parties) p`,
      [SITE],
    );
    expect((await collect(exit.id)).body).toMatchObject({ collected: '1500' });
    expect((await collect(exit.id)).body.detail).toContain('before');
    expect((await api.call({ url: `/api/v1/sites/${SITE}/walk-in` })).body.balance).toBe('1500');
    const [entry] = (await list('direction=in&plate=E1')).items;
    expect((await collect(entry.id)).status).toBe(422);
  });
});
