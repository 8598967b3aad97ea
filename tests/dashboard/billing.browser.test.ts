import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zSiteSettings } from '../../contracts/settings.ts';
import { writeSettings } from '../../store/settings.ts';
import { at, buildMarket, FLAT, run } from '../billing/market.ts';
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts';
import { PHONE, skipBrowser } from './browser.ts';
import { axeViolations, sidewaysPx } from './fits.ts';

describe.skipIf(skipBrowser)('the billing page', () => {
  let app: BrowserApp;
  let register = 0;
  beforeAll(async () => {
    app = await startBrowserApp({
      billing: true,
      async seed(db) {
        const market = await buildMarket(db, 'm');
        // The schedule must not close what the test is to close.
        const settings = zSiteSettings.parse({ billing: { monthGraceHours: 2_000 } });
        await writeSettings(db, 'm', settings, { actor: 'test', at: at('2026-10-01') });
        const tariff = await market.tariff('T', '2026-01-01', FLAT);
        for (const isSilent of [false, true]) {
          const stall = await market.stall();
          await market.lease(stall, '2026-08-01', null, { tariff });
          const point = await market.point(stall);
          register = await market.meter(point, '2026-08-01', 0n);
          await market.readHourly(register, '2026-08-01 01:00', '2026-10-01 01:00', 1_000n, 1_000n);
          if (!isSilent)
            await market.readHourly(register, '2026-10-01 02:00', '2026-11-01 01:00', 1_466_000n, 1_000n);
        }
        await run(db, 'm', '2026-09', { now: at('2026-11-02') });
        await run(db, 'm', '2026-09', { now: at('2026-11-02'), kind: 'close' });
        await run(db, 'm', '2026-10', { now: at('2026-11-02') });
        return undefined;
      },
    });
  }, 120_000);
  afterAll(() => app?.close());

  test('shows which period is open, awaiting or closed, and closes one after saying what that does', {
    timeout: 90_000,
  }, async () => {
    const { page, errors, context } = await app.visit('/billing', { as: 'biller', language: 'en' });
    const row = (period: string) => page.locator(`tr[data-row-key="${period}"]`);
    await row('2026-09').getByText('Closed', { exact: true }).waitFor();
    await row('2026-10').getByText('Awaiting readings').waitFor();
    await row('2026-10').getByText('1 metering points').waitFor();
    await row('2026-10').click();
    await page.getByRole('button', { name: 'Close now' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This cannot be undone').waitFor();
    await dialog.getByText('Of 1 metering points no reading past the end has come').waitFor();
    await dialog.getByRole('button', { name: 'Close now' }).click();
    await page.locator('[data-run="succeeded"]').waitFor({ timeout: 30_000 });
    await row('2026-10').getByText('Closed', { exact: true }).waitFor({ timeout: 30_000 });
    await page.getByText('Hash of the period closed before').waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });

  test('compares a dry run with what is posted, on a phone, in Chinese', { timeout: 90_000 }, async () => {
    await app.db.$client.query('UPDATE installations SET multiplier = 2 WHERE register_id = $1', [register]);
    const { page, errors, context } = await app.visit('/billing', {
      ...{ as: 'biller', language: 'zh-CN', size: PHONE },
    });
    await page.getByRole('button', { name: '试运行' }).click();
    const result = page.locator('[data-run="succeeded"]');
    await result.waitFor({ timeout: 30_000 });
    await result.getByText('1 项金额不同').waitFor();
    await result.getByRole('link', { name: /A\d+ · Li/ }).waitFor();
    expect(await sidewaysPx(page)).toBe(0);
    // Under the pointer a button is in transition.
    await page.mouse.move(0, 0);
    expect(await axeViolations(page)).toEqual([]);
    expect(errors).toEqual([]);
    const { rows } = await app.db.$client.query(
      `SELECT count(*)::int AS lines FROM fee_lines WHERE period = '2026-10'`,
    );
    expect(rows).toEqual([{ lines: 2 }]);
    await context.close();
  });

  test('does not offer to run or to close to who may only look', async () => {
    const { page, context } = await app.visit('/billing', { as: 'auditor', language: 'en' });
    await page.locator('tr[data-row-key="2026-10"]').click();
    await page.getByText('Hash of its lines').waitFor();
    expect(await page.getByRole('button', { name: /Start|Dry run|Close now/ }).count()).toBe(0);
    await context.close();
  });
});
