import type { Finding } from '../../domain/audit.ts';
import type { RecomputedPoint } from './recompute.ts';
import { type AuditScope, Findings, iso } from './scope.ts';

/** What makes posting twice impossible, whoever runs. */
const CONSTRAINTS = [
  ['fee_lines', 'fee_lines_once'],
  ['fee_lines', 'fee_lines_original_once'],
] as const;

/**
 * A run after a run writes nothing: computed once more from what the last run saw, no line would be added and no
 * boundary value would move. Lines of a key are numbered from 0 without a gap, so none was posted twice at once.
 */
export class Repeatable {
  readonly #scope: AuditScope;
  readonly #findings = new Findings('points');

  constructor(scope: AuditScope) {
    this.#scope = scope;
  }

  look(points: readonly RecomputedPoint[]): void {
    for (const { point, settlement, pinned, period } of points) {
      this.#findings.checked++;
      for (const line of settlement.lines) {
        if (line.period !== period.name || line.sequence > 0) continue;
        const { leaseId: lease, component, band } = line;
        const where = { point: point.id, lease, component, band, from: iso(line.from), to: iso(line.to) };
        const found = `${line.quantity} / ${line.amount}`;
        this.#findings.add({ what: 'would_post', where, expected: '—', found });
      }
      for (const { at, value } of pinned.values()) {
        const again = settlement.boundaries.get(at);
        if (at < period.from || again === undefined || again.value === value) continue;
        const where = { point: point.id, at: iso(at) };
        this.#findings.add({ what: 'would_move', where, expected: `${again.value}`, found: `${value}` });
      }
    }
  }

  async finish(): Promise<Finding> {
    const { client, siteId, period } = this.#scope;
    const rows = await this.#findings.query<{ line: string; lines: string; last: number }>(
      client,
      {
        violations: `SELECT min(id) AS line, count(*) AS lines, max(sequence) AS last FROM fee_lines
       WHERE site_id = $1 AND service_from >= $2 AND service_to <= $3
       GROUP BY lease_id, metering_point_id, service_from, service_to, tariff_version_id, component, band, event_key
       HAVING count(*) <> max(sequence) + 1 OR count(DISTINCT sequence) <> count(*)`,
      },
      [siteId, new Date(period.from), new Date(period.to)],
    );
    for (const { line, lines, last } of rows) {
      const where = { line: Number(line) };
      this.#findings.add({ what: 'sequence', where, expected: `${last + 1}`, found: lines });
    }
    const { rows: missing } = await client.query<{ table: string; constraint: string }>(
      `SELECT w.t AS table, w.c AS constraint FROM unnest($1::text[], $2::text[]) w(t, c)
       WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = w.t::regclass AND conname = w.c)`,
      [CONSTRAINTS.map(([table]) => table), CONSTRAINTS.map(([, constraint]) => constraint)],
    );
    for (const where of missing) {
      this.#findings.add({ what: 'rule_missing', where: { ...where }, expected: 'enabled', found: '—' });
    }
    return this.#findings.finish();
  }
}
