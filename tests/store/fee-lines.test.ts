import { afterAll, beforeAll, expect, test } from 'vitest';
import { zFeeLineEvidence } from '../../contracts/fee-lines.ts';
import { queueRun } from '../../store/billing-runs.ts';
import { readFeeLine } from '../../store/fee-lines.ts';
import { at, buildMarket, FLAT } from '../billing/market.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const mark = (ts: string, value: string) => ({
  ...{ kind: 'reading', installationId: 1, registerId: 1, deviceId: 'M1', serial: 'M1' },
  ...{ point: 'energy_import', ts, value, multiplier: '1' },
});
const boundary = (ts: string, value: string) => ({
  ...{ at: ts, value, method: 'measured', before: mark(ts, value), after: mark(ts, value) },
});
const [FROM, TO] = [at('2026-09-01').toISOString(), at('2026-10-01').toISOString()];
/** What the platform’s first version stored: no `since`, `shares`, `basis` or `workings`, and the rounding beside them. */
const FIRST = {
  ...{ kind: 'usage', timeZone: 'Asia/Shanghai', from: boundary(FROM, '0'), to: boundary(TO, '12345') },
  ...{ total: '12345', segments: [] },
  intervals: { count: 1, sha256: 'ab', list: [[Date.parse(FROM), Date.parse(TO), '12345']] },
  tariff: { code: 'T', name: 'T', version: 1, effectiveFrom: FROM },
  arithmetic: {
    ...{ quantity: '12345', unit: 'Wh', per: 1000, priceUnit: 'kWh', unitPrice: '0.80', unrounded: '9.876' },
    rounding: { stage: 'line', mode: 'half_even', quantum: '0.01' },
    ...{ amount: '988', currency: 'CNY', digits: 2, posted: { quantity: '0', amount: '0' } },
  },
};

test('the evidence of a line that the first version posted opens as it was', async () => {
  const { db } = database;
  const market = await buildMarket(db, 'old');
  const tariff = await market.tariff('T', '2026-01-01', FLAT);
  const lease = await market.lease(null, '2026-01-01', null, { tariff });
  const point = await market.point(null);
  const run = await queueRun(db, { site: 'old', period: '2026-09', requestedBy: 'test' });
  const { rows } = await db.$client.query<{ id: string }>(
    `INSERT INTO fee_lines (site_id, period, accounting_period, unit, run_id, lease_id, metering_point_id, service_from,
       service_to, tariff_version_id, component, band, sequence, quantity, unit_price, amount, currency, kind,
       input_hash, evidence, posted_at)
     SELECT 'old', '2026-09', '2026-09', 'Wh', $1, $2, $3, $4, $5, v.id, 'energy', 'all', 0, 12345, 0.80, 988, 'CNY',
       'original', 'hash', $6, $5 FROM tariff_versions v WHERE v.tariff_id = $7 RETURNING id`,
    [run, lease, point, FROM, TO, JSON.stringify(FIRST), tariff],
  );
  const line = await readFeeLine(db, Number(rows[0]?.id));
  // What the api answers with must fit to its schema.
  expect(zFeeLineEvidence.parse(line?.evidence)).toEqual(line?.evidence);
  expect(line?.evidence).toMatchObject({
    ...{ since: null, shares: null, from: { method: 'measured', basis: null } },
    arithmetic: {
      workings: {
        ...{ kind: 'unit', lossFactor: null },
        rounding: {
          ...{ stage: 'line', mode: 'half_even', lines: 1 },
          ...{ before: { exact: '0', rounded: '0' }, after: { exact: '9.876', rounded: '988' } },
        },
      },
    },
  });
  expect(line?.evidence).not.toHaveProperty('arithmetic.rounding');
});
