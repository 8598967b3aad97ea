import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shareOut } from '../../billing/settlement.ts';
import { noteLowBalances } from '../../store/balance-notices.ts';
import type { Database } from '../../store/database.ts';
import { bookTransaction } from '../../store/ledger.ts';
import { parties } from '../../store/schema/parties.ts';
import { queueSettlement } from '../../store/settlement-runs.ts';
import { findSite } from '../../store/sites.ts';
import { createSplitRule } from '../../store/split-rules.ts';
import { transaction } from '../../store/transaction.ts';
import { createLease, createMarket, SITE } from '../api/market.ts';
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts';
import { PHONE, skipBrowser } from './browser.ts';

const option = (page: Page, title: string) =>
  page
    .locator(
      `.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option[title^="${title}"]`,
    )
    .last();
const SHOTS = process.env['SHOTS_DIR'];

describe.skipIf(skipBrowser)('prepaid balances and settlement', { timeout: 60_000 }, () => {
  let app: BrowserApp;
  beforeAll(async () => {
    app = await startBrowserApp({ billing: true, seed });
  }, 120_000);
  afterAll(() => app?.close());

  async function open(
    path: string,
    options: Parameters<BrowserApp['visit']>[1] = {},
  ): Promise<{ page: Page; done: () => Promise<void> }> {
    const { page, context, errors } = await app.visit(path, options);
    return {
      page,
      async done() {
        expect(errors).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
        await context.close();
      },
    };
  }
  async function shoot(page: Page, name: string): Promise<void> {
    if (!SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    await page.waitForTimeout(600);
    await page.screenshot({ path: `${SHOTS}/${name}.png` });
  }

  test('a low balance is listed, topped up with cash, and no longer low', async () => {
    const { page, done } = await open('/prepaid?filter=low', { as: 'biller' });
    await page.getByRole('button', { name: 'A001' }).click();
    await page.getByText('−¥ 3.00').first().waitFor();
    await page.getByRole('button', { name: 'Top up' }).click();
    await page.getByRole('radio', { name: /cash/i }).check();
    await page.getByRole('textbox', { name: /receipt/i }).fill('R-1');
    await page
      .getByRole('button', { name: /100\.00/ })
      .last()
      .click();
    await expect
      .poll(async () => {
        const { rows } = await app.db.$client.query(
          'SELECT balance FROM prepaid_balances ORDER BY lease_id LIMIT 1',
        );
        return rows[0]?.balance;
      })
      .toBe('9700');
    await done();
  });

  test('a lease is protected with a reason, and says so', async () => {
    const { page, done } = await open('/prepaid', { as: 'operator', language: 'zh-CN' });
    await page.getByRole('button', { name: 'A002' }).click();
    await page.getByRole('button', { name: '设为保电' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('冷库');
    await page.getByRole('button', { name: /确\s*认/ }).click();
    await page.getByText('保电：冷库').waitFor();
    await shoot(page, 'balance-desk-zh');
    await done();
  });

  test('a merchant sees their own balance on a phone', async () => {
    for (const language of ['zh-CN', 'en'] as const) {
      const { page, done } = await open('/prepaid', { as: 'merchant', size: PHONE, language });
      await page
        .getByRole('heading', { level: 1, name: language === 'en' ? 'My balance' : '我的余额' })
        .waitFor();
      await page.getByRole('button', { name: language === 'en' ? 'Top up' : /充\s*值/ }).waitFor();
      await shoot(page, `mine-phone-${language}`);
      await done();
    }
  });

  test('staff see whom to notify, and mark them as told', async () => {
    const { page, done } = await open('/prepaid?view=notices', { as: 'biller', size: PHONE });
    const told = page.getByRole('button', { name: 'Told' });
    await told.first().waitFor();
    await shoot(page, 'notices-phone-en');
    const before = await told.count();
    await told.first().click();
    await expect.poll(() => told.count()).toBeLessThan(before);
    await done();
  });

  test('a split that does not add up to 100 is refused', async () => {
    const { page, done } = await open('/settlement?view=rules', { as: 'biller' });
    await page.getByRole('button', { name: 'Add a split rule' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Component code').fill('service');
    for (const [n, name, percent] of [
      [1, '王业主', '60'],
      [2, '集成公司', '30'],
    ] as const) {
      await dialog.getByRole('combobox', { name: `Party ${n}` }).click();
      await option(page, name).click();
      await dialog.getByRole('textbox', { name: `Percent ${n}` }).fill(percent);
    }
    await dialog.getByText('90 % of 100 %').waitFor();
    await shoot(page, 'rule-desk-en');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByText(/add up to 90 percent, not 100/).waitFor();
    await dialog.getByRole('textbox', { name: 'Percent 2' }).fill('40');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('service', { exact: false }).first().waitFor();
    await done();
  });

  test('a statement shows the shares, and its payable is paid out once', async () => {
    const { page, done } = await open('/settlement', { as: 'biller', language: 'zh-CN' });
    await page.getByRole('button', { name: '王业主' }).waitFor();
    await shoot(page, 'settlement-desk-zh');
    await page.getByRole('button', { name: '王业主' }).click();
    await page.getByRole('combobox', { name: '月份' }).click();
    await option(page, '2026-10').click();
    await page.getByText('¥ 6.01').first().waitFor();
    await shoot(page, 'statement-desk-zh');
    await page.getByRole('button', { name: '标记为已支付' }).click();
    await page.getByLabel('银行流水号').fill('T-1');
    await page.locator('.ant-modal').getByRole('button', { name: '标记为已支付' }).click();
    await page.getByText('T-1').waitFor();
    await done();
  });

  test('every page fits a phone, in both languages', { timeout: 120_000 }, async () => {
    for (const language of ['zh-CN', 'en'] as const) {
      for (const path of [
        '/prepaid',

        '/settlement',
        '/settlement?view=rules',
        '/settlement?view=holds',
      ]) {
        const { page, done } = await open(path, { as: 'biller', size: PHONE, language });
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForLoadState('networkidle');
        await shoot(page, `phone-${language}${path.replaceAll(/\W/g, '-')}`);
        await done();
      }
    }
    const { page, done } = await open('/prepaid', { as: 'biller' });
    await page.getByRole('button', { name: 'A002' }).waitFor();
    await shoot(page, 'prepaid-desk-en');
    await done();
  });
});

/** Three prepaid stalls, two of them low; fees of which an owner and an integrator have a share. */
async function seed(db: Database): Promise<{ partyId: number }> {
  const { stalls } = await createMarket(db, 3);
  const leases: { party: number; lease: number }[] = [];
  for (const [i, name] of ['李记水产', '王记鲜肉', '赵家蔬菜'].entries()) {
    leases.push(await createLease(db, stalls[i]?.id ?? 0, name));
  }
  await db.$client.query(`UPDATE leases SET charging = 'prepaid' WHERE kind = 'merchant'`);
  await db.$client.query(`UPDATE parties SET phone = '13800000000' WHERE kind = 'merchant'`);
  const at = new Date();
  for (const [i, amount] of [-300n, 1_500n, 50_000n].entries()) {
    await bookTransaction(db.$client, {
      ...{ siteId: SITE, currency: 'CNY', key: `t${i}`, kind: 'prepaid.charged', at, actor: 'billing' },
      entries: [
        { account: { kind: 'revenue', code: 'energy' }, amount },
        { account: { kind: 'prepaid', leaseId: leases[i]?.lease }, amount: -amount },
      ],
    });
  }
  await noteLowBalances(db.$client, {
    ...{ siteId: SITE, at },
    thresholds: [
      { level: 'low', threshold: 10_000n },
      { level: 'very_low', threshold: 2_000n },
    ],
  });
  const made = await db
    .insert(parties)
    .values([
      { kind: 'owner', name: '王业主' },
      { kind: 'integrator', name: '集成公司' },
    ])
    .returning();
  const [owner = 0, integrator = 0] = made.map(({ id }) => id);
  await db.$client.query(
    `INSERT INTO tariffs (site_id, code, name, commodity) VALUES ('${SITE}', 'T', 'T', 'electricity');
     INSERT INTO tariff_versions (tariff_id, version, effective_from, definition) SELECT id, 1, '2026-01-01', '{}' FROM tariffs;
     INSERT INTO metering_points (site_id, place_id, commodity, code, max_rate) VALUES ('${SITE}', ${stalls[0]?.id}, 'electricity', 'P', 1);
     INSERT INTO billing_runs (site_id, period, status, requested_by) VALUES ('${SITE}', '2026-10-01', 'succeeded', 'x');
     INSERT INTO fee_lines (site_id, period, accounting_period, run_id, lease_id, metering_point_id, service_from, service_to,
       tariff_version_id, component, band, sequence, quantity, unit, unit_price, amount, currency, kind, input_hash, evidence, posted_at)
     SELECT '${SITE}', '2026-10-01', '2026-10-01', r.id, ${leases[0]?.lease}, m.id, '2026-10-01', '2026-10-02', v.id, 'energy',
       'all', n, 1, 'Wh', 1, 1001 * n, 'CNY', 'adjustment', 'x', '{}', '2026-10-02T03:00:00Z'
     FROM billing_runs r, metering_points m, tariff_versions v, generate_series(1, 2) n`,
  );
  await transaction(db, (tx) =>
    createSplitRule(tx, {
      ...{
        siteId: SITE,
        commodity: null,
        component: 'energy',
        effectiveFrom: new Date('2026-01-01'),
        actor: 'x',
        at,
      },
      shares: [
        { partyId: owner, percent: '30' },
        { partyId: integrator, percent: '70' },
      ],
    }),
  );
  const id = await queueSettlement(db.$client, { siteId: SITE, requestedBy: 'schedule', at });
  const site = await findSite(db, SITE);
  if (site) await shareOut(db, { id, site }, at);
  await db.$client.query(`UPDATE settlement_runs SET status = 'succeeded', finished_at = $1`, [at]);
  return { partyId: leases[1]?.party ?? 0 };
}
