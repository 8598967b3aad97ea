import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { PASSWORD } from './mock-market.ts';

const EXECUTABLE = '/usr/bin/chromium';
/** Use as `describe.skipIf(skipBrowser)`: without the browser the suite is skipped, in CI it fails. */
export const skipBrowser = !existsSync(EXECUTABLE) && !process.env['CI'];
if (skipBrowser) console.warn('skipped: no chromium is installed (Debian package chromium)');

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the page's own: what it logged and what it threw. */
  readonly errors: string[];
}

export interface VisitOptions {
  /** A user name; null to stay signed out. */
  as?: string | null;
  language?: 'zh-CN' | 'en';
  size?: { width: number; height: number };
}

/** A page of its own, in a browser far away from the market, signed in unless `as` is null. */
export async function visit(
  browser: Browser,
  server: { readonly url: string },
  path: string,
  options: VisitOptions = {},
): Promise<Visit> {
  const { as = 'operator', language = 'en', size = DESK } = options;
  const phone = size.width < 500;
  const context = await browser.newContext({
    viewport: size,
    timezoneId: 'America/New_York',
    locale: 'fr-FR',
    isMobile: phone,
    hasTouch: phone,
  });
  context.setDefaultTimeout(15_000);
  await context.addInitScript(`localStorage['stallgrid.language'] ??= '${language}'`);
  if (as !== null) {
    await context.request.post(`${server.url}/api/auth/sign-in/username`, {
      data: { username: as, password: PASSWORD },
    });
  }
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    // What the browser itself says of a server that the test broke is no fault of the page.
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(text))
      errors.push(text);
  });
  await page.goto(server.url + path);
  return { context, page, errors };
}
