import type { Finding } from '../../domain/audit.ts';
import { postedKeys } from '../../domain/settlement/difference.ts';
import type { RecomputedPoint } from './recompute.ts';
import { type AuditScope, Findings, iso } from './scope.ts';

/**
 * Posted = rounded(rate(desired)): every key that is posted, rated again from what its last run saw. Every ledger
 * transaction sums to zero, and a bill is the sum of its lines.
 */
export class Sums {
  readonly #scope: AuditScope;
  readonly #findings = new Findings('amounts');

  constructor(scope: AuditScope) {
    this.#scope = scope;
  }

  look(points: readonly RecomputedPoint[]): void {
    for (const { point, posted, settlement, period } of points) {
      this.#findings.checked += postedKeys(posted.filter((line) => line.period === period.name)).length;
      for (const line of settlement.lines) {
        if (line.period !== period.name || line.sequence === 0) continue;
        const { leaseId: lease, component, band, eventKey: event } = line;
        const where = { point: point.id, lease, component, band, ...(event === '' ? {} : { event }) };
        this.#findings.add({
          what: 'not_as_rated',
          where: { ...where, from: iso(line.from), to: iso(line.to) },
          expected: `${line.posted.quantity + line.quantity} / ${line.posted.amount + line.amount}`,
          found: `${line.posted.quantity} / ${line.posted.amount}`,
        });
      }
    }
  }

  async finish(): Promise<Finding> {
    const { client, siteId, period } = this.#scope;
    const unbalanced = await this.#findings.query<{ id: string; sum: string }>(
      client,
      {
        ctes: `sums AS (SELECT t.id, coalesce(sum(e.amount), 0) AS sum FROM ledger_transactions t
         LEFT JOIN ledger_entries e ON e.transaction_id = t.id WHERE t.site_id = $1 GROUP BY t.id)`,
        checked: 'SELECT count(*) FROM sums',
        violations: 'SELECT * FROM sums WHERE sum <> 0',
      },
      [siteId],
    );
    for (const { id, sum } of unbalanced) {
      this.#findings.add({
        what: 'unbalanced',
        where: { transaction: Number(id) },
        expected: '0',
        found: sum,
      });
    }
    const billed = await this.#findings.query<{ bill: string; amount: string; sum: string; stray: string }>(
      client,
      {
        ctes: `billed AS (SELECT b.id AS bill, b.amount, coalesce(sum(l.amount), 0) AS sum,
         count(*) FILTER (WHERE l.lease_id <> b.lease_id OR l.accounting_period <> b.period) AS stray
       FROM bills b LEFT JOIN bill_lines x ON x.bill_id = b.id LEFT JOIN fee_lines l ON l.id = x.fee_line_id
       WHERE b.site_id = $1 AND b.period = $2 AND b.status <> 'void' GROUP BY b.id)`,
        checked: 'SELECT count(*) FROM billed',
        violations: 'SELECT * FROM billed WHERE amount <> sum OR stray <> 0',
      },
      [siteId, period.name],
    );
    for (const { bill, amount, sum, stray } of billed) {
      const where = { bill: Number(bill) };
      if (amount !== sum) this.#findings.add({ what: 'bill_sum', where, expected: sum, found: amount });
      if (stray !== '0') this.#findings.add({ what: 'stray_bill_line', where, expected: '0', found: stray });
    }
    return this.#findings.finish();
  }
}
