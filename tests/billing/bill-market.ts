import type { SiteSettings } from '../../contracts/settings.ts';
import { zSiteSettings } from '../../contracts/settings.ts';
import type { Charging } from '../../domain/parties.ts';
import { type ClaimedBillRun, drawUpBills } from '../../store/bill-runs.ts';
import { type StepResult, type TakenStep, takeStep } from '../../store/bill-steps.ts';
import type { Database } from '../../store/database.ts';
import { createSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';

export const ZONE = 'Asia/Shanghai';
/** An instant in the market's zone. */
export const at = (local: string): Date =>
  new Date(`${local}${local.length === 10 ? 'T12:00' : ''}:00+08:00`);

export interface NewLine {
  readonly lease: number;
  readonly amount: bigint;
  readonly component?: string;
  /** The accounting period. */
  readonly period?: string;
  readonly currency?: string;
}

/** A market with fee lines but without meters: what bills are made of. */
export async function buildBillMarket(db: Database, id: string) {
  const pool = db.$client;
  const one = async (text: string, values: unknown[]): Promise<number> =>
    Number((await pool.query<{ id: string }>(text, values)).rows[0]?.id);
  const site = await createSite(db, { id, name: `市场 ${id}`, timeZone: ZONE, currency: 'CNY' });
  const tariff = await one(
    `WITH t AS (INSERT INTO tariffs (site_id, code, name, commodity) VALUES ($1, 'E', '电价', 'electricity') RETURNING id)
     INSERT INTO tariff_versions (tariff_id, version, effective_from, definition) SELECT id, 1, '2020-01-01Z', '{}' FROM t RETURNING id`,
    [id],
  );
  const runId = await one(
    `INSERT INTO billing_runs (site_id, period, status, requested_by) VALUES ($1, '2026-10', 'succeeded', 'test') RETURNING id`,
    [id],
  );
  let serial = 0;

  return {
    site,
    async lease(options: { charging?: Charging; party?: string; partyId?: number } = {}) {
      const code = `A${String(++serial).padStart(3, '0')}`;
      const party =
        options.partyId ??
        (await one(`INSERT INTO parties (kind, name, initials) VALUES ('merchant', $1, 'wj') RETURNING id`, [
          options.party ?? '王记水产',
        ]));
      const place = await one(
        `INSERT INTO places (site_id, kind, code, name) VALUES ($1, 'stall', $2, $2) RETURNING id`,
        [id, code],
      );
      await one(
        `INSERT INTO metering_points (site_id, place_id, commodity, code, max_rate) VALUES ($1, $2, 'electricity', $3, 100000) RETURNING id`,
        [id, place, `E-${code}`],
      );
      const lease = await one(
        `INSERT INTO leases (site_id, place_id, party_id, charging, starts_at) VALUES ($1, $2, $3, $4, '2026-01-01Z') RETURNING id`,
        [id, place, party, options.charging ?? 'postpaid'],
      );
      return { lease, party };
    },
    /** Posts fee lines as a run would; each a minute of service of its own. */
    async lines(lines: readonly NewLine[]): Promise<number[]> {
      const ids: number[] = [];
      for (const line of lines) {
        const from = new Date(at('2026-10-01').getTime() + ++serial * 60_000);
        ids.push(
          await one(
            `INSERT INTO fee_lines (site_id, period, accounting_period, run_id, lease_id, metering_point_id, service_from,
               service_to, tariff_version_id, component, band, sequence, quantity, unit, unit_price, amount, currency, kind,
               input_hash, evidence, posted_at)
             SELECT $1, '2026-10', $2, $3, l.id, p.id, $4, $5, $6, $7, '', 0, 1000, 'Wh', '0.80', $8, $9, 'original', 'h', '{}', $5
             FROM leases l JOIN metering_points p ON p.place_id = l.place_id WHERE l.id = $10 RETURNING id`,
            [
              ...[id, line.period ?? '2026-10', runId, from, new Date(from.getTime() + 60_000), tariff],
              ...[line.component ?? 'energy', line.amount, line.currency ?? 'CNY', line.lease],
            ],
          ),
        );
      }
      return ids;
    },
    async close(period: string) {
      await pool.query(
        `INSERT INTO billing_periods (site_id, period, closed_at, closed_by, run_id, lines, amount, hash)
         VALUES ($1, $2, now(), 'test', $3, 0, 0, 'h')`,
        [id, period, runId],
      );
    },
    /** Draws up the month's bills; answers what was drawn, by lease. */
    async drawUp(period = '2026-10', requestedBy = 'billing'): Promise<Map<number, number>> {
      const run = await one(
        `INSERT INTO bill_runs (site_id, period, requested_by, requested_at, status) VALUES ($1, $2, $3, now(), 'running') RETURNING id`,
        [id, period, requestedBy],
      );
      const claimed: ClaimedBillRun = {
        ...{
          id: run,
          siteId: id,
          period,
          requestedBy,
          currency: 'CNY',
          attempts: 1,
          lastLeaseId: 0,
          closed: true,
        },
      };
      await transaction(db, (tx) => drawUpBills(tx, claimed, at('2026-11-06'), 1000));
      await pool.query(`UPDATE bill_runs SET status = 'succeeded' WHERE id = $1`, [run]);
      const { rows } = await pool.query<{ id: string; lease_id: string }>(
        `SELECT id, lease_id FROM bills WHERE site_id = $1 AND period = $2 AND status <> 'void'`,
        [id, period],
      );
      return new Map(rows.map((row) => [Number(row.lease_id), Number(row.id)]));
    },
    settings: zSiteSettings.parse({}),
    step(
      step: TakenStep,
      billIds: readonly number[],
      how: { actor?: string; at?: Date; settings?: SiteSettings; reason?: string } = {},
    ): Promise<readonly StepResult[]> {
      return transaction(db, (tx) =>
        takeStep(tx, {
          site,
          step,
          billIds,
          settings: how.settings ?? this.settings,
          actor: how.actor ?? (step === 'issue' ? 'bo' : 'al'),
          at: how.at ?? at('2026-11-07'),
          reason: how.reason,
        }),
      );
    },
    /** Draws up, reviews and issues. */
    async issued(lines: readonly NewLine[], settings?: SiteSettings): Promise<Map<number, number>> {
      await this.lines(lines);
      await this.close('2026-10');
      const bills = await this.drawUp();
      const how = settings === undefined ? {} : { settings };
      await this.step('review', [...bills.values()], how);
      await this.step('issue', [...bills.values()], how);
      return bills;
    },
  };
}
export type BillMarket = Awaited<ReturnType<typeof buildBillMarket>>;

/** What the whole ledger of the database adds up to: zero, always. */
export async function ledgerSum(db: Database): Promise<bigint> {
  const { rows } = await db.$client.query('SELECT coalesce(sum(amount), 0) AS sum FROM ledger_entries');
  return BigInt(rows[0].sum);
}
