import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { zSiteSettings } from '../../contracts/settings.ts';
import { readSettings } from '../../store/settings.ts';
import { createSite } from '../../store/sites.ts';
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts';
import { PHONE, skipBrowser, type Visit } from './browser.ts';
import { axeViolations, sidewaysPx, smallTargets } from './fits.ts';

const SITE = 'south';

describe.skipIf(skipBrowser)('the settings page', () => {
  let app: BrowserApp;
  let opened: Visit | undefined;
  beforeAll(async () => {
    app = await startBrowserApp({
      async seed(db) {
        await createSite(db, { id: SITE, name: '南门市场', timeZone: 'Asia/Shanghai', currency: 'CNY' });
      },
    });
  }, 180_000);
  afterAll(() => app?.close());
  afterEach(async () => {
    expect(opened?.errors).toEqual([]);
    await opened?.context.close();
    opened = undefined;
  });
  async function open(options: Parameters<BrowserApp['visit']>[1]): Promise<Page> {
    opened = await app.visit('/settings', options);
    await opened.page.locator('.setting').first().waitFor();
    return opened.page;
  }

  test('what is typed is checked at its field, saved, and read back', async () => {
    const page = await open({ language: 'zh-CN' });
    const save = page.getByRole('button', { name: '保存设置' });
    const due = page.getByLabel('缴费期限', { exact: true });
    expect(await save.isDisabled()).toBe(true);
    await due.fill('many');
    await page.locator('[data-setting="billing.dueDays"]').getByText('请填写整数').waitFor();
    await due.fill('500');
    await page.locator('[data-setting="billing.dueDays"]').getByText('不能大于 365').waitFor();
    expect(await save.isDisabled()).toBe(true);
    await due.fill('20');
    await page.getByLabel('余额首次提醒').fill('250.5');
    await page.getByLabel('节假日：粘贴日期').fill('2026年10月1日 至 2026-10-03 什么');
    await page.locator('[data-setting=holidays]').getByRole('button', { name: '加入' }).click();
    await page.getByText('看不懂：什么').waitFor();
    await page.getByText('有 3 项改动尚未保存').waitFor();
    await save.click();
    await page.getByText('最近由').waitFor();
    const stored = await readSettings(app.db, SITE);
    expect(stored).toEqual(
      zSiteSettings.parse({
        billing: { dueDays: 20 },
        prepaid: { lowBalance: ['25050', '2000'] },
        holidays: ['2026-10-01', '2026-10-02', '2026-10-03'],
      }),
    );
    await page.reload();
    expect(await due.inputValue()).toBe('20');
    expect(await page.getByLabel('余额首次提醒').inputValue()).toBe('250.50');
  });

  test('leaving with something unsaved asks first', async () => {
    const page = await open({ language: 'en' });
    await page.getByLabel('Late fee grace').fill('9');
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByText('Something is not saved').waitFor();
    await page.getByRole('button', { name: 'Stay here' }).click();
    await page.getByText('Something is not saved').waitFor({ state: 'hidden' });
    expect(await page.getByLabel('Late fee grace').inputValue()).toBe('9');
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByRole('button', { name: 'Leave and discard' }).click();
    await page.waitForURL('**/devices');
  });

  test('who may only look cannot change', async () => {
    const page = await open({ as: 'auditor', language: 'en' });
    await page.getByText('changing needs an operator').waitFor();
    expect(await page.getByLabel('Time to pay', { exact: true }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Save settings' }).count()).toBe(0);
  });

  test.each(['zh-CN', 'en'] as const)('it fits a phone and a screen reader (%s)', async (language) => {
    const page = await open({ language, size: PHONE });
    expect(await sidewaysPx(page)).toBe(0);
    expect(await smallTargets(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
  });
});
