import { execFileSync } from 'node:child_process';
import { unzipSync } from 'fflate';
import readXlsxFile from 'read-excel-file/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { zSiteSettings } from '../../contracts/settings.ts';
import { drawUpBills } from '../../store/bill-runs.ts';
import { takeStep } from '../../store/bill-steps.ts';
import { bookTransaction } from '../../store/ledger.ts';
import { transaction } from '../../store/transaction.ts';
import { at, buildMarket, PEAK_VALLEY, run } from '../billing/market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
let bill: number;
let number: string;

beforeAll(async () => {
  api = await startTestApi();
  const { db } = api;
  const market = await buildMarket(db, 'paper');
  const tariff = await market.tariff('tou', '2026-01-01', {
    components: PEAK_VALLEY.components.map((component) =>
      component.code === 'energy' ? { ...component, name: { zh: '电费', en: 'Energy' } } : component,
    ),
  });
  const stall = await market.stall();
  const lease = await market.lease(stall, '2026-01-01', null, { tariff });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-09-30', 1_000n);
  await market.readHourly(register, '2026-09-30', '2026-11-02', 1_000n, 3_210n);
  await run(db, 'paper', '2026-10');
  await db.$client.query(
    `INSERT INTO billing_periods (site_id, period, closed_at, closed_by, run_id, lines, amount, hash)
     SELECT 'paper', '2026-10', now(), 'test', min(id), 1, 1, 'h' FROM billing_runs WHERE site_id = 'paper'`,
  );
  await db.$client.query(
    `INSERT INTO bill_runs (site_id, period, requested_by, requested_at, status) VALUES ('paper', '2026-10', 'test', now(), 'running')`,
  );
  const { rows } = await db.$client.query(`SELECT id FROM bill_runs WHERE site_id = 'paper'`);
  const claimed = {
    ...{ id: Number(rows[0].id), siteId: 'paper', period: '2026-10', requestedBy: 'test' },
    ...{ currency: 'CNY', attempts: 1, lastLeaseId: 0, closed: true },
  };
  await transaction(db, (tx) => drawUpBills(tx, claimed, at('2026-11-06'), 1000));
  const drawn = await db.$client.query(`SELECT id FROM bills WHERE lease_id = $1`, [lease]);
  bill = Number(drawn.rows[0].id);
  const site = { id: 'paper', timeZone: 'Asia/Shanghai', currency: 'CNY' };
  const settings = zSiteSettings.parse({ billing: { fourEyes: false, numberPrefix: 'P-' } });
  for (const step of ['review', 'issue'] as const) {
    const about = { site, settings, step, billIds: [bill], actor: 'test', at: at('2026-11-06') };
    expect(await transaction(db, (tx) => takeStep(tx, { ...about, reason: undefined }))).toEqual([
      { billId: bill },
    ]);
  }
  const issued = await db.$client.query('SELECT number FROM bills WHERE id = $1', [bill]);
  number = issued.rows[0].number;
});
afterAll(() => api.close());

const get = (url: string, headers?: Record<string, string>) =>
  api.app.inject({
    url: `/api/v1${url}`,
    headers: { authorization: 'Bearer a-token-for-tests', ...headers },
  });

function hasTool(): boolean {
  try {
    execFileSync('pdftotext', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['CI']) throw new Error('pdftotext is missing (Debian package poppler-utils)');
    console.warn('skipped: pdftotext is not installed (Debian package poppler-utils)');
    return false;
  }
}
const textOf = (pdf: Buffer): string =>
  execFileSync('pdftotext', ['-layout', '-', '-'], { input: pdf, encoding: 'utf8' });

test.skipIf(!hasTool())(
  'a bill on paper says what is to pay, each line, and the register values behind it',
  async () => {
    for (const [lang, words] of [
      ['zh', ['账单', '应付', '电费 · peak', '计量依据', '每日用量', '实测']],
      ['en', ['Bill', 'To pay', 'Energy · peak', 'Metering evidence', 'Usage a day', 'measured']],
    ] as const) {
      const response = await get(`/bills/${bill}/pdf?lang=${lang}`);
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).toBe('application/pdf');
      const text = textOf(response.rawPayload);
      for (const word of words) expect(text).toContain(word);
      // 31 days of 24 × 3,210 Wh: 8 hours of each by 0.40, 16 by 1.20, and the fund on all.
      expect(text).toContain('1,592.160 kWh');
      expect(text).toContain('¥ 1,910.59');
      expect(text).toContain('796.080 kWh');
      expect(text).toContain('¥ 318.43');
      expect(text).toContain('2,388.240');
      expect(text).toContain('¥ 83.83');
      expect(text).toContain('¥ 2,312.85');
      expect(text).toContain(number);
    }
  },
);

test('the lines of a bill come as CSV and as a spreadsheet, with exact amounts', async () => {
  const csv = (await get(`/bills/${bill}/lines/export?lang=en`)).body;
  expect(
    csv.startsWith(
      '\uFEFFLine,Commodity,Item,From,To,Quantity,Unit,Unit price,Amount,Kind,Evidence hash\r\n',
    ),
  ).toBe(true);
  expect(csv).toContain(
    'Electricity,Energy · peak,2026-10-01 00:00,2026-11-01 00:00,1592.160,kWh,1.20,1910.59,original,',
  );
  const xlsx = await get(`/bills/${bill}/lines/export?format=xlsx&lang=zh`);
  const rows = await readXlsxFile(xlsx.rawPayload);
  const sheet = rows[0]?.data ?? [];
  expect(sheet[0]).toContain('金额');
  expect(sheet.slice(1).map((row) => row[8])).toEqual(expect.arrayContaining([1910.59, 318.43, 83.83]));
});

test('bills come as CSV, as a spreadsheet and as an archive of papers', async () => {
  const csv = (await get('/bills/export?site=paper&period=2026-10&lang=en')).body;
  expect(csv).toContain(`${number},2026-10,Li,A1,issued,2026-11-06,2026-11-21,2312.85,2312.85,0.00,CNY`);
  const zip = await get('/bills/export?site=paper&format=pdf');
  const files = unzipSync(zip.rawPayload);
  expect(Object.keys(files)).toEqual([`${number}-2026-10-A1.pdf`]);
  expect(
    Buffer.from(Object.values(files)[0] ?? [])
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-');
});

test('vouchers balance and carry the codes of the accounting system', async () => {
  const csv = (await get('/ledger/vouchers?site=paper&from=2026-11-01&to=2026-11-30&lang=en')).body;
  const rows = csv
    .trim()
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(','));
  expect(rows).toEqual([
    ['2026-11-06', '1', '1', 'Bills issued', '1122', 'Receivables', '', '2312.85', ''],
    ['2026-11-06', '1', '2', 'Bills issued', '6001', 'Revenue', 'energy', '', '2229.02'],
    ['2026-11-06', '1', '3', 'Bills issued', '6001', 'Revenue', 'fund', '', '83.83'],
  ]);
  await bookTransaction(api.db.$client, {
    ...{
      siteId: 'paper',
      currency: 'CNY',
      key: 'gate',
      kind: 'pass.collected',
      at: at('2026-12-01'),
      actor: 'x',
    },
    entries: [
      { account: { kind: 'clearing', code: 'gate_cash' }, amount: 900n },
      { account: { kind: 'revenue', code: 'cash' }, amount: -900n },
    ],
  });
  const gates = (await get('/ledger/vouchers?site=paper&from=2026-12-01&to=2026-12-01&lang=zh')).body;
  // Money on its way is named; a component is called as the market calls it.
  expect(gates).toContain('其他货币资金,道闸现金,9.00,');
  expect(gates).toContain('主营业务收入,cash,,9.00');
  expect((await get('/ledger/vouchers?site=paper&from=2026-11-30&to=2026-11-01')).statusCode).toBe(422);
  expect((await get('/ledger/vouchers?site=paper&from=2026-13-30&to=2026-11-01')).statusCode).toBe(400);
});

test('a merchant takes along their own bill, and no other', async () => {
  const { rows } = await api.db.$client.query(
    'SELECT party_id FROM leases l JOIN bills b ON b.lease_id = l.id WHERE b.id = $1',
    [bill],
  );
  const own = { authorization: `Bearer ${await api.keyOf('merchant', Number(rows[0].party_id))}` };
  const [other] = (
    await api.db.$client.query(`INSERT INTO parties (kind, name) VALUES ('merchant', '=cmd()') RETURNING id`)
  ).rows;
  const stranger = { authorization: `Bearer ${await api.keyOf('merchant', Number(other.id))}` };
  expect((await get(`/bills/${bill}/pdf`, own)).statusCode).toBe(200);
  for (const path of [`/bills/${bill}/pdf`, `/bills/${bill}/lines/export`])
    expect((await get(path, stranger)).statusCode).toBe(404);
  expect((await get('/ledger/vouchers?site=paper&from=2026-11-01&to=2026-11-30', own)).statusCode).toBe(403);
});

test('text that a spreadsheet would take for a formula stays text', async () => {
  await api.db.$client.query(`UPDATE parties SET name = '=HYPERLINK("x")' WHERE name = 'Li'`);
  const csv = (await get('/bills/export?site=paper&lang=en')).body;
  expect(csv).toContain(`"'=HYPERLINK(""x"")"`);
});
