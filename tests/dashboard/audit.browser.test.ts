import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../domain/audit.ts';
import { buildScene, PERIOD, tamper } from '../proof/scene.ts';
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts';
import { PHONE, skipBrowser, type Visit } from './browser.ts';
import { axeViolations, sidewaysPx, smallTargets } from './fits.ts';

const SITE = 'm1';
const SHOTS = process.env['SHOTS_DIR'];
async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png` });
}

const LINE = '(SELECT min(fee_line_id) FROM bill_lines)';

describe.skipIf(skipBrowser)('the auditor', () => {
  let app: BrowserApp;
  let opened: Visit | undefined;
  let bill = 0;
  beforeAll(async () => {
    app = await startBrowserApp({
      billing: true,
      async seed(db) {
        const { bills } = await buildScene(db, SITE);
        bill = bills[0] ?? 0;
        return undefined;
      },
    });
    await app.addUser('viewer', 'viewer');
  }, 240_000);
  afterAll(() => app?.close());
  afterEach(async () => {
    expect(opened?.errors).toEqual([]);
    await opened?.context.close();
    opened = undefined;
  });
  async function open(path: string, options: Parameters<BrowserApp['visit']>[1] = {}): Promise<Page> {
    opened = await app.visit(path, { as: 'auditor', ...options });
    return opened.page;
  }
  const dearer = (by: number): Promise<void> =>
    tamper(app.db, `UPDATE fee_lines SET amount = amount + ${by} WHERE id = ${LINE}`);

  test('finds no audit yet, starts one, watches it, and reads all thirteen rules', async () => {
    const hold = await app.db.$client.connect();
    await hold.query('BEGIN; LOCK TABLE charges IN ACCESS EXCLUSIVE MODE');
    const page = await open(`/audit?period=${PERIOD}`);
    await page.getByText('This period has not been audited yet').waitFor();
    await shot(page, 'empty-desk-en');
    await page.getByRole('button', { name: 'Audit now' }).click();
    await page.getByRole('progressbar').waitFor();
    await page.getByText(/Checking … (7|8|9)\d %/).waitFor();
    await shot(page, 'progress-desk-en');
    await hold.query('ROLLBACK');
    hold.release();
    await page.getByText('All thirteen hold').waitFor();
    expect(await page.locator('[data-invariant]').count()).toBe(INVARIANTS.length);
    for (const one of await page.locator('[data-invariant]').all())
      expect(await one.innerText()).toMatch(/checked: \d+|again: \d+/);
    await page.getByText('The lines are those that the period was closed with').waitFor();
    await page.getByText(/received before run \d+ of 2026-10 began, metering points: \d+/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await sidewaysPx(page)).toBe(0);

    await shot(page, 'result-desk-en');
    await page.getByRole('button', { name: 'Export' }).click();
    const waiting = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'Table (CSV)' }).click();
    const csv = await readFile(await (await waiting).path(), 'utf8');
    expect(csv).toContain('Hash at the close');
    expect(csv.match(/^\d+,[^\r\n]*,Holds,/gm)).toHaveLength(INVARIANTS.length);
  }, 120_000);

  test('is led from a violation to its line and its case', async () => {
    await dearer(1);
    try {
      const page = await open(`/audit?period=${PERIOD}`, { language: 'zh-CN' });
      await page.getByRole('button', { name: '立即核验' }).click();
      const sums = page.locator('[data-invariant=sums].is-wrong');
      await sums.getByText('金额与价格方案不符').waitFor();
      await page.getByText('费用明细与关账时不一致').waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await shot(page, 'broken-desk-zh');
      await sums.scrollIntoViewIfNeeded();
      await shot(page, 'broken-sums-desk-zh');
      await sums.getByRole('link', { name: /费用明细及依据/ }).click();
      await page.getByRole('heading', { name: '计算过程' }).waitFor();
      const { rows } = await app.db.$client.query(`SELECT id FROM fee_lines WHERE id = ${LINE}`);
      await page.getByText(`计费依据 · 第 ${rows[0].id} 行`).waitFor();
      await page.goBack();
      await sums.getByRole('link', { name: /^待办/ }).click();
      await page.getByText('之后的核验不再发现').waitFor();
      await page.getByText('金额正确').last().waitFor();
      await shot(page, 'case-desk-zh');
      await page.getByRole('link', { name: /查看这次核验的全部结果/ }).click();
      await sums.waitFor();
    } finally {
      await dearer(-1);
    }
  }, 120_000);

  test('goes from a bill to its replay, the evidence and the readings, on a phone', async () => {
    const page = await open(`/bills?period=${PERIOD}&bill=${bill}`, { size: PHONE });
    await page.getByRole('button', { name: 'Compute again' }).click();
    await page.getByText(/Every line, computed again from the stored readings/).waitFor();
    await shot(page, 'replay-phone-en');
    expect(await sidewaysPx(page)).toBe(0);
    expect(await smallTargets(page)).toEqual([]);
    await page
      .getByRole('link', { name: /^Evidence of line/ })
      .first()
      .click();
    await page.getByText('Register and boundaries').waitFor();
    await page.getByRole('button', { name: /^History · P\d+/ }).click();
    await page.getByText('Meter put in').first().waitFor();
    await page.goto(`${app.url}/bills?bill=${bill}`);
    await page.getByRole('link', { name: /· Equal →/ }).click();
    await page.getByText(/Every line, computed again/).waitFor();
    await page.goto(`${app.url}/audit?period=${PERIOD}`);
    await page.locator('[data-invariant]').first().waitFor();
    await shot(page, 'result-phone-en');
    expect(await sidewaysPx(page)).toBe(0);
    expect(await smallTargets(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
  }, 120_000);

  test('is who may: a viewer sees neither the page nor its entry', async () => {
    const page = await open('/audit', { as: 'viewer' });
    await page.getByText('Your account may not see this.').waitFor();
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0);
  });
});
