import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { recentMonths } from '../../../dashboard/src/format.ts';
import { periodRange } from '../../../domain/periods.ts';
import type { TariffDefinition } from '../../../domain/tariffs/definition.ts';
import { TARIFF_EXAMPLES } from '../../../domain/tariffs/examples.ts';
import type { Database } from '../../../store/database.ts';
import { createDevice, newSecret } from '../../../store/devices.ts';
import { ensureBuiltInProfiles, findProfile } from '../../../store/profiles.ts';
import { installations, meteringPoints } from '../../../store/schema/metering.ts';
import { createTariff, listTariffs } from '../../../store/tariffs.ts';
import { createLease, createMarket, SITE } from '../../api/market.ts';
import { type BrowserApp, startBrowserApp } from '../../support/browser-app.ts';
import { PHONE, skipBrowser, type Visit } from '../browser.ts';
import { axeViolations, sidewaysPx, smallTargets } from '../fits.ts';

const HOUR = 3_600_000;
const [, LAST_MONTH = ''] = recentMonths(Date.now(), 'Asia/Shanghai', 2);
const MONTH = periodRange(LAST_MONTH, 'Asia/Shanghai') ?? { from: 0, to: 0 };

/** A meter at the stall that counts 1 kWh in each hour of last month. */
async function installOneKilowatt(db: Database, placeId: number): Promise<void> {
  const profile = await findProfile(db, 'electricity-meter');
  if (!profile) throw new Error('the built-in profiles are there');
  const { hash } = newSecret();
  const device = await createDevice(db, { site: SITE, serial: 'E-1', profile, placeId, secretHash: hash });
  const [register] = device.registers;
  const [point] = await db
    .insert(meteringPoints)
    .values({ siteId: SITE, placeId, commodity: 'electricity', code: 'P-1', maxRate: 100_000 })
    .returning();
  const startsAt = new Date(MONTH.from - HOUR);
  await db
    .insert(installations)
    .values({ registerId: register?.id ?? 0, meteringPointId: point?.id ?? 0, startsAt, startValue: 0n });
  const hours = Array.from({ length: (MONTH.to - MONTH.from) / HOUR + 3 }, (_, i) => i);
  for (const ts of [startsAt.getTime(), MONTH.to + 2 * HOUR]) {
    const day = new Date(ts).toISOString().slice(0, 10);
    await db.$client.query(`SELECT ensure_month_partition('readings', $1)`, [`${day.slice(0, 7)}-01`]);
  }
  await db.$client.query(
    `INSERT INTO readings (register_id, ts, value, quality, source, received_at)
     SELECT $1, ts, value, 'good', 'device', ts FROM unnest($2::timestamptz[], $3::bigint[]) t(ts, value)`,
    [
      register?.id,
      hours.map((hour) => new Date(startsAt.getTime() + hour * HOUR).toISOString()),
      hours.map((hour) => hour * 1000),
    ],
  );
}

const soon = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 15_000 });

describe.skipIf(skipBrowser)('tariffs', () => {
  let app: BrowserApp;
  let opened: Visit | undefined;
  beforeAll(async () => {
    app = await startBrowserApp({
      async seed(db) {
        await ensureBuiltInProfiles(db);
        const { stalls } = await createMarket(db, 3);
        for (const { id, code } of stalls) await createLease(db, id, `商户${code}`);
        await installOneKilowatt(db, stalls[0]?.id ?? 0);
      },
    });
  }, 180_000);
  afterAll(() => app?.close());
  afterEach(async () => {
    expect(opened?.errors).toEqual([]);
    await opened?.context.close();
    opened = undefined;
  });
  async function open(path: string, options: Parameters<BrowserApp['visit']>[1] = {}): Promise<Page> {
    opened = await app.visit(path, options);
    await opened.page.locator('.main h1').waitFor();
    await soon(() => opened?.page.locator('.loading').count()).toBe(0);
    return opened.page;
  }
  const versions = async (code: string) =>
    (await listTariffs(app.db, { site: SITE, limit: 100 })).find((one) => one.code === code)?.versions ?? [];
  const field = (page: Page, path: string) => page.locator(`[data-path="${path}"] input`);
  const total = (page: Page) => page.locator('[data-preview=settled] [data-total]');
  const typeUsage = async (page: Page, bands: readonly string[]) => {
    await page.locator('.tf-preview').getByText('自己填写').click();
    for (const band of bands) await page.getByLabel(`${band} (kWh)`).fill('100');
  };

  test('an example becomes a tariff, and with another price its second version', async () => {
    const page = await open('/tariffs', { as: 'biller', language: 'zh-CN' });
    await page.getByRole('button', { name: '新建资费' }).click();
    await page.locator('[data-example="TOU-5"]').getByRole('button', { name: '以此为例' }).click();
    await page.waitForURL('**/tariffs/edit');
    await typeUsage(page, ['尖峰', '高峰', '平段', '低谷', '深谷']);
    await total(page).waitFor();
    await page.getByRole('button', { name: '保存资费' }).click();
    await page.getByText('已保存').waitFor();
    expect((await versions('TOU-5')).map(({ version }) => version)).toEqual([1]);
    const example = TARIFF_EXAMPLES.find(({ code }) => code === 'TOU-5');
    expect((await versions('TOU-5'))[0]?.definition).toEqual(example?.definition);

    await page.getByRole('button', { name: '新版本' }).click();
    await page.waitForURL('**/tariffs/edit?**');
    await typeUsage(page, ['尖峰', '高峰', '平段', '低谷', '深谷']);
    await total(page).waitFor();
    const before = await total(page).innerText();
    await field(page, 'components.0.price.bands.0.unitPrice').fill('2.4');
    // 100 kWh, each 1.00 dearer than version 1.
    await soon(() => page.locator('[data-preview=settled] [data-difference]').innerText()).toBe('▲ ¥ 100.00');
    expect(await total(page).innerText()).not.toBe(before);
    await page.getByRole('button', { name: '保存为新版本' }).click();
    await page.getByText('第 2 版').first().waitFor();
    const [newest] = await versions('TOU-5');
    expect(newest?.version).toBe(2);
    const price = newest?.definition.components[0]?.price;
    expect(price?.kind === 'time_of_use' && price.bands[0]?.unitPrice).toBe('2.4');

    await page.getByRole('button', { name: '版本对比' }).click();
    await page.locator('.compare-changed').getByText('¥ 2.4/kWh').waitFor();
    // The price, and from when it holds.
    expect(await page.locator('.compare-changed').count()).toBe(2);
    await page.locator('.compare-changed').getByText('生效日期').waitFor();
    await page.keyboard.press('Escape');

    // A third version from the same day is refused in the language of the page, at the day.
    await page.getByRole('button', { name: '新版本' }).click();
    await page.waitForURL('**/tariffs/edit?**');
    await field(page, 'components.0.price.bands.0.unitPrice').fill('2.5');
    await page.getByRole('button', { name: '保存为新版本' }).click();
    await page.locator('[data-path=from]').getByText('已有一个版本从那时生效').waitFor();
  }, 60_000);

  test('the preview rates what a stall really used last month', async () => {
    const page = await open('/tariffs/edit', { as: 'biller', language: 'en' });
    await field(page, 'components.0.price.unitPrice').fill('1.5');
    const kilowattHours = (MONTH.to - MONTH.from) / HOUR;
    const cost = (kilowattHours * 1.5).toLocaleString('en-US', { minimumFractionDigits: 2 });
    await soon(() => total(page).innerText()).toBe(`¥ ${cost}`);
    expect(await page.locator('.tf-preview').innerText()).toContain(LAST_MONTH);
  });

  test('what is wrong is said at its field, and nothing can be saved before it is right', async () => {
    const page = await open('/tariffs/edit', { as: 'biller', language: 'zh-CN' });
    const save = page.getByRole('button', { name: '保存资费' });
    const price = field(page, 'components.0.price.unitPrice');
    await price.fill('-1');
    await page.locator('[data-path="components.0.price.unitPrice"]').getByText('不能为负').waitFor();
    expect(await price.getAttribute('aria-invalid')).toBe('true');
    expect(await save.isDisabled()).toBe(true);
    await price.fill('1.5');
    await field(page, 'name').fill('夜市');
    await field(page, 'code').fill('night');
    await soon(() => save.isEnabled()).toBe(true);
    await field(page, 'components.0.code').fill('rounding');
    await page.getByText('rounding 是保留字').first().waitFor();
    expect(await save.isDisabled()).toBe(true);
  });

  test('a day is painted by mouse, keyboard and times, and gaps of the year are seen at once', async () => {
    const page = await open('/tariffs/edit', { as: 'biller', language: 'en' });
    await page.locator('[data-path="components.0.price.kind"] .ant-select').click();
    await page.locator('.ant-select-item-option', { hasText: 'Time of use' }).click();
    const painter = page.locator('.painter');
    await painter.scrollIntoViewIfNeeded();
    await page.getByRole('button', { name: 'Peak', exact: true }).click();
    const box = await page.locator('.painter-row').boundingBox();
    if (box === null) throw new Error('the day is shown');
    await page.mouse.move(box.x + (box.width * 8.1) / 24, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + (box.width * 11.9) / 24, box.y + 20, { steps: 4 });
    await page.mouse.up();
    const list = () => page.locator('.painter-list li').allInnerTexts();
    await soon(list).toEqual(['00:00–08:00 Shoulder', '08:00–12:00 Peak', '12:00–24:00 Shoulder']);
    await painter.focus();
    await page.keyboard.press('Home');
    await page.getByRole('button', { name: 'Off-peak', exact: true }).click();
    await painter.focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowRight');
    await soon(list).toEqual([
      '00:00–02:00 Off-peak',
      '02:00–08:00 Shoulder',
      '08:00–12:00 Peak',
      '12:00–24:00 Shoulder',
    ]);
    await page.getByRole('button', { name: 'Add a schedule' }).click();
    // The new schedule gets Sundays; then it goes, and Sundays are a gap.
    await page.locator('.year-matrix').getByRole('button', { name: 'Sun', exact: true }).click();
    expect(await page.locator('.year-cell', { hasText: 'B' }).count()).toBe(12);
    expect(await page.locator('.year-wrong').count()).toBe(0);
    await page.getByRole('button', { name: 'Remove this schedule' }).click();
    expect(await page.locator('.year-wrong').count()).toBe(12);
    await page.getByText('Month 1, Sun: 0 schedules instead of one').first().waitFor();
  });

  test('an exported version comes back the same, a broken file says where', async () => {
    const page = await open('/tariffs', { as: 'biller', language: 'en' });
    const card = page.locator('section.panel').first();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      card.getByRole('button', { name: 'Export JSON' }).click(),
    ]);
    const text = await readFile((await file.path()) ?? '', 'utf8');
    const exported = JSON.parse(text) as { code: string; definition: TariffDefinition };
    await page.getByRole('button', { name: 'New tariff' }).click();
    const choose = page.locator('input[type=file]');
    const broken = text.replace('"unitPrice": "1.4"', '"unitPrice": "cheap"');
    expect(broken).not.toBe(text);
    await choose.setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: Buffer.from(broken) });
    const alert = page.locator('.drop [role=alert]');
    await alert.getByText('definition.components.0.price.bands.0.unitPrice').waitFor();
    await choose.setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await page.waitForURL('**/tariffs/edit');
    await field(page, 'code').fill('COPY');
    await page.getByRole('button', { name: 'Save tariff' }).click();
    await page.getByText('Saved:').waitFor();
    expect((await versions('COPY'))[0]?.definition).toEqual(exported.definition);
  });

  test('leases are chosen, looked at and assigned', async () => {
    const page = await open('/tariffs?assign=TOU-5', { as: 'biller', language: 'en' });
    await page.getByLabel('Stalls from').fill('A002');
    await page.getByRole('button', { name: 'Choose those shown (2)' }).click();
    await page.locator('#assign-from').fill('2026-12-01');
    await page.getByRole('button', { name: 'See what would change' }).click();
    await page.getByText('Would change 2, 0 pay it already, 0 cannot change.').waitFor();
    await page.getByRole('button', { name: 'Assign (2)' }).click();
    await page.getByText('Changed 2, 0 paid it already, 0 did not change.').waitFor();
  });

  test.each(['zh-CN', 'en'] as const)(
    'pages fit a phone and a screen reader (%s)',
    async (language) => {
      const [example] = TARIFF_EXAMPLES;
      if (!example) throw new Error('there are examples');
      const { commodity, name, definition } = example;
      const code = `SEEN-${language}`;
      const effectiveFrom = new Date('2026-01-01T00:00:00+08:00');
      await createTariff(app.db, { site: SITE, code, name, commodity, definition, effectiveFrom });
      const page = await open('/tariffs', { as: 'biller', language, size: PHONE });
      for (const path of ['/tariffs', `/tariffs/edit?tariff=${code}`]) {
        if (path !== '/tariffs') {
          await page.goto(app.url + path);
          await page.locator('.painter').waitFor();
        }
        expect(await sidewaysPx(page), path).toBe(0);
        expect(await smallTargets(page), path).toEqual([]);
        expect(await axeViolations(page), path).toEqual([]);
      }
    },
    60_000,
  );
});
