import type { Finding } from '../../domain/audit.ts';
import { type AuditScope, Findings, MEASURED_RANGES, rangeParams } from './scope.ts';

/**
 * Conservation: between the ends of every stretch of time that a component of a point is charged for without a gap,
 * all its lines, corrections and reversals included, add up to U(b) − U(a).
 */
export async function conservation(scope: AuditScope): Promise<Finding> {
  const findings = new Findings('spans');
  const ctes = `${MEASURED_RANGES},
       ordered AS (SELECT point, component, f, t, max(t) OVER (PARTITION BY point, component ORDER BY f, t
         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached FROM ranges),
       numbered AS (SELECT *, count(*) FILTER (WHERE reached IS NULL OR reached < f)
         OVER (PARTITION BY point, component ORDER BY f, t ROWS UNBOUNDED PRECEDING) AS span FROM ordered),
       spans AS (SELECT point, component, min(f) AS f, max(t) AS t FROM numbered GROUP BY point, component, span),
       summed AS (SELECT s.point, s.component, s.f, s.t, sum(k.quantity) AS quantity FROM spans s LEFT JOIN keys k
         ON k.point = s.point AND k.component = s.component AND k.f >= s.f AND k.t <= s.t GROUP BY 1, 2, 3, 4),
       compared AS (SELECT s.*, b.value - a.value AS used FROM summed s
         LEFT JOIN pinned a ON a.point = s.point AND a.at = s.f LEFT JOIN pinned b ON b.point = s.point AND b.at = s.t)`;
  const rows = await findings.query<{
    point: string;
    component: string;
    f: Date;
    t: Date;
    quantity: string | null;
    used: string | null;
  }>(
    scope.client,
    {
      ctes,
      checked: 'SELECT count(*) FROM compared',
      violations: 'SELECT * FROM compared WHERE quantity IS DISTINCT FROM used',
    },
    rangeParams(scope),
  );
  for (const { point, component, f, t, quantity, used } of rows) {
    const where = { point: Number(point), component, from: f.toISOString(), to: t.toISOString() };
    findings.add({ what: 'not_conserved', where, expected: used ?? '—', found: quantity ?? '—' });
  }
  await reversed(scope, findings);
  return findings.finish();
}

/** What was reversed is worth nothing, wherever it was. */
async function reversed(scope: AuditScope, findings: Findings): Promise<void> {
  const { client, siteId, period } = scope;
  const rows = await findings.query<{ line: string; point: string; quantity: string; amount: string }>(
    client,
    {
      violations: `SELECT min(id) AS line, metering_point_id AS point, sum(quantity) AS quantity, sum(amount) AS amount FROM fee_lines
     WHERE site_id = $1 AND service_from >= $2 AND service_to <= $3
     GROUP BY lease_id, metering_point_id, service_from, service_to, tariff_version_id, component, band, event_key
     HAVING (array_agg(kind ORDER BY sequence DESC))[1] = 'reversal' AND (sum(quantity) <> 0 OR sum(amount) <> 0)`,
    },
    [siteId, new Date(period.from), new Date(period.to)],
  );
  for (const { line, point, quantity, amount } of rows) {
    const where = { line: Number(line), point: Number(point) };
    findings.add({ what: 'reversed_not_zero', where, expected: '0 / 0', found: `${quantity} / ${amount}` });
  }
}
