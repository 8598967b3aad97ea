import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, PHONE, skipBrowser, type Visit, visit } from './browser.ts';
import { buildDashboard } from './built.ts';
import { PASSWORD } from './mock-market.ts';
import { type Mock, startMock } from './mock-server.ts';

const soon = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 10_000 });
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SECTIONS = ['floor', 'fee-lines', 'devices', 'dead-letters', 'billing', 'tariffs'] as const;

describe.skipIf(skipBrowser)('the app', () => {
  let browser: Browser;
  let mock: Mock;
  let opened: Visit | undefined;

  beforeAll(async () => {
    const [dashboardDir, launched] = await Promise.all([buildDashboard(), launchBrowser()]);
    browser = launched;
    mock = await startMock({ dashboardDir });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await mock?.close();
  });
  afterEach(async () => {
    mock.restore();
    expect(opened?.errors).toEqual([]);
    await opened?.context.close();
    opened = undefined;
  });

  async function open(path: string, options: Parameters<typeof visit>[3] = {}): Promise<Page> {
    opened = await visit(browser, mock, path, options);
    return opened.page;
  }
  async function signIn(page: Page, username: string, password = PASSWORD): Promise<void> {
    await page.locator('input[name=username]').fill(username);
    await page.locator('input[name=password]').fill(password);
    await page.locator('button[type=submit]').click();
  }
  /** Waits until the page shows its content. */
  const settled = async (page: Page) => {
    await page.waitForSelector('.main h1, .floor[data-live="true"]');
    await soon(() => page.locator('.loading').count()).toBe(0);
  };

  test('a wrong password is said plainly, a right one leads to where one wanted to go', async () => {
    const page = await open('/devices?kind=gate', { as: null, language: 'zh-CN' });
    await page.waitForURL('**/sign-in');
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN');
    await page.locator('button[type=submit]').click();
    await page.getByText('请输入用户名').waitFor();
    await signIn(page, 'operator', 'wrong-horse');
    await page.getByRole('alert').getByText('用户名或密码不正确').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('The user name or password is not right').waitFor();
    await signIn(page, 'operator');
    await page.waitForURL('**/devices?kind=gate');
    await page.getByText('GATE-1').waitFor();
  });

  test('the language changes at once, everywhere, and stays after a reload', async () => {
    const page = await open('/tariffs', { language: 'zh-CN' });
    await page.getByRole('heading', { name: '资费', exact: true }).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Tariffs' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
    await page.reload();
    await page.getByRole('heading', { name: 'Tariffs' }).waitFor();
  });

  test('the navigation holds what the role may do, and nothing else is shown by its address', async () => {
    const page = await open('/', { as: 'viewer' });
    await settled(page);
    expect(await page.locator('.nav-link').allInnerTexts()).toEqual(['Live floor', 'Devices']);
    await page.goto(`${mock.url}/billing`);
    await page.getByText('Your account may not see this.').waitFor();
    await page.goto(`${mock.url}/nowhere`);
    await page.getByText('There is no such page').waitFor();
  });

  test('a merchant lands on its own fees', async () => {
    const page = await open('/', { as: 'merchant', language: 'zh-CN', size: PHONE });
    await page.waitForURL('**/fee-lines');
    await page.getByRole('heading', { name: '我的费用' }).waitFor();
    // Fees, bills, payments and balance.
    expect(await page.locator('.nav-link').count()).toBe(4);
  });

  test('a session that ended leads to sign-in and back; signing out does not come back', async () => {
    const page = await open('/dead-letters?reason=not_json');
    await settled(page);
    mock.endSessions();
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.waitForURL('**/sign-in');
    await page.getByText('Your session has expired').waitFor();
    await signIn(page, 'operator');
    await page.waitForURL('**/devices');
    await settled(page);
    await page.getByRole('button', { name: /Account/ }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    expect(await page.getByText('Your session has expired').count()).toBe(0);
    await signIn(page, 'merchant');
    await page.waitForURL('**/fee-lines');
  });

  test('a dead server is said on the page, and retrying brings it back', async () => {
    const page = await open('/devices');
    await settled(page);
    // Every page's code is fetched ahead, so that an outage finds it here.
    const fetched = () =>
      page.evaluate(
        () => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/assets/')).length,
      );
    await soon(async () => {
      const before = await fetched();
      await page.waitForTimeout(1_500);
      return (
        before === (await fetched()) &&
        (await page.evaluate(() =>
          performance.getEntriesByType('resource').some(({ name }) => /dead-letters/.test(name)),
        ))
      );
    }).toBe(true);
    mock.down();
    await page.getByRole('link', { name: 'Dead letters' }).click();
    await page.getByText('The server cannot be reached').waitFor();
    await page.locator('.connection-lost').waitFor();
    mock.restore();
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Not JSON').first().waitFor();
    await page.locator('.connection-ok').waitFor();
  });

  test('from a fee line to its evidence in one click: registers, method, version and the cent', async () => {
    const page = await open('/fee-lines', { as: 'biller' });
    await settled(page);
    const [line] = mock.market.feeLines;
    if (line === undefined) throw new Error('the market has no fee lines');
    await page
      .getByRole('button', { name: line.lease.stall ?? '' })
      .first()
      .click();
    const sheet = page.locator('.ant-drawer-section');
    await sheet.getByText('Arithmetic').waitFor();
    const text = await sheet.innerText();
    for (const part of [
      '¥ 465.33',
      '98,765.432 kWh',
      'Measured',
      'Interpolated',
      'version 2',
      '(99,983.432 − 98,765.432) × 1',
      '412.345 kWh × ¥ 1.1285/kWh',
      '465.3313325',
      'half up',
      `${line.period}-01 00:00:00`,
    ]) {
      expect(text).toContain(part);
    }
    await sheet.locator('.chart canvas').waitFor();
  });

  test('totals are of what is loaded, and say so', async () => {
    const page = await open(`/fee-lines?period=${mock.market.period}`, { as: 'biller' });
    await settled(page);
    const total = page.locator('.panel-total');
    const sumOf = (count: number) => {
      const cents = mock.market.feeLines.slice(0, count).reduce((sum, line) => sum + BigInt(line.amount), 0n);
      return (Number(cents) / 100).toLocaleString('en-US', { minimumFractionDigits: 2 });
    };
    expect(mock.market.feeLines.length).toBeGreaterThan(200);
    expect(await total.innerText()).toContain('Subtotal of the 200 rows loaded');
    expect(await total.innerText()).toContain(`¥ ${sumOf(200)}`);
    expect(await total.innerText()).toContain('More rows are not loaded yet');
    await page.getByRole('button', { name: 'Load more' }).click();
    const { length } = mock.market.feeLines;
    await soon(() => total.innerText()).toContain(`Subtotal of the ${length} rows loaded`);
    expect(await total.innerText()).toContain(`¥ ${sumOf(length)}`);
    expect(await total.innerText()).not.toContain('not loaded yet');
  });

  test('a billing run is started, followed to its end, and its problems can be read', async () => {
    const page = await open('/billing', { as: 'biller' });
    await page.getByRole('button', { name: 'Start' }).click();
    await page.locator('[data-run="running"]').waitFor();
    await page.locator('[data-run="succeeded"]').getByText('620 of 620 metering points done').waitFor();
    await page.locator('.ant-table-row-expand-icon').first().click();
    await page.getByText('Metering point 42').waitFor();
  });

  test('a device is registered, its secret shown once, and its first message awaited', async () => {
    const page = await open('/devices', { as: 'integrator' });
    await settled(page);
    await page.getByRole('button', { name: 'Register a device' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Register' }).click();
    await dialog.getByText('Enter the serial').waitFor();
    await dialog.getByLabel('Serial').fill('NEW 1');
    await dialog.getByText('Only letters, digits').waitFor();
    await dialog.getByLabel('Serial').fill('NEW-1');
    await dialog.getByLabel('Profile').click();
    await page.locator('.ant-select-item-option', { hasText: 'Stall sensor' }).click();
    await dialog.getByRole('button', { name: 'Register' }).click();
    await page.getByText('The secret is shown this once').waitFor();
    expect(await page.locator('.secret').innerText()).toContain('q7Yk2mXv9Rb4Tn6Lw1Zs8A');
    expect(await page.locator('pre').innerText()).toContain('mosquitto_pub');
    await page.getByText('Waiting for the first message').waitFor();
    const device = mock.market.devices.find((one) => one.serial === 'NEW-1');
    const now = new Date().toISOString();
    Object.assign(device ?? {}, { online: true, stale: false, lastSeenAt: now, measuredAt: now });
    await page.getByText('The first message has arrived').waitFor();
  });

  test('a gate is opened in two steps with a reason, and executed only once the gate says so', async () => {
    const page = await open('/devices?device=GATE-1');
    const sheet = page.locator('.ant-drawer-section');
    await sheet.getByRole('button', { name: 'Open', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: /Send “Open” to GATE-1/ });
    await dialog.getByRole('button', { name: 'Send' }).click();
    await dialog.getByText('Give a reason', { exact: true }).waitFor();
    expect(mock.market.commands).toHaveLength(0);
    await dialog.getByLabel('Reason').fill('Delivery at the side entrance');
    await dialog.getByRole('button', { name: 'Send' }).click();
    await sheet.locator('[data-command="queued"], [data-command="sent"]').waitFor();
    await sheet.locator('[data-command="succeeded"]').getByText('Delivery at the side entrance').waitFor();
  });

  test('a device that is offline takes no commands', async () => {
    const page = await open('/devices?device=GATE-2');
    await page.getByText('The device is offline or stale').waitFor();
    // A barrier is open or shut: its chart is of samples, not of means.
    await page.locator('.ant-drawer-section .chart canvas').waitFor();
    expect(await page.getByRole('button', { name: 'Open', exact: true }).isDisabled()).toBe(true);
  });

  test('a refused message is shown with what to do and its bytes', async () => {
    const page = await open('/dead-letters');
    await settled(page);
    await page.locator('.ant-table-row').first().click();
    await page.getByText('{"ts":17648064', { exact: true }).waitFor();
    await page.locator('.payload').getByText('Hex').click();
    await page.getByText('7b 22 74 73').waitFor();
  });

  describe.each(['zh-CN', 'en'] as const)('in %s', (language) => {
    test('no page has a raw key, a sentence of the other language, or a serious fault of access', async () => {
      const page = await open('/floor', { language });
      for (const section of [...SECTIONS, 'floor/1?view=list']) {
        if (section !== 'floor') await page.goto(`${mock.url}/${section}`);
        await settled(page);
        const text = await page.evaluate(() => document.body.innerText);
        expect(text, section).not.toMatch(
          /\b(nav|common|floor|device|feeLine|billing|tariff|deadLetter)\.[a-z]/,
        );
        expect(text, section).not.toMatch(/\bundefined\b|\bNaN\b|\{\{/);
        // A sentence: four English words in a row. Serials, codes and units are no sentences.
        if (language === 'zh-CN') expect(text, section).not.toMatch(/\b[A-Z]?[a-z]+ [a-z]+ [a-z]+ [a-z]+\b/);
        await page.addScriptTag({ path: AXE });
        const faults = await page.evaluate(async () => {
          const { axe } = globalThis as unknown as {
            axe: {
              run(
                options: object,
              ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
            };
          };
          const { violations } = await axe.run({ resultTypes: ['violations'] });
          return violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
        });
        expect(faults, section).toEqual([]);
      }
    }, 90_000);

    test('a phone scrolls no page sideways, and nothing to touch is smaller than 44 px', async () => {
      const page = await open('/floor', { language, size: PHONE });
      for (const section of SECTIONS) {
        if (section !== 'floor') await page.goto(`${mock.url}/${section}`);
        await settled(page);
        // A phone widens its window to what overflows, so the window itself must not be the measure.
        const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(scrolled, section).toBeLessThanOrEqual(PHONE.width);
        const small = await page.evaluate(() =>
          [
            ...document.querySelectorAll<HTMLElement>(
              '.topbar button, .nav a, .main button, .main .ant-segmented-item',
            ),
          ]
            .filter(
              (element) => element.offsetParent !== null && !element.matches('.ant-table-row-expand-icon'),
            )
            .filter((element) => element.getBoundingClientRect().height < 44)
            .map((element) => `${element.className} ${element.textContent}`),
        );
        expect(small, section).toEqual([]);
      }
    }, 90_000);
  });

  test('on a phone a stall’s details come up from below', async () => {
    const stall = mock.market.stalls[0];
    const page = await open(`/floor/1?stall=${stall?.code}`, { size: PHONE });
    await page.getByText(`Stall ${stall?.code}`).waitFor();
    await soon(async () => {
      const box = await page.locator('.ant-drawer-content-wrapper').boundingBox();
      return box !== null && box.width === PHONE.width && Math.round(box.y + box.height) === PHONE.height;
    }).toBe(true);
  });
});
