import { spawnSync } from 'node:child_process';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { monthBefore } from '../../demo/site.ts';
import { launchBrowser, skipBrowser } from '../dashboard/browser.ts';
import { eventually } from '../support/eventually.ts';
import { type Platform, startPlatform } from '../support/platform.ts';

const HISTORY_MS_MAX = 180_000;

/** The demonstration as a stranger meets it: compiled, in a real browser, from the first page to the evidence. */
describe.skipIf(skipBrowser)('the demonstration', { timeout: 90_000 }, () => {
  let platform: Platform;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    const built = spawnSync('npm', ['run', '--silent', 'build'], { encoding: 'utf8' });
    expect(built.status, built.stderr).toBe(0);
    [platform, browser] = await Promise.all([
      startPlatform({ compiled: true, args: ['--demo'] }),
      launchBrowser(),
    ]);
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' });
    page = await context.newPage();
    page.setDefaultTimeout(30_000);
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await platform?.remove();
  }, 60_000);

  const live = (state: boolean) => page.waitForSelector(`.floor[data-live="${state}"]`);
  const hash = () => page.locator('.floor').getAttribute('data-hash');

  test('an operator signs in, in Chinese, and sees stalls change without a reload', async () => {
    await page.goto(platform.url);
    await page.locator('input').first().fill('operator');
    await page.locator('input[type="password"]').fill('operator-demo');
    await page.keyboard.press('Enter');
    await live(true);
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    expect(await page.locator('body').innerText()).toContain('江南农产品批发市场');
    await eventually(async () => {
      const counts = await page.locator('.legend td[data-count] .num').allInnerTexts();
      expect(counts.reduce((sum, text) => sum + Number(text), 0)).toBe(240);
    });
    const before = await hash();
    await eventually(async () => expect(await hash()).not.toBe(before));
  });

  test('a stall is found by its number, and its drawer shows lease and meters', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('1A-001');
    await page.keyboard.press('Enter');
    const drawer = page.locator('.ant-drawer-section');
    await drawer.getByText('1A-001').first().waitFor();
    await drawer.getByText('kWh').first().waitFor();
    await page.keyboard.press('Escape');
  });

  test('the language is switched at once, and stays', async () => {
    await page.getByText('English', { exact: true }).click();
    await page.getByText('Live floor').first().waitFor();
    await page.reload();
    await live(true);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  test('a killed platform is said on the page, and the page recovers by itself', {
    timeout: 120_000,
  }, async () => {
    await page.evaluate(() => {
      (globalThis as { untouched?: boolean }).untouched = true;
    });
    await platform.kill();
    await live(false);
    await page.locator('.live-banner').waitFor();
    platform = await platform.restart();
    await live(true);
    expect(await page.evaluate(() => (globalThis as { untouched?: boolean }).untouched)).toBe(true);
  });

  test('last month is closed with fee lines, and a line shows its evidence', {
    timeout: HISTORY_MS_MAX + 60_000,
  }, async () => {
    await eventually(async () => {
      const { items } = await platform.api<{ items: unknown[] }>(
        'GET',
        `/api/v1/fee-lines?site=demo&limit=1&period=${monthBefore(Date.now())}`,
      );
      expect(items).toHaveLength(1);
    }, HISTORY_MS_MAX);
    await page.goto(`${platform.url}/fee-lines`);
    const rows = page.locator('.ant-table-row');
    await rows.first().waitFor();
    await rows.first().locator('button.link').first().click();
    const sheet = page.locator('.ant-drawer-section');
    await sheet.locator('.sum-total').waitFor();
    expect(await sheet.locator('.sum-total').innerText()).toMatch(/^¥/);
    expect(await sheet.locator('table.values').innerText()).toMatch(/kWh|m³/);
  });

  test('its bills are issued, and what its main meters counted adds up', {
    timeout: HISTORY_MS_MAX + 60_000,
  }, async () => {
    await eventually(async () => {
      const issued = '/api/v1/bills?site=demo&status=issued&limit=1';
      expect((await platform.api<{ items: unknown[] }>('GET', issued)).items).toHaveLength(1);
    }, HISTORY_MS_MAX);
    await page.goto(`${platform.url}/bills`);
    await page
      .getByText(/JN-\d{4}-\d{6}/)
      .first()
      .waitFor();
    await page.goto(`${platform.url}/losses`);
    const row = page.locator('.ant-table-row', { hasText: 'E-MAIN-2' });
    await row.waitFor();
    const [main = 0, stalls = 0, common = 0, loss = 0] = (await row.locator('td').allInnerTexts())
      .filter((text) => text.includes('kWh'))
      .map((text) => Math.round(Number(text.replace(/[^\d.]/g, '')) * 1000));
    expect(main).toBeGreaterThan(0);
    expect(stalls + common + loss).toBe(main);
  });
});
