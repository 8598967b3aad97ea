import { writeFileSync } from 'node:fs';
import readXlsxFile from 'read-excel-file/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shareOut } from '../../billing/settlement.ts';
import { findSite } from '../../store/sites.ts';
import { createLease, createMarket, SITE } from './market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
const party: Record<string, number> = {};
const call = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, as?: 'auditor') =>
  api.call({ method, url: `/api/v1/settlement${url}`, as: as ?? 'biller', ...(payload ? { payload } : {}) });
const rule = (shares: readonly (readonly [string, string])[], effectiveFrom = '2026-01-01T00:00:00+08:00') =>
  call('POST', '/rules', {
    ...{ site: SITE, component: 'energy', effectiveFrom },
    shares: shares.map(([name, percent]) => ({ partyId: party[name], percent })),
  });
const share = async (): Promise<void> => {
  const { body } = await call('POST', '/runs', { site: SITE });
  const site = await findSite(api.db, SITE);
  if (!site) throw new Error('the site is there');
  await shareOut(api.db, { id: body.id, site }, new Date());
  await api.db.$client.query(`UPDATE settlement_runs SET status = 'succeeded' WHERE id = $1`, [body.id]);
};

beforeAll(async () => {
  api = await startTestApi();
  const { stalls } = await createMarket(api.db, 1);
  const { lease, party: merchant } = await createLease(api.db, stalls[0]?.id ?? 0, '李记');
  party.merchant = merchant;
  for (const kind of ['owner', 'integrator', 'operator'] as const) {
    const made = await api.call({ method: 'POST', url: '/api/v1/parties', payload: { kind, name: kind } });
    party[kind] = made.body.id;
  }
  await api.db.$client.query(
    `UPDATE leases SET charging = 'prepaid' WHERE id = ${lease};
     INSERT INTO tariffs (site_id, code, name, commodity) VALUES ('${SITE}', 'T', 'T', 'electricity');
     INSERT INTO tariff_versions (tariff_id, version, effective_from, definition) SELECT id, 1, '2026-01-01', '{}' FROM tariffs;
     INSERT INTO metering_points (site_id, place_id, commodity, code, max_rate) VALUES ('${SITE}', ${stalls[0]?.id}, 'electricity', 'P', 1);
     INSERT INTO billing_runs (site_id, period, status, requested_by) VALUES ('${SITE}', '2026-10-01', 'succeeded', 'x');
     INSERT INTO fee_lines (site_id, period, accounting_period, run_id, lease_id, metering_point_id, service_from, service_to,
       tariff_version_id, component, band, sequence, quantity, unit, unit_price, amount, currency, kind, input_hash, evidence, posted_at)
     SELECT '${SITE}', '2026-10-01', '2026-10-01', r.id, ${lease}, m.id, '2026-10-01', '2026-10-02', v.id, 'energy', 'all', n, 1, 'Wh',
       1, 1001 * n, 'CNY', 'adjustment', 'x', '{}', '2026-10-02T03:00:00Z'
     FROM billing_runs r, metering_points m, tariff_versions v, generate_series(1, 2) n`,
  );
});
afterAll(() => api.close());

test('a rule that is no whole, names a merchant or a party twice is refused in words', async () => {
  expect(
    (
      await rule([
        ['owner', '60'],
        ['integrator', '39.9999'],
      ])
    ).body.detail,
  ).toBe('body.shares: add up to 99.9999 percent, not 100');
  expect(
    (
      await rule([
        ['owner', '50'],
        ['owner', '50'],
      ])
    ).body.detail,
  ).toMatch(/twice/);
  expect(
    (
      await rule([
        ['owner', '50'],
        ['merchant', '50'],
      ])
    ).body.detail,
  ).toMatch(/is a merchant/);
  expect(
    (
      await rule([
        ['owner', '33.33333'],
        ['integrator', '66.66667'],
      ])
    ).status,
  ).toBe(400);
  expect((await call('GET', `/rules?site=${SITE}`)).body.items).toEqual([]);
});

test('a rule is taken back until it is used', async () => {
  const unused = await rule([['owner', '100']]);
  expect(unused).toMatchObject({ status: 201, body: { isUsed: false, shares: [{ party: 'owner' }] } });
  expect((await call('DELETE', `/rules/${unused.body.id}`)).status).toBe(204);
  const used = await rule([
    ['operator', '50'],
    ['owner', '30'],
    ['integrator', '20'],
  ]);
  await share();
  expect((await call('DELETE', `/rules/${used.body.id}`)).status).toBe(409);
  const late = await rule([['owner', '100']], '2026-10-01T00:00:00Z');
  expect(late).toMatchObject({
    status: 409,
    body: { detail: expect.stringMatching(/choose a later start/) },
  });
});

test('a statement says what a party had, got and is owed; a hold keeps it back, a payout pays it once', async () => {
  const statement = async (name: string, month = '2026-10') =>
    (await call('GET', `/parties/${party[name]}/statement?site=${SITE}&month=${month}`)).body;
  expect(await statement('owner')).toMatchObject({
    previous: '0',
    total: '901',
    closing: '901',
    payable: '901',
  });
  expect(await statement('operator')).toMatchObject({ total: '1502', payable: '0', isOperator: true });
  const lines = (await call('GET', `/shares?site=${SITE}&party=${party.owner}&month=2026-10`)).body.items;
  expect(lines).toMatchObject([
    { lineAmount: '2002', amount: '601', merchant: '李记', sharedOn: '2026-10-02', payableOn: '2026-10-05' },
    { lineAmount: '1001', amount: '300' },
  ]);
  const hold = await call('POST', '/holds', { site: SITE, feeLine: lines[1].feeLine, reason: 'meter test' });
  expect(hold.status).toBe(201);
  expect(await statement('owner')).toMatchObject({ held: '300', payable: '601' });
  expect(
    (await call('POST', '/holds', { site: SITE, feeLine: lines[1].feeLine, reason: 'again' })).status,
  ).toBe(409);

  const pay = (amount: string, bankRef = 'T1', name = 'owner') =>
    call('POST', '/payouts', { site: SITE, party: party[name], amount, bankRef, paidOn: '2026-11-02' });
  expect((await pay('901')).body.detail).toMatch(/601 minor units are payable now/);
  expect((await pay('1501', 'T1', 'operator')).body.detail).toMatch(/stays in the revenue/);
  expect((await pay('601')).status).toBe(201);
  expect((await pay('601')).status).toBe(409);
  await call('POST', `/holds/${hold.body.id}/release`, { reason: 'meter is right' });
  expect((await pay('300')).body.detail).toMatch(/this transfer was entered before/);
  expect((await pay('300', 'T2')).status).toBe(201);
  expect(await statement('owner', '2026-11')).toMatchObject({
    ...{ previous: '901', total: '0', paidOut: '901', closing: '0', payable: '0' },
  });
  const { rows } = await api.db.$client.query(
    `SELECT a.kind, sum(e.amount) FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
     WHERE a.kind IN ('bank', 'payable') GROUP BY 1 ORDER BY 1`,
  );
  expect(rows).toEqual([
    { kind: 'bank', sum: '-901' },
    { kind: 'payable', sum: '-600' },
  ]);
});

test('a statement is taken along as a spreadsheet and on paper, in both languages, exact to the cent', async () => {
  const file = (name: string, month: string, query: string) =>
    api.app.inject({
      url: `/api/v1/settlement/parties/${party[name]}/statement/export?site=${SITE}&month=${month}&${query}`,
      headers: { authorization: 'Bearer a-token-for-tests' },
    });
  const rowsOf = (csv: string) =>
    csv
      .slice(1)
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(','));
  const cents = (text: string | undefined): bigint => BigInt((text ?? '').replace('.', ''));
  const october = await file('owner', '2026-10', 'lang=en');
  expect(rowsOf(october.body)).toEqual([
    ['2026-10-01', 'Owed before', '', '', '', '', '', '', '0.00', 'CNY', '', '', ''],
    expect.arrayContaining(['2026-10-02', 'Share', '李记', 'Electricity · energy', '20.02', '6.01', 'paid']),
    expect.arrayContaining(['10.01', '3.00']),
  ]);
  for (const name of ['owner', 'integrator', 'operator'])
    for (const month of ['2026-10', '2026-11']) {
      const { body } = await call('GET', `/parties/${party[name]}/statement?site=${SITE}&month=${month}`);
      const sum = rowsOf((await file(name, month, 'lang=zh')).body).reduce(
        (all, row) => all + cents(row[8]),
        0n,
      );
      expect(`${sum}`).toBe(name === 'operator' ? body.total : body.closing);
    }
  const november = rowsOf((await file('owner', '2026-11', 'lang=zh')).body);
  expect(november.map((row) => [row[1], row[8], row[12]])).toEqual([
    ['期初', '9.01', ''],
    ['付款', '-3.00', 'T2'],
    ['付款', '-6.01', 'T1'],
  ]);
  for (const lang of ['zh', 'en']) {
    const pdf = await file('owner', '2026-11', `lang=${lang}&format=pdf`);
    expect(pdf.headers['content-type']).toBe('application/pdf');
    expect(pdf.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
    const shot = process.env['SHOTS_DIR'];
    if (shot)
      writeFileSync(
        `${shot}/settlement-${lang}.pdf`,
        (await file('owner', '2026-10', `lang=${lang}&format=pdf`)).rawPayload,
      );
  }
  const xlsx = await file('owner', '2026-10', 'format=xlsx');
  expect((await readXlsxFile(xlsx.rawPayload))[0]?.data.map((row) => row[8])).toEqual(['金额', 0, 6.01, 3]);
  expect((await file('merchant', '2026-10', 'lang=en')).statusCode).toBe(404);
});

test('an auditor looks and changes nothing', async () => {
  expect((await call('GET', `/parties?site=${SITE}`, undefined, 'auditor')).body.items).toHaveLength(3);
  expect((await call('POST', '/runs', { site: SITE }, 'auditor')).status).toBe(403);
});
