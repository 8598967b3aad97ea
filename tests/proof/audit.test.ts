import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INVARIANTS, type Invariant, type ViolationCode } from '../../domain/audit.ts';
import type { Database } from '../../store/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { audited, buildScene, PERIOD, tamper } from './scene.ts';

let database: TestDatabase;
let db: Database;
const SITE = 'proof';

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  await buildScene(db, SITE);
}, 120_000);
afterAll(() => database.drop());

const found = async (): Promise<readonly string[]> =>
  (await audited(db, SITE)).flatMap(({ invariant, violations }) =>
    violations.map(({ what }) => `${invariant} ${what}`),
  );

const LINE = `(SELECT min(id) FROM fee_lines WHERE period = '${PERIOD}' AND component = 'energy' AND kind = 'original')`;
const CORRECTION = `(SELECT min(l.id) FROM fee_lines l JOIN boundary_values b ON b.metering_point_id = l.metering_point_id
  AND b.run_id = l.run_id AND b.revision > 1 WHERE l.kind = 'adjustment' AND l.component = 'energy')`;
const BILL = `(SELECT min(id) FROM bills WHERE status = 'issued')`;
const ENTRY = `(SELECT min(e.id) FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'revenue')`;
const READING = `register_id = (SELECT min(register_id) + 1 FROM readings) AND ts = '2026-10-10T00:00Z'`;
const COPIED = `period, accounting_period, run_id, lease_id, metering_point_id, tariff_version_id, component, band, event_key,
  quantity, unit, unit_price, amount, currency, kind, charging, input_hash, evidence, posted_at, site_id, service_to`;

/** What is done, what undoes it, and what must be found. */
const PLANTS: readonly (readonly [
  finds: readonly `${Invariant} ${ViolationCode}`[],
  plant: string,
  undo: string,
])[] = [
  [
    ['one_reading two_readings'],
    `ALTER TABLE readings DROP CONSTRAINT readings_register_id_ts_pk;
     INSERT INTO readings SELECT register_id, ts, value + 1, quality, source, received_at, journal_seq FROM readings WHERE ${READING}`,
    `DELETE FROM readings a USING readings b WHERE a.register_id = b.register_id AND a.ts = b.ts AND a.value > b.value;
     ALTER TABLE readings ADD CONSTRAINT readings_register_id_ts_pk PRIMARY KEY (register_id, ts)`,
  ],
  [
    ['any_order order_matters', 'repeatable would_move'],
    `UPDATE boundary_values SET value = value + 1 WHERE at = '2026-10-31T16:00Z' AND method = 'measured'`,
    `UPDATE boundary_values SET value = value - 1 WHERE at = '2026-10-31T16:00Z' AND method = 'measured'`,
  ],
  [
    ['conservation not_conserved', 'bands bands_differ'],
    `UPDATE fee_lines SET quantity = quantity + 1 WHERE id = ${LINE}`,
    `UPDATE fee_lines SET quantity = quantity - 1 WHERE id = ${LINE}`,
  ],
  [
    ['conservation reversed_not_zero'],
    `UPDATE fee_lines SET kind = 'reversal' WHERE id = ${LINE}`,
    `UPDATE fee_lines SET kind = 'original' WHERE id = (SELECT min(id) FROM fee_lines WHERE kind = 'reversal')`,
  ],
  [
    ['tiling overlapping_originals', 'tiling charged_twice'],
    `ALTER TABLE fee_lines DROP CONSTRAINT fee_lines_original_once;
     INSERT INTO fee_lines (${COPIED}, service_from, sequence)
     SELECT ${COPIED}, service_from + interval '1 hour', 0 FROM fee_lines WHERE id = ${LINE}`,
    `DELETE FROM fee_lines WHERE id = (SELECT max(id) FROM fee_lines);
     ALTER TABLE fee_lines ADD CONSTRAINT fee_lines_original_once EXCLUDE USING gist (metering_point_id WITH =, component
       WITH =, band WITH =, event_key WITH =, tstzrange(service_from, service_to) WITH &&) WHERE (kind = 'original')`,
  ],
  [
    ['tiling not_charged', 'repeatable would_post'],
    `CREATE TABLE kept AS SELECT * FROM fee_lines WHERE component = 'fund' AND period = '${PERIOD}';
     DELETE FROM fee_lines WHERE id IN (SELECT id FROM kept)`,
    `INSERT INTO fee_lines OVERRIDING SYSTEM VALUE SELECT * FROM kept; DROP TABLE kept`,
  ],
  [
    ['residuals residual_differs'],
    `UPDATE residual_shares SET share = share + 1`,
    `UPDATE residual_shares SET share = share - 1`,
  ],
  [
    ['sums not_as_rated'],
    `UPDATE fee_lines SET amount = amount + 1 WHERE id = ${LINE}`,
    `UPDATE fee_lines SET amount = amount - 1 WHERE id = ${LINE}`,
  ],
  [
    ['sums unbalanced'],
    `UPDATE ledger_entries SET amount = amount + 1 WHERE id = ${ENTRY}`,
    `UPDATE ledger_entries SET amount = amount - 1 WHERE id = ${ENTRY}`,
  ],
  [
    ['sums bill_sum'],
    `UPDATE bills SET amount = amount + 1 WHERE id = ${BILL}`,
    `UPDATE bills SET amount = amount - 1 WHERE id = ${BILL}`,
  ],
  [
    ['sums stray_bill_line'],
    `UPDATE bills SET period = '2026-09' WHERE id = ${BILL}; UPDATE bills SET period = '${PERIOD}', lease_id = lease_id + 1000 WHERE id = ${BILL}`,
    `UPDATE bills SET lease_id = lease_id - 1000 WHERE id = ${BILL}`,
  ],
  [
    ['repeatable sequence'],
    `UPDATE fee_lines SET sequence = 5 WHERE id = ${LINE}`,
    `UPDATE fee_lines SET sequence = 0 WHERE id = ${LINE}`,
  ],
  [
    ['repeatable rule_missing'],
    `ALTER TABLE fee_lines DROP CONSTRAINT fee_lines_once`,
    `ALTER TABLE fee_lines ADD CONSTRAINT fee_lines_once UNIQUE (lease_id, metering_point_id, service_from, service_to,
       tariff_version_id, component, band, event_key, sequence)`,
  ],
  [
    ['sealed lines_changed'],
    `UPDATE fee_lines SET unit_price = unit_price + 1 WHERE id = ${LINE}`,
    `UPDATE fee_lines SET unit_price = unit_price - 1 WHERE id = ${LINE}`,
  ],
  [
    ['sealed rule_missing'],
    `ALTER TABLE fee_lines DISABLE TRIGGER fee_lines_immutable`,
    `ALTER TABLE fee_lines ENABLE TRIGGER fee_lines_immutable`,
  ],
  [
    ['replay replay_differs'],
    `UPDATE fee_lines SET amount = amount - 1 WHERE id = ${LINE}`,
    `UPDATE fee_lines SET amount = amount + 1 WHERE id = ${LINE}`,
  ],
  [
    ['replay chain_broken'],
    `UPDATE billing_periods SET previous_hash = 'no such hash'`,
    `UPDATE billing_periods SET previous_hash = NULL`,
  ],
  [
    ['graduated more_costs_less'],
    `UPDATE tariff_versions SET definition = jsonb_set(definition, '{components,0,price,tiers,1,unitPrice}', '"-0.727"')
     WHERE definition->'components'->0->>'code' = 'water'`,
    `UPDATE tariff_versions SET definition = jsonb_set(definition, '{components,0,price,tiers,1,unitPrice}', '"0.727"')
     WHERE definition->'components'->0->>'code' = 'water'`,
  ],
  [
    ['estimates moved_elsewhere'],
    `UPDATE fee_lines SET quantity = quantity + 7 WHERE id = ${CORRECTION}`,
    `UPDATE fee_lines SET quantity = quantity - 7 WHERE id = ${CORRECTION}`,
  ],
  [
    ['charges overpaid'],
    `UPDATE ledger_entries SET amount = amount - 100000000 WHERE id IN (SELECT e.id FROM ledger_entries e
       JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'receivable')`,
    `UPDATE ledger_entries SET amount = amount + 100000000 WHERE id IN (SELECT e.id FROM ledger_entries e
       JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'receivable')`,
  ],
  [
    ['charges bill_status'],
    `UPDATE bills SET status = 'paid' WHERE id = ${BILL}`,
    `UPDATE bills SET status = 'issued' WHERE status = 'paid'`,
  ],
  [
    ['charges open_charges'],
    `DROP INDEX charges_one_open; INSERT INTO charges (site_id, lease_id, purpose, bill_id, provider, order_no, amount,
       currency, status, requested_by, created_at)
     SELECT site_id, lease_id, 'bill', id, 'sandbox', 'O' || n, 1, 'CNY', 'created', 'x', now() FROM bills, generate_series(1, 2) n
     WHERE id = ${BILL}`,
    `DELETE FROM charges; CREATE UNIQUE INDEX charges_one_open ON charges (bill_id) WHERE status IN ('created', 'submitted', 'unknown')`,
  ],
  [
    ['charges charge_books'],
    `INSERT INTO charges (site_id, lease_id, purpose, bill_id, provider, order_no, amount, currency, status, requested_by,
       created_at, paid, applied)
     SELECT site_id, lease_id, 'bill', id, 'sandbox', 'P', 1, 'CNY', 'succeeded', 'x', now(), 1, 1 FROM bills WHERE id = ${BILL}`,
    `DELETE FROM charges`,
  ],
];

describe('an audit', () => {
  it('looks at something for every invariant, and finds nothing where nothing is wrong', async () => {
    const findings = await audited(db, SITE);
    expect(findings.flatMap(({ violations }) => violations)).toEqual([]);
    expect(findings.map(({ invariant }) => invariant)).toEqual(INVARIANTS);
    const looked = findings.filter(({ checked }) => checked > 0).map(({ invariant }) => invariant);
    expect(looked).toEqual(INVARIANTS);
  });

  it.each(PLANTS)('finds %j where that was planted', async (finds, plant, undo) => {
    await tamper(db, plant);
    try {
      expect(await found()).toEqual(expect.arrayContaining([...finds]));
    } finally {
      await tamper(db, undo);
    }
  });

  it('finds nothing any more once all of that is undone', async () => {
    expect(await found()).toEqual([]);
  });

  it('has had a violation planted for every invariant', () => {
    const planted = PLANTS.flatMap(([finds]) => finds.map((find) => find.split(' ')[0]));
    expect(new Set(planted)).toEqual(new Set(INVARIANTS));
  });
});
