import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const post = (path: string, payload: object) => api.call({ method: 'POST', url: `/api/v1/${path}`, payload });
const SITE = 'new';
const NOVEMBER = '2026-11-01T00:00:00+08:00';

test('an empty installation is set up, place by place', async () => {
  const site = await post('sites', { id: SITE, name: '新市场', timeZone: 'Asia/Shanghai' });
  expect(site.body).toEqual({ id: SITE, name: '新市场', timeZone: 'Asia/Shanghai', currency: 'CNY' });
  expect((await api.call({ url: '/api/v1/sites' })).body.items).toEqual([site.body]);

  const plan = { width: 40, height: 30, walls: [[0, 0, 40, 0]], labels: [{ x: 1, y: 1, text: '东门' }] };
  const floor = await post('places', { site: SITE, kind: 'floor', code: 'F1', name: '一楼', plan });
  expect(floor.status).toBe(201);
  const floors = await api.call({ url: `/api/v1/floors?site=${SITE}` });
  expect(floors.body.items).toEqual([{ id: floor.body.id, site: SITE, code: 'F1', name: '一楼', plan }]);

  const zone = await post('places', { site: SITE, kind: 'zone', code: 'Z1', parent: floor.body.id });
  const rect = { x: 1, y: 1, w: 3, h: 3 };
  const stall = { site: SITE, kind: 'stall', rect, areaM2: '9.00' };
  expect((await post('places', { ...stall, code: 'A1', parent: 'F1' })).status).toBe(201);
  expect((await post('places', { ...stall, code: 'A2', parent: 'Z1' })).body.parentId).toBe(zone.body.id);
  const stalls = await api.call({ url: `/api/v1/stalls?floor=${floor.body.id}` });
  expect(stalls.body.items).toMatchObject([
    {
      code: 'A1',
      floorId: floor.body.id,
      rect,
      areaM2: '9.00',
      lease: null,
      occupancy: 'unknown',
      stale: true,
    },
    { code: 'A2', floorId: floor.body.id },
  ]);
});

test.each([
  ['a stall in no floor', { kind: 'stall', code: 'X1' }, 422],
  ['a floor in a stall', { kind: 'floor', code: 'X2', parent: 'A1' }, 422],
  ['an unknown parent', { kind: 'stall', code: 'X3', parent: 'nowhere' }, 422],
  ['an unknown site', { site: 'nowhere', kind: 'hall', code: 'X4' }, 422],
  ['a code that is there', { kind: 'stall', code: 'A1', parent: 'F1' }, 409],
  ['an area that is no number', { kind: 'hall', code: 'X5', areaM2: 'big' }, 400],
])('%s is refused', async (_what, place, status) => {
  expect((await post('places', { site: SITE, ...place })).status).toBe(status);
});

test('a stall is leased, once at a time, and the lease pays its tariffs', async () => {
  for (const code of ['flat', 'night']) {
    const definition = { components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '1.25' } }] };
    const made = await post('tariffs', {
      site: SITE,
      code,
      name: code,
      commodity: 'electricity',
      effectiveFrom: '2026-01-01T00:00:00+08:00',
      definition,
    });
    expect(made.status).toBe(201);
  }
  const party = await post('parties', { name: '王记水产', initials: 'wjsc', phone: '13800000000' });
  expect(party.body).toMatchObject({ kind: 'merchant', name: '王记水产' });
  const lease = {
    site: SITE,
    stall: 'A1',
    party: party.body.id,
    trade: '水产',
    startsAt: NOVEMBER,
    tariffs: [{ commodity: 'electricity', tariff: 'flat' }],
  };
  const made = await post('leases', lease);
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    kind: 'merchant',
    stall: { code: 'A1' },
    party: { name: '王记水产' },
    charging: 'postpaid',
    startsAt: '2026-10-31T16:00:00.000Z',
    endsAt: null,
    tariffs: [
      { commodity: 'electricity', tariff: 'flat', startsAt: '2026-10-31T16:00:00.000Z', endsAt: null },
    ],
  });
  const overlapping = await post('leases', { ...lease, startsAt: '2027-01-01T00:00:00+08:00' });
  expect(overlapping.status).toBe(409);
  expect(overlapping.body.detail).toBe('the stall has another lease in that time');
  expect(
    (await post('leases', { ...lease, stall: 'A2', tariffs: [{ commodity: 'water', tariff: 'flat' }] }))
      .status,
  ).toBe(422);
  expect((await post('leases', { ...lease, stall: 'F1' })).status).toBe(422);
  expect((await post('leases', { ...lease, stall: 'A2', party: 999_999 })).status).toBe(422);
  expect((await post('leases', { ...lease, stall: 'A2', endsAt: '2026-10-01T00:00:00+08:00' })).status).toBe(
    422,
  );

  const path = `leases/${made.body.id}`;
  const changed = await post(`${path}/tariffs`, {
    commodity: 'electricity',
    tariff: 'night',
    startsAt: '2026-12-01T00:00:00+08:00',
  });
  expect(changed.body.tariffs).toMatchObject([
    { tariff: 'flat', endsAt: '2026-11-30T16:00:00.000Z' },
    { tariff: 'night', startsAt: '2026-11-30T16:00:00.000Z', endsAt: null },
  ]);
  const end = (endsAt: string) => api.call({ method: 'PATCH', url: `/api/v1/${path}`, payload: { endsAt } });
  expect((await end('2026-10-01T00:00:00+08:00')).status).toBe(422);
  const ended = await end('2026-11-15T00:00:00+08:00');
  expect(ended.body).toMatchObject({
    endsAt: '2026-11-14T16:00:00.000Z',
    tariffs: [{ tariff: 'flat', endsAt: '2026-11-14T16:00:00.000Z' }],
  });
  expect((await post('leases', { ...lease, startsAt: '2026-11-15T00:00:00+08:00' })).status).toBe(201);
  expect((await api.call({ url: '/api/v1/parties?q=wj' })).body.items).toEqual([party.body]);
});

test('the house lease is there from the start, takes tariffs, and does not end', async () => {
  const { body } = await api.call({ url: `/api/v1/leases?site=${SITE}` });
  const house = body.items.find((lease: { kind: string }) => lease.kind === 'house');
  expect(house).toMatchObject({ stall: null, party: { name: '新市场' } });
  const paid = await post(`leases/${house.id}/tariffs`, {
    commodity: 'electricity',
    tariff: 'flat',
    startsAt: NOVEMBER,
  });
  expect(paid.body.tariffs).toMatchObject([{ tariff: 'flat' }]);
  const end = await api.call({
    method: 'PATCH',
    url: `/api/v1/leases/${house.id}`,
    payload: { endsAt: NOVEMBER },
  });
  expect(end.status).toBe(409);
  expect((await api.call({ url: '/api/v1/leases/999999' })).status).toBe(404);
});

test('a meter is installed at its stall, exchanged, and never at two places at once', async () => {
  const meter = async (serial: string, profile = 'electricity-meter'): Promise<number> =>
    (await post('devices', { site: SITE, serial, profile, place: 'A1' })).body.registers[0].id;
  const [first, second, water] = [await meter('E1'), await meter('E2'), await meter('W1', 'water-meter')];
  const install = (more: object) =>
    post('installations', {
      register: first,
      stall: 'A1',
      startsAt: NOVEMBER,
      startValue: '123450',
      ...more,
    });

  const made = await install({ multiplier: '40' });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    register: first,
    meteringPoint: { code: 'A1-E', commodity: 'electricity' },
    startValue: '123450',
    endsAt: null,
    multiplier: '40.0000',
  });
  expect((await install({ register: water })).body.meteringPoint).toMatchObject({
    code: 'A1-W',
    commodity: 'water',
  });
  expect((await install({ register: second })).status).toBe(409);
  expect((await install({ stall: 'A2' })).status).toBe(409);

  const end = (payload: object) => post(`installations/${made.body.id}/end`, payload);
  expect((await end({ endsAt: '2026-10-01T00:00:00+08:00', endValue: '5' })).status).toBe(422);
  expect((await end({ endsAt: '2026-11-10T00:00:00+08:00', endValue: '-1' })).status).toBe(422);
  const ended = await end({ endsAt: '2026-11-10T00:00:00+08:00', endValue: '200000' });
  expect(ended.body).toMatchObject({ endValue: '200000', endsAt: '2026-11-09T16:00:00.000Z' });
  expect((await end({ endsAt: '2026-11-11T00:00:00+08:00', endValue: '200001' })).status).toBe(409);
  const next = await install({ register: second, startsAt: '2026-11-10T00:00:00+08:00', startValue: '0' });
  expect(next.body.meteringPoint.id).toBe(made.body.meteringPoint.id);
  const list = await api.call({ url: `/api/v1/installations?stall=${made.body.meteringPoint.placeId}` });
  expect(list.body.items).toHaveLength(3);
});

test.each([
  ['an unknown register', { register: 999_999 }, 422],
  ['neither stall nor point', { stall: undefined }, 422],
  ['an unknown stall', { stall: 'nowhere' }, 422],
  ['a value the dial cannot show', { startValue: '1000000000' }, 422],
  ['a negative value', { startValue: '-1' }, 422],
  ['a multiplier of zero', { multiplier: '0.0000' }, 422],
  ['a point of another commodity', { point: 'A1-W' }, 422],
  ['a point of another stall', { stall: 'A2', point: 'A1-E' }, 422],
])('an installation with %s is refused', async (_what, more, status) => {
  const made = await post('devices', {
    site: SITE,
    serial: `I${Math.random()}`,
    profile: 'electricity-meter',
  });
  const register = made.body.registers[0].id;
  const answer = await post('installations', {
    register,
    stall: 'A1',
    startsAt: NOVEMBER,
    startValue: '0',
    ...more,
  });
  expect(answer.status).toBe(status);
});

test('the house’s own meter has a point with a code and no stall', async () => {
  const made = await post('devices', { site: SITE, serial: 'MAIN', profile: 'electricity-meter' });
  const answer = await post('installations', {
    register: made.body.registers[0].id,
    point: 'MAIN-E',
    startsAt: NOVEMBER,
    startValue: '0',
    maxRate: 2_000_000,
  });
  expect(answer.body.meteringPoint).toMatchObject({ code: 'MAIN-E', placeId: null });
});
