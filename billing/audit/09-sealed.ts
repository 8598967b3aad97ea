import type { AuditSeal, Finding, SealedLines } from '../../domain/audit.ts';
import { type PeriodSeal, readClosedPeriod, readPrevious, sealOf } from '../../store/periods.ts';
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

/** The seal of a closed period beside the hash of its lines as they are; null while it is open. */
export async function readSeal({ client, siteId, period }: AuditScope): Promise<AuditSeal | null> {
  const closed = await readClosedPeriod(client, siteId, period.name);
  if (!closed) return null;
  const now = await sealOf(client, siteId, period.name, closed.previousHash);
  const shown = ({ lines, amount, hash }: PeriodSeal): SealedLines => ({ lines, amount: `${amount}`, hash });
  return {
    ...{ closedAt: closed.closedAt.toISOString(), closedBy: closed.closedBy },
    ...{ sealed: shown(closed), now: shown(now), ...(await readPrevious(client, closed)) },
  };
}

/** Lines of a closed period never change: their hash is still the one that it was closed with. */
export async function sealed({ client, period }: AuditScope, seal: AuditSeal | null): Promise<Finding> {
  const findings = new Findings('lines');
  if (seal) {
    findings.checked = seal.now.lines;
    if (seal.now.hash !== seal.sealed.hash) {
      const shown = ({ lines, amount, hash }: SealedLines): string => `${lines} lines, ${amount}, ${hash}`;
      const [expected, found] = [shown(seal.sealed), shown(seal.now)];
      findings.add({ what: 'lines_changed', where: { period: period.name }, expected, found });
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
