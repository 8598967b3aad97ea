import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reconcileDue } from '../../billing/payment-schedule.ts';
import { type SandboxProvider, startSandboxProvider } from '../../demo/sandbox-provider.ts';
import { buildMarket, type Market, silent } from '../billing/market.ts';
import {
  bankTransfer,
  billStatus,
  bookings,
  chargeBill,
  chargesOf,
  issueBill,
  sandboxAdapter,
} from '../billing/payments-market.ts';
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts';
import { DESK, PHONE, skipBrowser, type Visit } from './browser.ts';
import { axeViolations, sidewaysPx, smallTargets } from './fits.ts';

/** Where pictures of the pages go, for whoever wants to look at them. */
const SHOTS = process.env['SHOTS_DIR'];
async function shot(page: Visit['page'], name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${SHOTS}/${name}.png` });
}
const LANGUAGES = ['zh-CN', 'en'] as const;
const DAY_MS = 86_400_000;

describe.skipIf(skipBrowser)('payments', { timeout: 120_000 }, () => {
  let app: BrowserApp;
  let sandbox: SandboxProvider;
  let market: Market;
  const leases: number[] = [];
  beforeAll(async () => {
    sandbox = await startSandboxProvider({ slowMs: 1_500 });
    app = await startBrowserApp({
      billing: true,
      providers: [sandboxAdapter(sandbox), bankTransfer],
      async seed(db) {
        market = await buildMarket(db, 'south');
        for (let i = 0; i < 4; i++)
          leases.push(await market.lease(await market.stall(), '2026-01-01', null, {}));
        const { rows } = await db.$client.query<{ party_id: string }>(
          'SELECT party_id FROM leases WHERE id = $1',
          [leases[0]],
        );
        return { partyId: Number(rows[0]?.party_id) };
      },
    });
  }, 180_000);
  beforeEach(() => sandbox.script('none'));
  afterAll(async () => {
    await app?.close();
    await sandbox.close();
  });
  const lease = (i: number): number => leases[i] ?? 0;
  const issue = (i: number, amount: bigint) => issueBill(app.db, market, lease(i), amount);

  async function fits(page: Visit['page']): Promise<void> {
    expect(await axeViolations(page)).toEqual([]);
    if ((page.viewportSize()?.width ?? 0) > 500) return;
    expect(await sidewaysPx(page)).toBeLessThanOrEqual(0);
    expect(await smallTargets(page)).toEqual([]);
  }

  test('a merchant pays a bill on a phone; the answer is lost, and it is paid once', async () => {
    const bill = await issue(0, 12_850n);
    sandbox.script('timeout_after_success');
    const { page, context, errors } = await app.visit(`/bills?bill=${bill}`, {
      as: 'merchant',
      size: PHONE,
      language: 'zh-CN',
    });
    await page.getByRole('button', { name: /支付.*128\.50/ }).click();
    await page.getByRole('radio', { name: /沙箱支付/ }).check();
    await shot(page, 'choose-phone-zh');
    await page
      .getByRole('button', { name: /128\.50/ })
      .last()
      .click();
    await page.locator('[data-charge=unknown]').waitFor();
    await page.getByText('请不要再付一次').waitFor();
    await shot(page, 'unknown-phone-zh');
    await page.locator('[data-charge=succeeded]').waitFor();
    await shot(page, 'paid-phone-zh');
    const found = await axeViolations(page);
    await context.close();
    expect(await billStatus(app.db, bill)).toBe('paid');
    expect(await bookings(app.db, market.site)).toBe(1);
    expect([...sandbox.orders.values()]).toHaveLength(1);
    expect([...found, ...errors]).toEqual([]);
  });

  test('whoever closes the dialog comes back to the payment under way, and may cancel it', async () => {
    const bill = await issue(1, 4_200n);
    const { page, context, errors } = await app.visit(`/bills?bill=${bill}`, { as: 'biller' });
    const take = page.getByRole('button', { name: 'Take a payment of ¥ 42.00' });
    await take.click();
    await page.getByRole('button', { name: 'Pay ¥ 42.00' }).click();
    await page.getByRole('img', { name: 'QR code to pay with' }).waitFor();
    await shot(page, 'qr-desk-en');
    const found = await axeViolations(page);
    await page.getByRole('button', { name: 'Close' }).last().click();
    await take.click();
    await page.locator('[data-charge=submitted]').waitFor();
    await page.getByRole('button', { name: 'Cancel payment' }).click();
    await page.locator('[data-charge=failed]').waitFor();
    await shot(page, 'cancelled-desk-en');
    await context.close();
    expect(await billStatus(app.db, bill)).toBe('issued');
    expect([...found, ...errors]).toEqual([]);
  });

  test('a bank statement is looked at, imported, and its unknown row settled', async () => {
    const [coded, unknown] = [await issue(2, 30_000n), await issue(3, 5_500n)];
    const { orderNo } = await chargeBill(app.db, lease(2), coded, 30_000n, 'bank_transfer');
    const { rows } = await app.db.$client.query<{ number: string }>(
      'SELECT number FROM bills WHERE id = $1',
      [unknown],
    );
    const { page, context, errors } = await app.visit('/payments?view=bank', {
      as: 'biller',
      language: 'zh-CN',
    });
    await page.getByLabel(/选择文件/).setInputFiles({
      name: 'wrong.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('流水号,日期,收入金额\nA1,2026-11-16,abc\nA2,昨天,1.00\n'),
    });
    await expect
      .poll(() => page.getByRole('alert').getByRole('listitem').allTextContents())
      .toEqual(['第 2 行: “abc”不是金额（最多 2 位小数）', '第 3 行: “昨天”不是日期']);
    await page.getByLabel(/选择文件/).setInputFiles({
      name: 'bank.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        `交易流水号,交易日期,贷方金额,借方金额,对方户名,附言\nB1,2026-11-16,300.00,,李记水产,${orderNo}\nB2,2026-11-16,55.00,,赵家蔬菜,摊位费\nB3,2026-11-16,,12.00,自来水公司,水费\n`,
      ),
    });
    await page.getByRole('button', { name: '导入 2 行' }).waitFor();
    await shot(page, 'import-desk-zh');
    const found = await axeViolations(page);
    const imported = () => app.db.$client.query('SELECT status FROM bank_rows ORDER BY bank_ref');
    expect((await imported()).rows).toEqual([]);
    await page.getByRole('button', { name: '导入 2 行' }).click();
    await expect
      .poll(async () => (await imported()).rows)
      .toEqual([{ status: 'matched' }, { status: 'unmatched' }]);
    await expect.poll(() => billStatus(app.db, coded)).toBe('paid');
    await page
      .getByRole('row', { name: /赵家蔬菜/ })
      .last()
      .getByRole('button')
      .click();
    await page.getByPlaceholder('账单号').fill(rows[0]?.number ?? '');
    await shot(page, 'settle-desk-zh');
    found.push(...(await axeViolations(page)));
    await page
      .getByRole('button', { name: /认\s?领|核\s?销|确\s?认/ })
      .last()
      .click();
    await expect.poll(() => billStatus(app.db, unknown)).toBe('paid');
    await context.close();
    expect([...found, ...errors]).toEqual([]);
  });

  test('money goes back in two steps', async () => {
    const bill = await issue(1, 9_900n);
    sandbox.script('slow');
    const { id } = await chargeBill(app.db, lease(1), bill, 9_900n);
    await expect.poll(() => billStatus(app.db, bill)).toBe('paid');
    const { page, context, errors } = await app.visit(`/payments?charge=${id}`, { as: 'biller' });
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Refund…' }).click();
    await dialog.getByLabel(/Amount to refund/).fill('100');
    await dialog.getByLabel('Reason').fill('double');
    expect(await dialog.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
    await dialog.getByLabel(/Amount to refund/).fill('40');
    await shot(page, 'refund-desk-en');
    const found = await axeViolations(page);
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByText(/Refund ¥ 40\.00 to/).waitFor();
    await shot(page, 'refund-sure-desk-en');
    found.push(...(await axeViolations(page)));
    await dialog.getByRole('button', { name: 'Refund now' }).click();
    await expect.poll(() => bookings(app.db, market.site, 'charge.refunded')).toBe(1);
    await expect.poll(() => billStatus(app.db, bill)).toBe('issued');
    await shot(page, 'refunded-desk-en');
    await context.close();
    expect([...found, ...errors]).toEqual([]);
  });

  test('reconciliation shows what differs, a case says what to do, and is closed with a note', async () => {
    const adapter = sandboxAdapter(sandbox);
    await reconcileDue({
      ...{ db: app.db, log: silent, now: () => new Date(Date.now() + DAY_MS) },
      providers: new Map([
        [
          'sandbox',
          {
            ...adapter,
            async downloadStatement(day: string) {
              const statement = await adapter.downloadStatement(day);
              if (statement.status !== 'ready' || statement.rows.length === 0) return statement;
              const stranger = { kind: 'payment', orderNo: 'SG-STRANGER', amount: 7_700n, fee: 0n } as const;
              return { ...statement, rows: [...statement.rows, { ...stranger, providerRef: 'X1' }] };
            },
          },
        ],
      ]),
    });
    const { page, context, errors } = await app.visit('/payments?view=reconciliation', { as: 'auditor' });
    await page
      .getByRole('row')
      .filter({ has: page.locator('.tag-bad') })
      .first()
      .getByRole('button')
      .click();
    await page.getByText('SG-STRANGER').waitFor();
    await shot(page, 'reconciliation-desk-en');
    const found = await axeViolations(page);
    await context.close();

    const cases = await app.visit('/cases', { as: 'biller', language: 'zh-CN' });
    await cases.page
      .getByRole('row', { name: /SG-STRANGER/ })
      .getByRole('button')
      .click();
    const dialog = cases.page.getByRole('dialog');
    await dialog.getByText('渠道有，我方账上没有').waitFor();
    await shot(cases.page, 'case-desk-zh');
    found.push(...(await axeViolations(cases.page)));
    await dialog.getByRole('textbox').fill('赵家蔬菜的充值');
    await dialog.getByRole('button', { name: /关闭/ }).last().click();
    await dialog.getByText('赵家蔬菜的充值').first().waitFor();
    await cases.context.close();
    expect([...found, ...errors, ...cases.errors]).toEqual([]);
  });

  test('an unknown payment is settled by hand, by two people', async () => {
    const bill = await issue(2, 6_600n);
    const { id } = await chargeBill(app.db, lease(2), bill, 6_600n);
    await expect.poll(async () => (await chargesOf(app.db, lease(2))).at(-1)?.status).toBe('submitted');
    await app.db.$client.query(
      `UPDATE charges SET status = 'unknown', failure = 'no answer in time', next_look_at = NULL WHERE id = $1`,
      [id],
    );
    const { page, context, errors } = await app.visit(`/payments?charge=${id}`, {
      as: 'biller',
      language: 'zh-CN',
    });
    await page.getByRole('button', { name: '人工认定…' }).click();
    const confirm = page.getByRole('dialog').locator('button[type=submit]');
    await page.getByLabel('依据').fill('渠道后台没有这笔');
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByRole('radio', { name: '没有付款' }).check();
    await shot(page, 'by-hand-desk-zh');
    const found = await axeViolations(page);
    await confirm.click();
    // Who says it cannot approve it, and is told so; it can be dropped.
    await page.getByText('须由另一位同事批准').waitFor();
    await page.getByRole('button', { name: '撤销' }).waitFor();
    expect(await page.getByRole('button', { name: '批准' }).count()).toBe(0);
    expect((await chargesOf(app.db, lease(2))).at(-1)?.status).toBe('unknown');
    await context.close();

    const second = await app.visit(`/payments?charge=${id}`, { as: 'operator', language: 'zh-CN' });
    await second.page.getByRole('button', { name: '批准' }).click();
    await expect.poll(async () => (await chargesOf(app.db, lease(2))).at(-1)?.status).toBe('failed');
    await second.context.close();
    expect(await billStatus(app.db, bill)).toBe('issued');
    expect([...found, ...errors, ...second.errors]).toEqual([]);
  });

  test('a lease’s bills are charged by themselves, and its deposit is taken and returned', async () => {
    const { page, context, errors } = await app.visit(`/leases?lease=${lease(1)}`, { as: 'biller' });
    await page.getByRole('button', { name: 'Automatic payment…' }).click();
    await shot(page, 'method-desk-en');
    const found = await axeViolations(page);
    await page.getByRole('dialog').locator('button[type=submit]').click();
    await page.getByText('Prepaid balance').waitFor();
    await page.getByRole('button', { name: 'Take a deposit…' }).click();
    await page.getByRole('radio', { name: /Cash/ }).check();
    await page.getByRole('textbox', { name: 'Receipt number' }).fill('R-77');
    await page.getByRole('button', { name: /Take a payment of.*1,000\.00/ }).click();
    await page.locator('[data-charge=succeeded]').waitFor();
    await page.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'Return the deposit…' }).click();
    await page.getByLabel('Reason').fill('transfer 42');
    await shot(page, 'deposit-desk-en');
    await page.getByRole('button', { name: 'Book the return' }).click();
    await expect.poll(() => bookings(app.db, market.site, 'deposit.returned')).toBe(1);
    await context.close();
    expect([...found, ...errors]).toEqual([]);
  });

  test('every page fits a phone and a desk in both languages', { timeout: 240_000 }, async () => {
    const { rows } = await app.db.$client.query<{ id: string }>(
      `SELECT id FROM charges WHERE refunded > 0 LIMIT 1`,
    );
    const paths = {
      charges: '/payments',
      charge: `/payments?charge=${rows[0]?.id}`,
      bank: '/payments?view=bank',
      reconciliation: '/payments?view=reconciliation',
      lease: `/leases?lease=${lease(1)}`,
    };
    for (const language of LANGUAGES) {
      for (const size of [PHONE, DESK]) {
        const { page, context, errors } = await app.visit('/payments', { as: 'biller', language, size });
        for (const [name, path] of Object.entries(paths)) {
          await page.goto(app.url + path);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.waitForLoadState('networkidle');
          await shot(page, `${name}-${size === PHONE ? 'phone' : 'desk'}-${language}`);
          await fits(page);
        }
        await context.close();
        expect(errors).toEqual([]);
      }
    }
    const own = await app.visit('/payments', { as: 'merchant', size: PHONE, language: 'zh-CN' });
    await own.page.getByRole('heading', { level: 1, name: '我的付款' }).waitFor();
    await own.page.waitForLoadState('networkidle');
    await shot(own.page, 'mine-phone-zh');
    await fits(own.page);
    await own.context.close();
    expect(own.errors).toEqual([]);
  });
});
