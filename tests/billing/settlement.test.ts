import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shareOut } from '../../billing/settlement.ts';
import { startSettlement } from '../../billing/settlement-schedule.ts';
import { zSiteSettings } from '../../contracts/settings.ts';
import type { Charging } from '../../domain/parties.ts';
import type { Share } from '../../domain/settlement-split.ts';
import { readDue } from '../../store/bill-due.ts';
import { settleIfPaid } from '../../store/bill-settling.ts';
import type { Database } from '../../store/database.ts';
import { bookTransaction } from '../../store/ledger.ts';
import { parties } from '../../store/schema/parties.ts';
import { writeSettings } from '../../store/settings.ts';
import { listSettlements, queueSettlement } from '../../store/settlement-runs.ts';
import { findSite } from '../../store/sites.ts';
import { createSplitRule } from '../../store/split-rules.ts';
import { transaction } from '../../store/transaction.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { at, buildMarket, FLAT, silent } from './market.ts';

let database: TestDatabase;
let db: Database;
let sites = 0;
let serial = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

/** A market with one lease, an operator, an owner and an integrator, and fee lines as a run would post them. */
async function settled(charging: Charging) {
  const market = await buildMarket(db, `site${++sites}`);
  const { site } = market;
  const tariff = await market.tariff('T', '2026-01-01', FLAT);
  const stall = await market.stall();
  const lease = await market.lease(stall, '2026-01-01', null, { charging });
  const point = await market.point(stall);
  const made = await db
    .insert(parties)
    .values([
      { kind: 'operator', name: 'market' },
      { kind: 'merchant', name: 'owner' },
      { kind: 'integrator', name: 'integrator' },
    ])
    .returning();
  const [operator = 0, owner = 0, integrator = 0] = made.map(({ id }) => id);
  const { rows } = await db.$client.query(
    `INSERT INTO billing_runs (site_id, period, status, requested_by) VALUES ($1, '2026-10', 'succeeded', 'test') RETURNING id`,
    [site],
  );
  const runId = Number(rows[0].id);

  async function line(amount: bigint, component = 'energy', day = '2026-10-01'): Promise<number> {
    const { rows: posted } = await db.$client.query(
      `INSERT INTO fee_lines (site_id, period, accounting_period, run_id, lease_id, metering_point_id, service_from,
         service_to, tariff_version_id, component, band, sequence, quantity, unit, unit_price, amount, currency, kind,
         input_hash, evidence, posted_at)
       SELECT $1, '2026-10', '2026-10', $2, $3, $4, $5::timestamptz, $5::timestamptz + interval '1 day', v.id, $6, 'all', $7, 1,
         'Wh', 1, $8, 'CNY', 'adjustment', 'x', '{}', $5::timestamptz + interval '1 day'
       FROM tariff_versions v WHERE v.tariff_id = $9 RETURNING id`,
      [site, runId, lease, point, at(day), component, ++serial, amount, tariff],
    );
    return Number(posted[0].id);
  }

  async function bill(lines: readonly number[]): Promise<number> {
    return transaction(db, async (tx) => {
      const { rows: drawn } = await tx.query<{ id: string; amount: string }>(
        `INSERT INTO bills (site_id, lease_id, period, status, amount, currency, created_at, created_by)
         SELECT $1, $2, $3, 'draft', sum(amount), 'CNY', $4, 'test' FROM fee_lines WHERE id = ANY($5) RETURNING id, amount`,
        [site, lease, `2026-10 ${++serial}`, at('2026-11-01'), lines],
      );
      const id = Number(drawn[0]?.id);
      await tx.query('INSERT INTO bill_lines (bill_id, fee_line_id) SELECT $1, unnest($2::bigint[])', [
        id,
        lines,
      ]);
      await tx.query(
        `UPDATE bills SET status = 'reviewed', reviewed_at = $2, reviewed_by = 'other' WHERE id = $1`,
        [id, at('2026-11-01')],
      );
      await tx.query(
        `UPDATE bills SET status = 'issued', number = $2, issued_at = $3, issued_by = 'test', due_at = $3 WHERE id = $1`,
        [id, `N${serial}`, at('2026-11-01')],
      );
      const { rows: earned } = await tx.query<{ component: string; amount: string }>(
        'SELECT component, sum(amount) AS amount FROM fee_lines WHERE id = ANY($1) GROUP BY 1',
        [lines],
      );
      await bookTransaction(tx, {
        ...{
          siteId: site,
          currency: 'CNY',
          key: `bill ${id}`,
          kind: 'bill.issued',
          actor: 'test',
          refs: { bill: id },
        },
        at: at('2026-11-01'),
        entries: [
          { account: { kind: 'receivable', leaseId: lease }, amount: BigInt(drawn[0]?.amount ?? 0) },
          ...earned.map(({ component: code, amount }) => ({
            account: { kind: 'revenue' as const, code },
            amount: -BigInt(amount),
          })),
        ],
      });
      return id;
    });
  }

  /** Books against the bill's receivable: `amount` above zero lowers what is due. */
  const book = (
    billId: number,
    kind: string,
    amount: bigint,
    against: { kind: 'bank' | 'bad_debt' } | { kind: 'revenue'; code: string },
  ): Promise<boolean> =>
    transaction(db, async (tx) => {
      await bookTransaction(tx, {
        ...{
          siteId: site,
          currency: 'CNY',
          key: `${kind} ${++serial}`,
          kind,
          actor: 'test',
          refs: { bill: billId },
        },
        at: at('2026-11-06'),
        entries: [
          { account: { kind: 'receivable', leaseId: lease }, amount: -amount },
          { account: against, amount },
        ],
      });
      return settleIfPaid(tx, billId, at('2026-11-06'));
    });

  const rule = (component: string, shares: readonly Share[], from = '2026-01-01') =>
    transaction(db, (tx) =>
      createSplitRule(tx, {
        ...{ siteId: site, commodity: null, component, effectiveFrom: at(from), shares, actor: 'test' },
        at: at('2026-11-01'),
      }),
    );

  async function share(local = '2026-11-10'): Promise<{ lines: number; amount: bigint }> {
    const id = await queueSettlement(db.$client, { siteId: site, requestedBy: 'test', at: at(local) });
    const found = await findSite(db, site);
    if (!found) throw new Error('the site is there');
    await shareOut(db, { id, site: found }, at(local));
    await db.$client.query(`UPDATE settlement_runs SET status = 'succeeded' WHERE id = $1`, [id]);
    const [run] = await listSettlements(db.$client, { id, limit: 1 });
    return { lines: run?.lines ?? 0, amount: run?.amount ?? 0n };
  }

  const partOf = async (party: number): Promise<bigint> => {
    const { rows: sums } = await db.$client.query(
      'SELECT coalesce(sum(amount), 0) AS sum FROM settlement_shares WHERE site_id = $1 AND party_id = $2',
      [site, party],
    );
    return BigInt(sums[0].sum);
  };
  const accounts = async (): Promise<Record<string, bigint>> => {
    const { rows: sums } = await db.$client.query(
      `SELECT a.kind || coalesce(' ' || a.code, ' ' || a.party_id, '') AS name, sum(e.amount) AS sum
       FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id WHERE a.site_id = $1 GROUP BY 1`,
      [site],
    );
    return Object.fromEntries(sums.map(({ name, sum }) => [name, BigInt(sum)]));
  };
  return { ...market, operator, owner, integrator, line, bill, book, rule, share, partOf, accounts };
}

const halves = (a: number, b: number): readonly Share[] => [
  { partyId: a, percent: '50' },
  { partyId: b, percent: '50' },
];

describe('what is shared', () => {
  it('a prepaid line when it is drawn, the operator’s part staying in revenue', async () => {
    const market = await settled('prepaid');
    const { operator, owner, integrator } = market;
    await market.rule('energy', [
      { partyId: operator, percent: '50' },
      { partyId: owner, percent: '33.3333' },
      { partyId: integrator, percent: '16.6667' },
    ]);
    await market.line(1_001n);
    await market.line(-1_001n);
    await market.line(100n, 'water');
    await market.line(1_001n);
    expect(await market.share()).toEqual({ lines: 3, amount: 1_001n });
    expect([
      await market.partOf(operator),
      await market.partOf(owner),
      await market.partOf(integrator),
    ]).toEqual([500n, 334n, 167n]);
    expect(await market.accounts()).toMatchObject({
      'revenue energy': 501n,
      [`payable ${owner}`]: -334n,
      [`payable ${integrator}`]: -167n,
    });
    expect(await market.share('2026-11-11')).toEqual({ lines: 0, amount: 0n });
  });

  it('a bill’s lines when it is paid in full, and back when money goes back', async () => {
    const market = await settled('postpaid');
    await market.rule('energy', halves(market.owner, market.integrator));
    const bill = await market.bill([await market.line(301n), await market.line(200n, 'water')]);
    await market.book(bill, 'charge', 500n, { kind: 'bank' });
    expect((await market.share()).lines).toBe(0);
    await market.book(bill, 'charge', 1n, { kind: 'bank' });
    expect(await market.share('2026-11-11')).toEqual({ lines: 1, amount: 301n });
    expect(await market.partOf(market.owner)).toBe(151n);
    await market.book(bill, 'refund', -1n, { kind: 'bank' });
    expect(await market.share('2026-11-12')).toEqual({ lines: 1, amount: -301n });
    expect(await market.partOf(market.owner)).toBe(0n);
    const { rows } = await db.$client.query(
      `SELECT shared_on::text AS day FROM settlement_shares WHERE site_id = $1 AND party_id = $2 ORDER BY id`,
      [market.site, market.owner],
    );
    expect(rows.map(({ day }) => day)).toEqual(['2026-11-06', '2026-11-12']);
  });

  it('less what was credited, from the component’s lines, and what was written off, from all', async () => {
    const market = await settled('postpaid');
    await market.rule('energy', [{ partyId: market.owner, percent: '100' }]);
    const bill = await market.bill([await market.line(600n), await market.line(400n, 'water')]);
    await market.book(bill, 'credit_note', 100n, { kind: 'revenue', code: 'energy' });
    await market.book(bill, 'write_off', 50n, { kind: 'bad_debt' });
    await market.book(bill, 'charge', 850n, { kind: 'bank' });
    await market.share();
    expect(await market.partOf(market.owner)).toBe(470n);
    // A later credit makes the loss smaller by as much: 40 of 600 − 100 and 400 − 10, three fifths of it on energy.
    await market.book(bill, 'credit_note', 10n, { kind: 'revenue', code: 'water' });
    await market.share('2026-11-12');
    expect(await market.partOf(market.owner)).toBe(476n);
    await market.book(bill, 'credit_note', 40n, { kind: 'revenue', code: 'water' });
    await market.share('2026-11-13');
    expect(await market.partOf(market.owner)).toBe(500n);
    // Nothing is lost any more: it comes off what was paid.
    await market.book(bill, 'credit_note', 10n, { kind: 'revenue', code: 'water' });
    expect((await market.share('2026-11-14')).lines).toBe(0);
    await market.book(bill, 'credit_note', 10n, { kind: 'revenue', code: 'energy' });
    await market.share('2026-11-15');
    expect(await market.partOf(market.owner)).toBe(490n);
  });

  it('by a rule written later, from the day on that it names, and never over what was shared', async () => {
    const market = await settled('prepaid');
    await market.line(100n, 'energy', '2026-09-30');
    await market.line(100n, 'energy', '2026-10-02');
    expect((await market.share('2026-10-05')).lines).toBe(0);
    await market.rule('energy', halves(market.owner, market.integrator), '2026-10-01');
    expect((await market.share('2026-11-10')).lines).toBe(1);
    expect(await market.rule('energy', halves(market.owner, market.operator), '2026-10-02')).toEqual({
      sharedTo: at('2026-10-02'),
    });
    expect(await market.rule('energy', halves(market.owner, market.operator), '2026-10-03')).toHaveProperty(
      'id',
    );
    await expect(
      db.$client.query('UPDATE split_rules SET component = $2 WHERE site_id = $1', [market.site, 'other']),
    ).rejects.toThrow(/in use/);
    await expect(
      db.$client.query('DELETE FROM settlement_shares WHERE site_id = $1', [market.site]),
    ).rejects.toThrow(/immutable/);
  });

  it('payable after the business days of the site’s calendar', async () => {
    const market = await settled('prepaid');
    await writeSettings(
      db,
      market.site,
      zSiteSettings.parse({ settlement: { payableAfterDays: 2 }, holidays: ['2026-10-05'] }),
      { actor: 'test', at: at('2026-01-01') },
    );
    await market.rule('energy', [{ partyId: market.owner, percent: '100' }]);
    await market.line(1n, 'energy', '2026-10-01');
    await market.share();
    const { rows } = await db.$client.query(
      'SELECT shared_on::text, payable_on::text FROM settlement_shares WHERE site_id = $1',
      [market.site],
    );
    expect(rows).toEqual([{ shared_on: '2026-10-02', payable_on: '2026-10-07' }]);
  });
});

it('whatever is charged, paid, credited and refunded, shares are what was paid, and once', async () => {
  const money = fc.bigInt({ min: -2_000n, max: 5_000n });
  const percents = fc.integer({ min: 1, max: 999_999 }).map((units) => {
    const text = (n: number): string => `${Math.floor(n / 10_000)}.${String(n % 10_000).padStart(4, '0')}`;
    return [text(units), text(1_000_000 - units)] as const;
  });
  const step = fc.record({
    bill: fc.nat(),
    kind: fc.constantFrom('pay', 'refund', 'credit', 'share'),
    part: money,
  });
  await fc.assert(
    fc.asyncProperty(
      percents,
      fc.array(fc.array(money, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      fc.array(step, { maxLength: 8 }),
      async ([owners, integrators], bills, steps) => {
        const market = await settled('postpaid');
        await market.rule('energy', [
          { partyId: market.owner, percent: owners },
          { partyId: market.integrator, percent: integrators },
        ]);
        const made: number[] = [];
        for (const amounts of bills) {
          const lines: number[] = [];
          for (const [i, amount] of amounts.entries())
            lines.push(await market.line(amount, i % 2 ? 'water' : 'energy'));
          made.push(await market.bill(lines));
        }
        for (const { bill, kind, part } of steps) {
          const id = made[bill % made.length] ?? 0;
          const due = await readDue(db.$client, id);
          if (kind === 'pay') await market.book(id, 'charge', due > 0n ? due : 1n, { kind: 'bank' });
          if (kind === 'refund' && due <= 0n) await market.book(id, 'refund', -5n, { kind: 'bank' });
          if (kind === 'credit' && part > 0n && due >= part) {
            await market.book(id, 'credit_note', part, { kind: 'revenue', code: 'energy' });
          }
          if (kind === 'share') await market.share();
        }
        await market.share();
        expect(await market.share()).toEqual({ lines: 0, amount: 0n });
        // What the bills' own energy lines earned, less credits, of those that are paid now.
        const { rows } = await db.$client.query(
          `SELECT coalesce(sum(l.amount), 0) - coalesce((SELECT sum(e.amount) FROM ledger_transactions t
             JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
             JOIN bills p ON p.id = (t.refs->>'bill')::bigint AND p.status = 'paid'
             WHERE t.site_id = $1 AND t.kind = 'credit_note' AND a.kind = 'revenue'), 0) AS paid
           FROM bills b JOIN bill_lines i ON i.bill_id = b.id JOIN fee_lines l ON l.id = i.fee_line_id
           WHERE b.site_id = $1 AND b.status = 'paid' AND l.component = 'energy'`,
          [market.site],
        );
        const owner = await market.partOf(market.owner);
        const integrator = await market.partOf(market.integrator);
        expect(owner + integrator).toBe(BigInt(rows[0].paid));
        const accounts = await market.accounts();
        expect(accounts[`payable ${market.owner}`] ?? 0n).toBe(-owner);
        expect(Object.values(accounts).reduce((sum, one) => sum + one, 0n)).toBe(0n);
      },
    ),
    { numRuns: 12 },
  );
}, 60_000);

it('runs once a day of the site and when somebody asks, whoever of two processes takes it', async () => {
  const market = await settled('prepaid');
  await market.rule('energy', halves(market.owner, market.integrator));
  await market.line(10n);
  const deps = { db, databaseUrl: database.url, log: silent, now: () => at('2026-11-10 04:00') };
  const two = await Promise.all([startSettlement(deps), startSettlement(deps)]);
  try {
    const runs = () => listSettlements(db.$client, { site: market.site, limit: 10 });
    await eventually(async () =>
      expect(await runs()).toMatchObject([
        { status: 'succeeded', lines: 1, amount: 10n, requestedBy: 'schedule' },
      ]),
    );
    await market.line(20n);
    await queueSettlement(db.$client, { siteId: market.site, requestedBy: 'li', at: at('2026-11-10 05:00') });
    await eventually(async () =>
      expect((await runs())[0]).toMatchObject({ status: 'succeeded', amount: 20n }),
    );
    expect(await runs()).toHaveLength(2);
  } finally {
    for (const one of two) await one.close();
  }
});
