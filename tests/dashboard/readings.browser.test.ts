import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openCase } from '../../store/cases.ts';
import { monthPartitions } from '../../store/partitions.ts';
import { scanReadings } from '../../store/reading-scan.ts';
import { insertReadings } from '../../store/readings.ts';
import { at, buildMarket, FLAT } from '../billing/market.ts';
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts';
import { PHONE, skipBrowser, type Visit, type VisitOptions } from './browser.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** A picture of one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

// The sign that something is being stored goes slowly on a busy machine, and is part of the button's name.
const STORE = /^(loading )?Store$/;
const STORE_ZH = /^(loading )?保\s?存$/;

describe.skipIf(skipBrowser)('what a person decides about readings', () => {
  let app: BrowserApp;
  let opened: Visit | undefined;
  let frame = 0;
  const stalls: { id: number; code: string; lease: number; point: number; register: number }[] = [];

  async function sent(
    register: number,
    rows: readonly (readonly [string, bigint])[],
    quality: 'good' | 'future' = 'good',
    db = app.db,
  ): Promise<void> {
    frame++;
    const readings = rows.map(([local, value]) => ({
      ...{ registerId: register, ts: at(local).getTime(), value, quality },
      ...{ receivedAt: at(local).getTime() - (quality === 'future' ? 3_600_000 : 0), journalSeq: frame },
    }));
    await monthPartitions('readings').ensure(db.$client, readings);
    await insertReadings(db.$client, readings);
    await db.$client.query(
      `INSERT INTO journal_cursors VALUES ('ingest/0', $1) ON CONFLICT (reader) DO UPDATE SET seq = $1`,
      [frame],
    );
  }

  beforeAll(async () => {
    app = await startBrowserApp({
      async seed(db) {
        const market = await buildMarket(db, 's1');
        const tariff = await market.tariff('T', '2026-01-01', FLAT);
        await market.lease(null, '2026-01-01', null, { tariff });
        // A stall that people find lies on a floor.
        const floor = await db.$client.query(
          `INSERT INTO places (site_id, kind, code, name) VALUES ('s1', 'floor', 'F1', 'F1') RETURNING id`,
        );
        for (let n = 0; n < 5; n++) {
          const id = await market.stall();
          await db.$client.query('UPDATE places SET parent_id = $2 WHERE id = $1', [id, floor.rows[0].id]);
          const lease = await market.lease(id, '2026-09-01', null, { tariff });
          const point = await market.point(id);
          const register = await market.meter(point, '2026-10-01', 100_000n);
          const { rows } = await db.$client.query('SELECT code FROM places WHERE id = $1', [id]);
          stalls.push({ id, code: rows[0].code, lease, point, register });
          await sent(register, [['2026-10-02', 110_000n]], 'good', db);
        }
        return undefined;
      },
    });
  }, 240_000);
  afterAll(() => app?.close());
  afterEach(async () => {
    expect(opened?.errors).toEqual([]);
    await opened?.context.close();
    opened = undefined;
  });

  const stallOf = (n: number) => stalls[n] ?? { id: 0, code: '', lease: 0, point: 0, register: 0 };
  async function open(path: string, options: VisitOptions = {}): Promise<Page> {
    opened = await app.visit(path, options);
    return opened.page;
  }
  const good = async (register: number): Promise<string[]> => {
    const { rows } = await app.db.$client.query(
      `SELECT value FROM readings WHERE register_id = $1 AND quality = 'good' ORDER BY ts`,
      [register],
    );
    return rows.map(({ value }) => String(value));
  };
  const isAccessible = async (page: Page): Promise<void> => {
    await page.evaluate(readFileSync(AXE, 'utf8'));
    const found = await page.evaluate(
      'axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")))',
    );
    expect(found).toEqual([]);
  };
  const shot = (page: Page, name: string) =>
    process.env.SCREENSHOTS ? page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` }) : null;

  test('a conflict is decided for the value that fits', async () => {
    const { register } = stallOf(0);
    await sent(register, [
      ['2026-10-03', 910_000n],
      ['2026-10-04', 130_000n],
    ]);
    await sent(register, [['2026-10-03', 120_000n]]);
    const page = await open('/cases', { as: 'biller' });
    await page.getByRole('button', { name: 'Conflicting readings' }).click();
    await page.getByText('fits to those around it').waitFor();
    await page.getByLabel('Note').fill('seen on the spot');
    await isAccessible(page);
    await shot(page, 'conflict-desk-en');
    await page.getByRole('button', { name: 'Let it stand' }).click();
    await page.getByText('A value was chosen').first().waitFor();
    await page.getByRole('button', { name: 'Settle 2026-10 again' }).waitFor();
    expect(await good(register)).toEqual(['110000', '120000', '130000']);
  });

  test('readings of a clock that ran ahead are moved together, on a phone', async () => {
    const { register } = stallOf(1);
    await sent(
      register,
      [
        ['2026-10-03 10:00', 111_000n],
        ['2026-10-03 11:00', 112_000n],
      ],
      'future',
    );
    await scanReadings(app.db, new Date('2026-10-04T00:00:00Z'));
    const page = await open('/cases?kind=clock_ahead', { size: PHONE, language: 'zh-CN' });
    await page.getByRole('button', { name: '设备时钟超前' }).click();
    await page.getByText('2 个读数').waitFor();
    await shot(page, 'clock-phone-zh');
    await page.getByRole('button', { name: '确认决定' }).click();
    await page.getByText('移到正确时刻').first().waitFor();
    await expect.poll(() => good(register)).toEqual(['110000', '111000', '112000']);
  });

  test('a reading is entered with a picture on a phone, and a doubtful one must be confirmed', async () => {
    const { code, register } = stallOf(2);
    const page = await open('/readings', { size: PHONE, as: 'biller' });
    await page.getByLabel('Stall, merchant or meter serial').fill(code);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: new RegExp(`^${code}`) }).click();
    await page.getByRole('button', { name: 'Enter a reading' }).click();
    await page.getByLabel('The dial shows').fill('90');
    await page.getByLabel('Read at').fill('2026-10-05T09:30');
    await page.getByText('Last reading 110.000 kWh').waitFor();
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'dial.png', mimeType: 'image/png', buffer: PIXEL });
    await page.getByRole('img', { name: 'Picture of the dial' }).waitFor();
    await isAccessible(page);
    await shot(page, 'enter-phone-en');
    await page.getByRole('button', { name: STORE }).click();
    await page.getByText('This does not fit').waitFor();
    expect(await good(register)).toEqual(['110000']);
    await page.getByLabel('The dial shows').fill('120.5');
    await page.getByText('10.500 kWh more').waitFor();
    await page.getByRole('button', { name: STORE }).click();
    await page.getByText('The reading is stored').waitFor();
    expect(await good(register)).toEqual(['110000', '120500']);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.goto(`${app.url}/readings?stall=${stallOf(2).id}&point=${stallOf(2).point}&do=history`);
    await page.getByText('Read by hand').waitFor();
    await page.getByRole('img', { name: 'Picture of the dial' }).waitFor();
    await shot(page, 'history-phone-en');
  });

  test('a refused reading is explained by an exchange, and later ones count from there', async () => {
    const { register, point } = stallOf(4);
    // Four in a row are no glitch.
    await sent(register, [
      ['2026-10-03', 1_000n],
      ['2026-10-04', 3_000n],
      ['2026-10-05', 5_000n],
      ['2026-10-06', 7_000n],
    ]);
    await scanReadings(app.db, new Date('2026-10-07T00:00:00Z'));
    expect(await good(register)).toEqual(['110000']);
    const page = await open('/cases?kind=reading_refused', { language: 'zh-CN', size: PHONE });
    await page.getByRole('button', { name: '读数不合理' }).click();
    await page.getByText('读数比前一个小').waitFor();
    await page.getByText('换过表，或表码被清零').waitFor();
    await isAccessible(page);
    await shot(page, 'refused-phone-zh');
    await page.getByLabel('旧表止码').fill('112');
    await page.getByRole('button', { name: '确认决定' }).click();
    await page.getByText('认定为换表').first().waitFor();
    expect(await good(register)).toEqual(['110000', '1000', '3000', '5000', '7000']);
    const { rows } = await app.db.$client.query(
      'SELECT end_value, start_value FROM installations WHERE metering_point_id = $1 ORDER BY starts_at',
      [point],
    );
    expect(rows).toMatchObject([{ end_value: '112000' }, { start_value: '1000', end_value: null }]);
  });

  test('a missing reading says what it was estimated from, and where to enter it', async () => {
    const { point, code } = stallOf(2);
    await openCase(app.db.$client, {
      ...{ siteId: 's1', kind: 'missing_reading', key: `${point} x`, at: at('2026-11-02') },
      subject: {
        ...{
          meteringPointId: point,
          period: '2026-10',
          at: at('2026-11-01').toISOString(),
          estimate: '200000',
        },
        basis: {
          from: at('2026-10-01').toISOString(),
          to: at('2026-10-08').toISOString(),
          quantity: '70000',
        },
        ...{ lastReadAt: at('2026-10-08').toISOString(), lastValue: '170000' },
      },
    });
    const page = await open('/cases?kind=missing_reading', { as: 'biller' });
    await page.getByRole('button', { name: 'Missing reading' }).click();
    await page.getByText('200.000 kWh').waitFor();
    await page.getByText('Estimated from 70.000 kWh').waitFor();
    await isAccessible(page);
    await shot(page, 'missing-desk-en');
    await page.getByRole('link', { name: 'Enter a reading for that instant' }).click();
    await page.getByText(code).first().waitFor();
    expect(await page.getByLabel('Read at').inputValue()).toBe('2026-11-01T00:00');
    await page.getByLabel('The dial shows').fill('90');
    await page.getByText('less than the last reading').waitFor();
    await shot(page, 'less-desk-en');
  });

  test('a meter is exchanged, and a handover needs what its meter shows', async () => {
    const { id, lease, point, register } = stallOf(3);
    const page = await open(`/readings?stall=${id}&point=${point}&do=exchange`, { language: 'zh-CN' });
    const { rows } = await app.db.$client.query('SELECT device_id FROM registers WHERE id = $1', [register]);
    await page.getByLabel('旧表止码').fill('90');
    await page.getByLabel('时间').fill('2026-10-05T09:00');
    await page.getByRole('combobox', { name: '新表' }).fill(rows[0].device_id);
    await page.locator('.ant-select-item-option').first().click();
    // The last reading was 110 kWh: an end of 90 is stored only with its reason.
    await page.getByRole('button', { name: STORE_ZH }).click();
    await page.getByText('的读数 110.000 小').waitFor();
    await page.getByRole('button', { name: '核对无误，仍然保存' }).click();
    await page.getByText('请在说明中写明为什么是对的').waitFor();
    await isAccessible(page);
    await shot(page, 'exchange-doubt-zh');
    expect(await good(register)).toEqual(['110000']);
    await page.getByLabel('旧表止码').fill('115');
    await shot(page, 'exchange-desk-zh');
    await page.getByRole('button', { name: STORE_ZH }).click();
    await page.getByText('已登记').waitFor();
    const { rows: installed } = await app.db.$client.query(
      'SELECT end_value, start_value FROM installations WHERE metering_point_id = $1 ORDER BY starts_at',
      [point],
    );
    expect(installed).toMatchObject([{ end_value: '115000' }, { start_value: '0', end_value: null }]);

    await page.goto(`${app.url}/leases?lease=${lease}`);
    await page.getByRole('button', { name: '摊位交接' }).click();
    await page.getByText('请抄表填写').waitFor();
    await shot(page, 'handover-desk-zh');
    await page.getByRole('button', { name: '确认交接' }).click();
    await page.getByText('交接必须有每块表的读数').waitFor();
    await page.getByLabel('表盘读数').fill('3');
    await page.getByRole('button', { name: '确认交接' }).click();
    await page.getByText('交接完成').waitFor();
  });
});
