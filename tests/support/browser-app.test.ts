import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSite } from '../../store/sites.ts';
import { PHONE, skipBrowser } from '../dashboard/browser.ts';
import { type BrowserApp, startBrowserApp } from './browser-app.ts';

describe.skipIf(skipBrowser)('the dashboard on the real api', () => {
  let app: BrowserApp;
  beforeAll(async () => {
    app = await startBrowserApp({
      async seed(db) {
        await createSite(db, { id: 'm', name: '南门市场', timeZone: 'Asia/Shanghai', currency: 'CNY' });
      },
    });
  }, 120_000);
  afterAll(() => app?.close());

  test.each([
    ['zh-CN', '计费'],
    ['en', 'Billing'],
  ] as const)('opens in %s, also on a phone', async (language, title) => {
    for (const size of [undefined, PHONE]) {
      const { page, errors, context } = await app.visit('/billing', {
        as: 'biller',
        language,
        ...(size ? { size } : {}),
      });
      await page.getByRole('heading', { name: title, exact: true, level: 1 }).waitFor();
      expect(errors).toEqual([]);
      await context.close();
    }
  });
});
