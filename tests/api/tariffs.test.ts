import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TARIFF_EXAMPLES } from '../../domain/tariffs/examples.ts';
import { at, buildMarket, PEAK_VALLEY, run } from '../billing/market.ts';
import { startTestApi, type TestApi } from './support.ts';

const SITE = 'm1';
let api: TestApi;
let market: Awaited<ReturnType<typeof buildMarket>>;
beforeAll(async () => {
  api = await startTestApi();
  market = await buildMarket(api.db, SITE);
});
afterAll(() => api.close());

const ask = (payload: object) =>
  api.call({ method: 'POST', url: '/api/v1/tariffs/preview', payload: { site: SITE, ...payload } });
const exampleOf = (code: string) => {
  const example = TARIFF_EXAMPLES.find((one) => one.code === code);
  if (!example) throw new Error(`no example ${code}`);
  const { definition, commodity } = example;
  return { definition, commodity };
};
const definitionOf = (price: object) => ({ definition: { components: [{ code: 'a', price }] } });

describe('a preview', () => {
  test('of a year of 15-minute usage rates every band and month', async () => {
    const quantities = Array.from({ length: 35_040 }, (_, i) => 100 + (i % 400));
    const usage = { kind: 'series', from: '2025-01-01T00:00:00+08:00', stepMinutes: 15, quantities };
    const { status, body } = await ask({ tariff: exampleOf('TOU-5'), usage });
    expect(status).toBe(200);
    const total = quantities.reduce((sum, quantity) => sum + quantity, 0);
    expect(body.quantity).toBe(String(total));
    const energy = body.lines.filter((line: { component: string }) => line.component === 'energy');
    expect(new Set(energy.map((line: { band: string }) => line.band))).toEqual(
      new Set(['尖', '峰', '平', '谷', '深谷']),
    );
    expect(energy.reduce((sum: number, line: { quantity: string }) => sum + Number(line.quantity), 0)).toBe(
      total,
    );
    const sum = (list: { amount: string }[]): bigint =>
      list.reduce((all, one) => all + BigInt(one.amount), 0n);
    expect(sum(body.subtotals)).toBe(BigInt(body.amount));
    expect(sum(body.lines)).toBe(BigInt(body.amount));
  });

  test('takes the same usage as intervals with instants', async () => {
    const quantities = Array.from({ length: 96 }, (_, i) => i * 7);
    const from = Date.parse('2025-07-01T00:00:00+08:00');
    const iso = (n: number): string => new Date(from + n * 900_000).toISOString();
    const tariff = exampleOf('TOU-5');
    const compact = await ask({
      tariff,
      usage: { kind: 'series', from: iso(0), stepMinutes: 15, quantities },
    });
    const spelled = await ask({
      tariff,
      usage: {
        kind: 'series',
        intervals: quantities.map((quantity, i) => ({
          from: iso(i),
          to: iso(i + 1),
          quantity: `${quantity}`,
        })),
      },
    });
    expect(spelled.body).toEqual(compact.body);
  });

  test('of tiers says each with its number, exactly and rounded', async () => {
    const { body } = await ask({
      tariff: exampleOf('WATER-3'),
      usage: { kind: 'total', quantity: '270001' },
    });
    expect(body.lines).toEqual([
      {
        component: 'water',
        band: 't1',
        tier: 1,
        unit: 'L',
        quantity: '180000',
        unitPrice: '5',
        unrounded: '900',
        amount: '90000',
      },
      {
        component: 'water',
        band: 't2',
        tier: 2,
        unit: 'L',
        quantity: '80000',
        unitPrice: '7',
        unrounded: '560',
        amount: '56000',
      },
      {
        component: 'water',
        band: 't3',
        tier: 3,
        unit: 'L',
        quantity: '10001',
        unitPrice: '9',
        unrounded: '90.009',
        amount: '9001',
      },
    ]);
  });

  test('of passes counts each class', async () => {
    const passes = [
      { class: 'truck', count: 3, minutes: 60 },
      { class: 'van', count: 2, monthlyPass: true },
    ];
    const { body } = await ask({ tariff: exampleOf('GATE'), passes });
    expect(body).toMatchObject({ amount: '9000', quantity: '0' });
    expect(body.lines).toMatchObject([
      { band: 'truck', unit: 'pass', quantity: '3', amount: '9000' },
      { band: 'van', quantity: '2', unitPrice: '0', amount: '0' },
    ]);
  });

  test.each([
    ['usage by band or as a series', exampleOf('TOU-5'), { kind: 'total', quantity: '1' }],
    ['give peakKw', exampleOf('DEMAND-2'), { kind: 'total', quantity: '1' }],
    ['give passes', exampleOf('GATE'), { kind: 'total', quantity: '0' }],
    [
      'give areaM2',
      definitionOf({ kind: 'fixed', unitPrice: '1', per: 'month', by: 'm2', prorated: true }),
      { kind: 'total', quantity: '1' },
    ],
    [
      'give days',
      definitionOf({ kind: 'fixed', unitPrice: '1', per: 'day', by: 'lease', prorated: true }),
      { kind: 'total', quantity: '1' },
    ],
    ['no such stall', exampleOf('TOU-5'), { kind: 'past', stall: 'nowhere', period: '2024-01' }],
    ['not over yet', exampleOf('TOU-5'), { kind: 'past', stall: 'A1', period: '2199-01' }],
  ])('says %s', async (words, tariff, usage) => {
    const { status, body } = await ask({ tariff, usage });
    expect(status).toBe(422);
    expect(body.detail).toContain(words);
  });

  test.each([
    [
      'both forms of a series',
      {
        kind: 'series',
        intervals: [{ from: '2025-01-01T00:00:00Z', to: '2025-01-02T00:00:00Z', quantity: '1' }],
        quantities: [1],
      },
    ],
    ['neither form', { kind: 'series', from: '2025-01-01T00:00:00Z' }],
    [
      'a negative quantity',
      { kind: 'series', from: '2025-01-01T00:00:00Z', stepMinutes: 15, quantities: [-1] },
    ],
    [
      'too many',
      {
        kind: 'series',
        from: '2025-01-01T00:00:00Z',
        stepMinutes: 15,
        quantities: new Array(40_001).fill(1),
      },
    ],
    ['a stall and a lease', { kind: 'past', stall: 'A1', lease: 1, period: '2024-01' }],
  ])('refuses %s', async (_, usage) => {
    expect((await ask({ tariff: exampleOf('FLAT-FEE'), usage })).status).toBe(400);
  });

  test('of a past month comes to what the run charged, and writes nothing', async () => {
    const stall = await market.stall();
    const tariff = await market.tariff('TOU', '2024-01-01', PEAK_VALLEY);
    const point = await market.point(stall);
    const meter = await market.meter(point, '2024-02-10', 5_000n, { multiplier: '1.5' });
    const lease = await market.lease(stall, '2024-02-15', null, { tariff });
    await market.readHourly(meter, '2024-02-10', '2024-04-02', 5_000n, 777n);
    const code = (await api.db.$client.query('SELECT code FROM places WHERE id = $1', [stall])).rows[0].code;
    const preview = () =>
      ask({ tariff: { code: 'TOU' }, usage: { kind: 'past', stall: code, period: '2024-03' } });
    // Before any run it reads from the meter's begin, after one it goes on from what was charged.
    const before = await preview();
    expect(before.status).toBe(200);
    await run(api.db, SITE, '2024-02', { now: at('2024-04-05') });
    await run(api.db, SITE, '2024-03', { now: at('2024-04-05') });
    const posted = async (): Promise<{ amount: string; lines: string }> => {
      const { rows } = await api.db.$client.query(
        "SELECT coalesce(sum(amount), 0)::text AS amount, count(*) AS lines FROM fee_lines WHERE metering_point_id = $1 AND period = '2024-03'",
        [point],
      );
      return rows[0];
    };
    const charged = await posted();
    expect(BigInt(charged.amount)).toBeGreaterThan(0n);
    expect(before.body.amount).toBe(charged.amount);
    const after = await preview();
    expect(after.body).toEqual(before.body);
    expect(
      (await ask({ tariff: { code: 'TOU' }, usage: { kind: 'past', lease, period: '2024-03' } })).body,
    ).toEqual(after.body);
    expect(await posted()).toEqual(charged);
    const other = await ask({ tariff: { code: 'TOU' }, usage: { kind: 'past', lease, period: '2024-04' } });
    expect(other).toMatchObject({ status: 422 });
    expect(other.body.detail).toContain('no reading follows');
  });
});

test('an exported tariff is imported as it was, and the examples too', async () => {
  const examples = await api.call({ url: '/api/v1/tariffs/examples' });
  expect(examples.body.items).toHaveLength(5);
  for (const { code, name, commodity, definition } of examples.body.items) {
    const create = (payload: object) =>
      api.call({
        method: 'POST',
        url: '/api/v1/tariffs',
        payload: { site: SITE, effectiveFrom: '2026-01-01T00:00:00+08:00', ...payload },
      });
    const made = await create({ code, name, commodity, definition });
    expect(made.status).toBe(201);
    const exported = await api.call({ url: `/api/v1/tariffs/${made.body.id}/export` });
    expect(exported.body).toEqual({ code, name, commodity, definition });
    expect(String(exported.headers['content-disposition'])).toContain(`${code}-v1.json`);
    const again = await create({ ...exported.body, code: `${code}-2` });
    const second = await api.call({ url: `/api/v1/tariffs/${again.body.id}/export?version=1` });
    expect(JSON.stringify(second.body.definition)).toBe(JSON.stringify(exported.body.definition));
  }
  expect((await api.call({ url: '/api/v1/tariffs/999999/export' })).status).toBe(404);
});
