import { afterAll, beforeAll, expect, test } from 'vitest';
import { createInstallation, createMeteringPoint } from '../../store/installations.ts';
import { createLease, createMarket, type Market, report, SITE } from './market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
let market: Market;
let register: number;
const first = () => {
  const [stall] = market.stalls;
  if (!stall) throw new Error('the market has stalls');
  return stall;
};

beforeAll(async () => {
  api = await startTestApi();
  market = await createMarket(api.db, 5);
  await createLease(api.db, first().id, '王记水产', 'wjsc');
  await report(api.db, first(), 'occupied', Date.now());
  const made = await api.call({
    method: 'POST',
    url: '/api/v1/devices',
    payload: { site: SITE, serial: 'E1', profile: 'electricity-meter', place: 'A001' },
  });
  register = made.body.registers[0].id;
  const point = await createMeteringPoint(api.db, {
    siteId: SITE,
    placeId: first().id,
    commodity: 'electricity',
    code: 'A001-E',
    maxRate: 100_000,
  });
  await createInstallation(api.db, {
    registerId: register,
    meteringPointId: point.id,
    startsAt: new Date('2026-10-01T00:00:00Z'),
    startValue: 0n,
    multiplier: '40',
  });
  await api.db.$client.query(`SELECT ensure_month_partition('readings', '2026-10-01')`);
  await api.db.$client.query(
    `INSERT INTO readings (register_id, ts, value, quality, source, received_at)
     SELECT $1, '2026-10-01T00:00:00Z'::timestamptz + n * interval '1 hour', n * 1000,
       CASE WHEN n = 9 THEN 'future' ELSE 'good' END, 'device', '2026-10-02T00:00:00Z'
     FROM generate_series(0, 9) AS n`,
    [register],
  );
});
afterAll(() => api.close());

const codes = async (query: string): Promise<string[]> =>
  (await api.call({ url: `/api/v1/stalls?${query}` })).body.items.map(({ code }: { code: string }) => code);

test('a stall shows its lease and what its sensor said', async () => {
  const { body } = await api.call({ url: `/api/v1/stalls?floor=${market.floor}&limit=2` });
  expect(body.items).toMatchObject([
    {
      code: 'A001',
      occupancy: 'occupied',
      stale: false,
      lease: { party: { name: '王记水产', initials: 'wjsc' }, trade: '水产', endsAt: null },
    },
    { code: 'A002', occupancy: 'unknown', stale: true, seenAt: null, lease: null },
  ]);
});

test('stalls are found by code, merchant, initials and the serial of a device', async () => {
  expect(await codes('q=a003')).toEqual(['A003']);
  expect(await codes('q=王记')).toEqual(['A001']);
  expect(await codes('q=wjs')).toEqual(['A001']);
  expect(await codes('q=S-A004')).toEqual(['A004']);
  expect(await codes('q=_')).toEqual([]);
  expect(await codes('floor=999999')).toEqual([]);
  expect(await codes(`site=${SITE}`)).toHaveLength(5);
});

test('the drawer of a stall has its meters with their last good reading, and its devices', async () => {
  const { status, body } = await api.call({ url: `/api/v1/stalls/${first().id}` });
  expect(status).toBe(200);
  expect(body.meters).toEqual([
    {
      meteringPointId: expect.any(Number),
      commodity: 'electricity',
      deviceId: 'E1',
      serial: 'E1',
      registerId: register,
      point: 'energy_import',
      multiplier: '40.0000',
      online: false,
      lastReading: { ts: '2026-10-01T08:00:00.000Z', value: '8000' },
    },
  ]);
  expect(body.devices.map(({ id }: { id: string }) => id)).toEqual(['E1', 'S-A001']);
  expect((await api.call({ url: '/api/v1/stalls/999999' })).status).toBe(404);
  expect((await api.call({ url: `/api/v1/stalls/${market.floor}` })).status).toBe(404);
});

test('readings come newest first, of every quality, in pages and ranges', async () => {
  const path = `/api/v1/registers/${register}/readings`;
  const all = await api.call({ url: path });
  expect(all.body.items).toHaveLength(10);
  expect(all.body.items[0]).toEqual({
    ts: '2026-10-01T09:00:00.000Z',
    value: '9000',
    unit: 'Wh',
    quality: 'future',
    source: 'device',
    receivedAt: '2026-10-02T00:00:00.000Z',
  });
  const page = await api.call({ url: `${path}?limit=4` });
  const rest = await api.call({ url: `${path}?cursor=${page.body.nextCursor}` });
  expect([...page.body.items, ...rest.body.items]).toEqual(all.body.items);
  const range = await api.call({ url: `${path}?from=2026-10-01T02:00:00Z&to=2026-10-01T04:00:00Z` });
  expect(range.body.items.map(({ value }: { value: string }) => value)).toEqual(['3000', '2000']);
  expect((await api.call({ url: '/api/v1/registers/999999/readings' })).status).toBe(404);
});

test('dead letters are listed newest first, filtered, with their raw bytes', async () => {
  await api.db.$client.query(
    `INSERT INTO dead_letters (site_id, device_id, topic, payload, reason, detail, received_at, journal_seq, record_index)
     SELECT $1, 'E' || n % 2, 'v1/m1/E/up', '\\x00ff7b'::bytea, CASE WHEN n = 3 THEN 'wrong_shape' ELSE 'not_json' END,
       'at 1', now(), n, 0 FROM generate_series(1, 5) AS n`,
    [SITE],
  );
  const list = async (query: string) => (await api.call({ url: `/api/v1/dead-letters?${query}` })).body.items;
  const all = await list('');
  expect(all).toHaveLength(5);
  expect(all[0].id).toBeGreaterThan(all[4].id);
  expect(Buffer.from(all[0].payloadBase64, 'base64')).toEqual(Buffer.from([0, 255, 123]));
  expect(await list('reason=wrong_shape')).toHaveLength(1);
  expect(await list('device=E1')).toHaveLength(3);
  expect(await list('site=nowhere')).toEqual([]);
  expect((await api.call({ url: '/api/v1/dead-letters?reason=bored' })).status).toBe(400);
  expect((await api.call({ url: `/api/v1/dead-letters/${all[2].id}` })).body).toEqual(all[2]);
  expect((await api.call({ url: '/api/v1/dead-letters/999999' })).status).toBe(404);
});
