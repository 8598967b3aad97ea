import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { insertPasses, type NewPass } from '../../store/passes.ts';
import { ensureBuiltInProfiles } from '../../store/profiles.ts';
import { createTariff } from '../../store/tariffs.ts';
import { at, buildMarket, run } from '../billing/market.ts';
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts';
import { PHONE, skipBrowser, type Visit } from './browser.ts';
import { axeViolations, sidewaysPx, smallTargets } from './fits.ts';

const SITE = 'm1';

const pass = (gate: string, n: number, direction: 'in' | 'out', plate: string, ts: Date): NewPass => ({
  ...{ deviceId: gate, eventId: `e${n}`, ts: ts.getTime(), direction, vehicle: plate, plate },
  ...{ class: n % 2 ? 'van' : 'truck_light', ticket: null, receivedAt: ts.getTime(), journalSeq: 0 },
});

async function seed(db: Database): Promise<undefined> {
  await ensureBuiltInProfiles(db);
  const market = await buildMarket(db, SITE);
  const tariff = await market.tariff('power', '2026-01-01', {
    components: [
      { code: 'energy', price: { kind: 'flat', unitPrice: '0.80' } },
      { code: 'loss', price: { kind: 'share', unitPrice: '0.80' } },
    ],
  });
  await market.lease(null, '2026-01-01', null, { tariff });
  const main = await market.point(null);
  const points: [number, bigint][] = [[await market.point(null), 30n]];
  for (let n = 0; n < 4; n++) {
    const stall = await market.stall();
    if (n > 0) await market.lease(stall, '2026-01-01', null, { tariff });
    points.push([await market.point(stall), 100n * BigInt(n + 1)]);
  }
  await db.$client.query('UPDATE places SET area_m2 = 20 WHERE site_id = $1', [SITE]);
  for (const [point] of points) {
    await db.$client.query('UPDATE metering_points SET main_id = $1 WHERE id = $2', [main, point]);
  }
  for (const [point, wh] of [...points, [main, 1_100n] as const]) {
    const register = await market.meter(point, '2026-08-01', 0n);
    const months = ['2026-09-01', '2026-10-01', '2026-11-01', '2026-11-02'];
    const hours = (day: string) => BigInt((at(day).getTime() - at('2026-08-01').getTime()) / 3_600_000);
    await market.read(
      register,
      months.map((day) => [day, hours(day) * wh] as const),
    );
  }
  await db.$client.query(
    `INSERT INTO allocations (main_id, from_month, what, weight, created_by, created_at)
     VALUES ($1, '2026-10', 'residual', 'area', 'operator', now())`,
    [main],
  );
  await run(db, SITE, '2026-09');
  await run(db, SITE, '2026-10');
  await createTariff(db, {
    ...{ site: SITE, code: 'gate', name: '入场费', commodity: 'gate', effectiveFrom: at('2026-01-01') },
    definition: {
      components: [
        {
          code: 'pass',
          price: {
            kind: 'per_event',
            classes: [{ code: 'van', unitPrice: '10' }],
            otherwise: '20',
            freeMinutes: 15,
          },
        },
      ],
    },
  });
  await db.$client.query(
    `INSERT INTO devices (id, site_id, serial, profile_id, profile_revision, secret_hash) VALUES ('G-1', $1, 'G-1', 'gate', 1, '')`,
    [SITE],
  );
  const hour = (h: number) => new Date(Date.now() - h * 3_600_000);
  await insertPasses(db.$client, [
    pass('G-1', 1, 'in', '苏E10001', hour(5)),
    pass('G-1', 2, 'out', '苏E10001', hour(4)),
    pass('G-1', 3, 'out', '苏E20002', hour(3)),
    pass('G-1', 4, 'in', '苏E30003', hour(2)),
  ]);
  return undefined;
}

describe.skipIf(skipBrowser)('losses and gates', () => {
  let app: BrowserApp;
  let opened: Visit | undefined;
  beforeAll(async () => {
    app = await startBrowserApp({ seed });
  }, 240_000);
  afterAll(() => app?.close());
  afterEach(async () => {
    expect(opened?.errors).toEqual([]);
    await opened?.context.close();
    opened = undefined;
  });
  async function open(path: string, options: Parameters<BrowserApp['visit']>[1] = {}): Promise<Page> {
    opened = await app.visit(path, options);
    return opened.page;
  }

  test('the report says where a main meter’s usage went, to whom it was shared out, and by what', async () => {
    const page = await open('/losses?month=2026-10');
    // 1,100 − 1,000 − 30 = 70 Wh an hour for 744 hours, of 818.4 kWh.
    await page.getByText('52.080 kWh').first().waitFor();
    await page.getByText('6.36%').first().waitFor();
    await page.locator('button.link').first().click();
    await page.getByRole('heading', { name: 'Twelve months' }).waitFor();
    await page.getByText('13.020 kWh').nth(3).waitFor();
    await page.getByText('the house', { exact: true }).waitFor();
    await page.getByText(/^From 2026-10:/).waitFor();
    await page.getByRole('button', { name: 'Apply from 2026-10' }).click();
    await page.getByText('Saved. Run the month to charge it.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  test('the tree opens, finds a stall, and puts a point behind another', async () => {
    const page = await open('/losses?view=tree&month=2026-10', { as: 'biller', size: PHONE });
    await page.locator('.meter-tree-toggle[aria-expanded=false]').click();
    await page.getByText('297.600 kWh').waitFor();
    expect(await sidewaysPx(page)).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    await page.getByLabel('Point or stall').fill('A');
    await page.locator('.meter-tree-row').first().locator('.link').click();
    await page.getByRole('dialog').getByLabel('Is for').waitFor();
  });

  test('passes are paired, vehicles get a payer and a monthly pass, money is recorded once', async () => {
    const page = await open('/gates');
    await page.getByText('60 min').first().waitFor();
    await page.getByText('never came in').waitFor();
    await page.getByText('inside').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('radiogroup', { name: 'View' }).getByText('Day totals').click();
    await page.getByLabel('Tariff').click();
    await page.getByTitle('入场费').last().click();
    await page.getByRole('button', { name: 'Use from now on' }).click();
    await page.getByText('Collected less charged').waitFor();
    await page.getByRole('radiogroup', { name: 'View' }).getByText('Passes').click();
    await page.getByRole('button', { name: 'Collect' }).first().click();
    await page.getByRole('dialog').getByLabel('Collected').fill('20');
    await page.getByRole('button', { name: 'Record the money' }).click();
    await page.getByText('¥ 20.00').first().waitFor();

    await page.getByRole('radiogroup', { name: 'View' }).getByText('Vehicles').click();
    await page.getByRole('button', { name: 'Register a vehicle' }).first().click();
    await page.getByRole('dialog').getByLabel('Plate').fill('苏e·10001');
    await page.getByRole('dialog').getByRole('button', { name: 'Register a vehicle' }).click();
    await page.getByRole('button', { name: '苏E10001' }).click();
    await page.getByRole('button', { name: 'Add a monthly pass' }).click();
    await page.getByRole('button', { name: 'Extend by 30 days' }).waitFor();
    await page.getByRole('button', { name: 'Add a monthly pass' }).click();
    await page.getByText('the vehicle has a monthly pass in that time').waitFor();
    const { rows } = await app.db.$client.query(
      `SELECT action FROM actions WHERE site_id = $1 AND action ~ '^(pass|vehicle|monthly|walk)' ORDER BY id`,
      [SITE],
    );
    expect(rows.map(({ action }) => action)).toEqual([
      ...['walk-in.open', 'walk-in.tariff', 'pass.collect', 'vehicle.register', 'monthly-pass.add'],
    ]);
  });

  test('fits a phone', async () => {
    const page = await open('/gates', { size: PHONE, language: 'zh-CN' });
    await page.getByText('60 分钟').first().waitFor();
    expect(await sidewaysPx(page)).toBe(0);
    expect(await smallTargets(page)).toEqual([]);
  });
});
