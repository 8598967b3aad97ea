import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TariffDefinition } from '../../domain/tariffs/definition.ts';
import { at, buildMarket, run } from '../billing/market.ts';
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts';
import { DESK, PHONE, skipBrowser, type Visit } from './browser.ts';
import { axeViolations, sidewaysPx } from './fits.ts';

const SITE = 'south';
const TARIFF: TariffDefinition = {
  components: [
    {
      code: 'energy',
      lossFactor: '1.05',
      price: {
        kind: 'tiered',
        ...{ mode: 'graduated', accumulation: 'year', scale: 'month' },
        tiers: [
          { upTo: '100', unitPrice: '0.5' },
          { upTo: null, unitPrice: '0.8' },
        ],
      },
      rounding: { stage: 'subtotal', mode: 'half_up' },
    },
    {
      code: 'demand',
      price: { kind: 'demand', unitPrice: '40', windowMinutes: 60, stepMinutes: 30, floorKw: '2' },
    },
    { code: 'service', price: { kind: 'percentage', percent: '6', of: ['energy', 'demand'] } },
  ],
  rounding: { stage: 'total', mode: 'down', quantum: '1' },
};

describe.skipIf(skipBrowser)('the evidence of a line', () => {
  let app: BrowserApp;
  let opened: Visit | undefined;
  const lines = new Map<string, number>();
  beforeAll(async () => {
    app = await startBrowserApp({
      async seed(db) {
        const market = await buildMarket(db, SITE);
        const tariff = await market.tariff('YEAR', '2024-01-01', TARIFF);
        const stall = await market.stall();
        const point = await market.point(stall);
        const meter = await market.meter(point, '2024-01-01', 0n);
        await market.lease(stall, '2024-01-01', null, { tariff });
        // 1.5 kWh an hour: 1080 kWh to 15 February; the limit of 12 months is 1200.
        await market.readHourly(meter, '2024-01-01', '2024-03-02', 0n, 1_500n);
        for (const period of ['2024-01', '2024-02']) await run(db, SITE, period, { now: at('2024-03-05') });
        const { rows } = await db.$client.query<{ id: string; key: string }>(
          "SELECT id, component || ' ' || band AS key FROM fee_lines WHERE period = '2024-02'",
        );
        for (const { id, key } of rows) lines.set(key, Number(id));
        return undefined;
      },
    });
  }, 180_000);
  afterAll(() => app?.close());
  afterEach(async () => {
    expect(opened?.errors).toEqual([]);
    await opened?.context.close();
    opened = undefined;
  });
  const sheetOf = async (key: string, options: Parameters<BrowserApp['visit']>[1]): Promise<string> => {
    await opened?.context.close();
    opened = await app.visit(`/fee-lines?period=2024-02&line=${lines.get(key)}`, options);
    const dialog = opened.page.getByRole('dialog');
    await dialog.locator('.hash').waitFor();
    return dialog.innerText();
  };

  // February 2024: 1116 kWh before, 696 × 1.5 = 1044 in it: 84 in the first tier, 960 in the second.
  // 84 × 0.5 × 1.05 = 44.10, 960 × 0.8 × 1.05 = 806.40; floor 2 kW × 40 = 80; 6 % of 930.50 = 55.83; 986.33 → 986
  test('shows tiers, demand, a percentage and the total’s rounding to the cent', async () => {
    const second = await sheetOf('energy t2', { language: 'en', size: DESK });
    for (const text of [
      'Tier 2',
      '1,116.000 kWh',
      '2,160.000 kWh',
      '1,200.000 kWh',
      'Limits × 12',
      '806.4',
      '× 1.05',
    ]) {
      expect(second).toContain(text);
    }
    expect(second).toContain('Rounded together with 2 lines');
    const demand = await sheetOf('demand all', { language: 'en', size: DESK });
    for (const text of ['1.500 kW', 'At least 2.000 kW', '29 of the month’s 29 days', '80.00']) {
      expect(demand).toContain(text);
    }
    expect(await sheetOf('service all', { language: 'en', size: DESK })).toContain('6% of ¥ 930.50');
    const total = await sheetOf('rounding all', { language: 'en', size: DESK });
    expect(total).toContain('986.33');
    expect(total).toContain('0.33');
  }, 120_000);

  test('fits a phone, in Chinese', async () => {
    const text = await sheetOf('energy t1', { language: 'zh-CN', size: PHONE });
    expect(text).toContain('第 1 阶梯');
    expect(text).toContain('线损系数 × 1.05');
    if (!opened) throw new Error('the page is open');
    expect(await sidewaysPx(opened.page)).toBe(0);
    // A browser lets keys scroll what scrolls and holds nothing to focus, which axe does not know; the chart's legend
    // is uPlot's own.
    const known =
      /^scrollable-region-focusable: <div class="ant-drawer-body"|^empty-table-header: .*u-marker/;
    expect((await axeViolations(opened.page)).filter((one) => !known.test(one))).toEqual([]);
  }, 120_000);
});
