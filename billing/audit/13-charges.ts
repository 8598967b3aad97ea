import type { Finding, ViolationCode } from '../../domain/audit.ts';
import { type AuditScope, Findings } from './scope.ts';

/**
 * Of a bill, what came in less what went back is never above what is due, so nothing is left below zero on it; at most
 * one charge is under way. And a charge that succeeded is booked once, with what it says.
 */
export async function charges({ client, siteId, period }: AuditScope): Promise<Finding> {
  const findings = new Findings('bills');
  const rows = await findings.query<{
    bill: string;
    what: ViolationCode;
    expected: string;
    found: string;
  }>(
    client,
    {
      ctes: `due AS (SELECT b.id, b.status, (SELECT coalesce(sum(e.amount), 0) FROM ledger_transactions t
           JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
           WHERE t.refs ? 'bill' AND t.refs->>'bill' = b.id::text AND a.kind = 'receivable') AS due,
         (SELECT count(*) FROM charges c WHERE c.bill_id = b.id AND c.status IN ('created', 'submitted', 'unknown')) AS open
       FROM bills b WHERE b.site_id = $1 AND b.period = $2 AND b.status <> 'void')`,
      checked: 'SELECT count(*) FROM due',
      violations: `SELECT id AS bill, 'overpaid' AS what, '>= 0' AS expected, due::text AS found FROM due WHERE due < 0 AND status IN ('issued', 'paid')
     UNION ALL SELECT id, 'bill_status', CASE WHEN due > 0 THEN 'issued' ELSE 'paid' END, status FROM due
       WHERE status IN ('issued', 'paid') AND (status = 'paid') <> (due <= 0)
     UNION ALL SELECT id, 'open_charges', '<= 1', open::text FROM due WHERE open > 1`,
    },
    [siteId, period.name],
  );
  for (const { bill, what, expected, found } of rows) {
    findings.add({ what, where: { bill: Number(bill) }, expected, found });
  }
  const booked = await findings.query<{ charge: string; bill: string; paid: string; booked: string }>(
    client,
    {
      violations: `SELECT c.id AS charge, c.bill_id AS bill, coalesce(c.paid, 0) AS paid, coalesce(s.amount, 0) AS booked
     FROM charges c JOIN bills b ON b.id = c.bill_id AND b.site_id = $1 AND b.period = $2
     LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount FROM ledger_transactions t
       JOIN ledger_entries e ON e.transaction_id = t.id AND e.amount > 0
       WHERE t.site_id = $1 AND t.kind = 'charge.succeeded' AND t.refs ? 'bill' AND t.refs->>'bill' = b.id::text
         AND t.refs->>'charge' = c.id::text) s ON true
     WHERE coalesce(c.paid, 0) <> coalesce(s.amount, 0)`,
    },
    [siteId, period.name],
  );
  for (const { charge, bill, paid, booked: found } of booked) {
    const where = { charge: Number(charge), bill: Number(bill) };
    findings.add({ what: 'charge_books', where, expected: paid, found });
  }
  return findings.finish();
}
