import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBillMarket } from '../billing/bill-market.ts';
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts';
import { PHONE, skipBrowser, type Visit } from './browser.ts';
import { axeViolations, sidewaysPx, smallTargets } from './fits.ts';

/** Where pictures of the pages go, for whoever wants to look at them. */
const SHOTS = process.env['SHOTS_DIR'];
async function shot(page: Visit['page'], name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${SHOTS}/${name}.png` });
}
const isAccessible = async (page: Visit['page']): Promise<void> =>
  expect(await axeViolations(page)).toEqual([]);
async function fitsPhone(page: Visit['page']): Promise<void> {
  expect(await sidewaysPx(page)).toBeLessThanOrEqual(0);
  expect(await smallTargets(page)).toEqual([]);
}

describe.skipIf(skipBrowser)('bills', { timeout: 120_000 }, () => {
  let app: BrowserApp;
  beforeAll(async () => {
    app = await startBrowserApp({
      async seed(db) {
        const market = await buildBillMarket(db, 'south');
        const wang = await market.lease({ party: '王记水产' });
        const li = await market.lease({ party: '李家蔬菜' });
        await market.lines([
          { lease: wang.lease, amount: 123_456n },
          { lease: wang.lease, amount: 4_400n, component: 'service' },
          { lease: li.lease, amount: 70_000n },
        ]);
        await market.close('2026-10');
        await market.drawUp();
        return { partyId: wang.party };
      },
    });
  }, 180_000);
  afterAll(() => app?.close());

  test('drafts are reviewed by one and issued by another', async () => {
    const { page, context, errors } = await app.visit('/bills', { as: 'biller' });
    await page.getByRole('button', { name: 'Review all 2 drafts' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Review' }).click();
    await page.getByRole('button', { name: 'Issue all 2 reviewed' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Issue' }).click();
    await dialog.getByText('You reviewed it').waitFor();
    await shot(page, 'refused-desk-en');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    const found = await axeViolations(page);
    await page.locator('.ant-table-row button.link').first().click();
    await page.getByText('You reviewed it: somebody else must issue it').waitFor();
    const sheet = page.getByRole('dialog');
    expect(await sheet.getByRole('button', { name: 'Issue', exact: true }).isDisabled()).toBe(true);
    expect(await sheet.getByRole('button', { name: 'Return', exact: true }).isEnabled()).toBe(true);
    await shot(page, 'four-eyes-desk-en');
    await context.close();

    const other = await app.visit('/bills', { as: 'operator', language: 'zh-CN' });
    await other.page.getByRole('button', { name: '出账全部 2 张已审核账单' }).click();
    await other.page
      .getByRole('dialog')
      .getByRole('button', { name: /出\s?账/ })
      .click();
    await other.page
      .getByText('2026-000001')
      .or(other.page.getByText(/^\d{4}-000001$/))
      .first()
      .waitFor();
    await shot(other.page, 'list-desk-zh');
    await other.context.close();
    expect([...found, ...errors, ...other.errors]).toEqual([]);
  });

  test('a merchant sees their bill on a phone, and disputes a line', async () => {
    const { page, context, errors } = await app.visit('/bills', {
      as: 'merchant',
      size: PHONE,
      language: 'zh-CN',
    });
    const bill = page.getByRole('button', { name: /^\d{4}-00000\d$/ });
    await bill.first().waitFor();
    expect(await bill.count()).toBe(1);
    await fitsPhone(page);
    await shot(page, 'list-phone-zh');
    await bill.click();
    await page.locator('[data-due="127856"]').waitFor();
    await shot(page, 'bill-phone-zh');
    await isAccessible(page);
    await page.getByRole('button', { name: '提出异议' }).click();
    await page.getByRole('checkbox').first().waitFor();
    await page.locator('.line-choice', { hasText: '1,234.56' }).click();
    await page.getByLabel('有什么问题？').fill('这块电表不是我的');
    await shot(page, 'dispute-phone-zh');
    await page.getByRole('button', { name: '提交异议' }).click();
    await page.getByText('核实中').waitFor();
    // The disputed line is named, and only the rest is asked for.
    await page.getByRole('button', { name: /1,234\.56 明细/ }).waitFor();
    await page.getByRole('button', { name: /^支付.*44\.00/ }).waitFor();
    await shot(page, 'disputed-phone-zh');
    await fitsPhone(page);
    expect(errors).toEqual([]);
    await context.close();
  });

  test('a biller upholds the dispute from its case, and the due falls', async () => {
    const { page, context, errors } = await app.visit('/cases', { as: 'biller' });
    await page.getByRole('button', { name: 'Disputed bill' }).click();
    await page.getByRole('button', { name: /1,234\.56 Evidence of line/ }).waitFor();
    await page.getByLabel('What the merchant is told').fill('The meters of A001 and A002 were exchanged.');
    await shot(page, 'case-desk-en');
    await page.getByRole('button', { name: 'Uphold and credit' }).click();
    await page.getByText('Upheld').first().waitFor();
    await page.getByRole('link', { name: /Open the bill/ }).click();
    await page.locator('[data-due="4400"]').waitFor();
    await page
      .getByRole('button', { name: /Show lines/ })
      .first()
      .click();
    await page
      .getByRole('button', { name: /Evidence of line/ })
      .first()
      .waitFor();
    await shot(page, 'bill-desk-en');
    await isAccessible(page);
    expect(errors).toEqual([]);
    await context.close();
  });

  test('the ledger leads from the trial balance to a bill', async () => {
    const { page, context, errors } = await app.visit('/ledger?view=trial', { as: 'auditor' });
    await page.getByText('Debits equal credits').waitFor();
    await shot(page, 'trial-desk-en');
    await isAccessible(page);
    await page.getByText('Accounts', { exact: true }).click();
    await page.getByRole('button', { name: 'Receivable · 王记水产 A001' }).click();
    await page.getByRole('button', { name: 'Bill issued' }).click();
    await page.getByRole('link', { name: /^Bill \d+$/ }).waitFor();
    await shot(page, 'transaction-desk-en');
    expect(errors).toEqual([]);
    await context.close();
    const phone = await app.visit('/ledger', { as: 'auditor', size: PHONE, language: 'zh-CN' });
    await phone.page
      .getByRole('button', { name: /应收账款/ })
      .first()
      .waitFor();
    await fitsPhone(phone.page);
    await shot(phone.page, 'ledger-phone-zh');
    await isAccessible(phone.page);
    await phone.context.close();
  });

  test('messages to be sent are copied and marked as sent', async () => {
    await app.db.$client.query(
      `INSERT INTO dunning_notices (site_id, bill_id, step, after_days, created_at)
       SELECT site_id, id, 'remind', 1, now() FROM bills WHERE status = 'issued' ORDER BY id DESC LIMIT 1`,
    );
    const { page, context, errors } = await app.visit('/bills?view=dunning', { as: 'biller' });
    await page.getByText(/is unpaid/).waitFor();
    await shot(page, 'dunning-desk-en');
    await isAccessible(page);
    await page.getByRole('button', { name: 'Mark as sent' }).click();
    await page.getByText('Nothing to send').waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });
});
