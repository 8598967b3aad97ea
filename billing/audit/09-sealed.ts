import type { Finding } from '../../domain/audit.ts';
import { readClosedPeriod, sealOf } from '../../store/periods.ts';
import { type AuditScope, Findings } from './scope.ts';

/** Rules of the database itself without which a line could be changed, or put on a closed period. */
const TRIGGERS = [
  ['fee_lines', 'fee_lines_immutable'],
  ['fee_lines', 'fee_lines_open_period'],
  ['boundary_values', 'boundary_values_immutable'],
  ['billing_periods', 'billing_periods_immutable'],
  ['sealed_inputs', 'sealed_inputs_immutable'],
  ['ledger_transactions', 'ledger_transactions_immutable'],
  ['ledger_entries', 'ledger_entries_immutable'],
  ['ledger_entries', 'ledger_entries_balance'],
] as const;

/** Lines of a closed period never change: their hash is still the one that it was closed with. */
export async function sealed({ client, siteId, period }: AuditScope): Promise<Finding> {
  const findings = new Findings('lines');
  const closed = await readClosedPeriod(client, siteId, period.name);
  if (closed) {
    const now = await sealOf(client, siteId, period.name, closed.previousHash);
    findings.checked = now.lines;
    if (now.hash !== closed.hash) {
      const shown = ({ lines, amount, hash }: typeof now): string => `${lines} lines, ${amount}, ${hash}`;
      const where = { period: period.name, run: closed.runId };
      findings.add({ what: 'lines_changed', where, expected: shown(closed), found: shown(now) });
    }
  } else findings.note = 'not_closed';
  const { rows } = await client.query<{ table: string; trigger: string }>(
    `SELECT w.t AS table, w.g AS trigger FROM unnest($1::text[], $2::text[]) w(t, g)
     WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = w.t::regclass AND tgname = w.g AND tgenabled <> 'D')`,
    [TRIGGERS.map(([table]) => table), TRIGGERS.map(([, trigger]) => trigger)],
  );
  for (const where of rows) {
    findings.add({ what: 'rule_missing', where: { ...where }, expected: 'enabled', found: '—' });
  }
  return findings.finish();
}
