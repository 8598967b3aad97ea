import type { Finding } from '../../domain/audit.ts';
import { type AuditScope, Findings, MEASURED, rangeParams } from './scope.ts';

/**
 * Replacing an estimate moves quantity only across its own cut: what a run that replaced one changed on a range that
 * stood before is what the values at the range's own ends moved by in that run.
 */
export async function estimates(scope: AuditScope): Promise<Finding> {
  const findings = new Findings('replacements');
  const rows = await findings.query<{
    point: string;
    run: string;
    lease: string;
    component: string;
    f: Date;
    t: Date;
    quantity: string;
    moved: string;
  }>(
    scope.client,
    {
      ctes: `${MEASURED},
       revised AS (SELECT b.metering_point_id AS point, b.at, b.run_id AS run, b.value, b.revision,
           lag(b.value) OVER w AS was, lag(b.method) OVER w AS method
         FROM boundary_values b JOIN metering_points p ON p.id = b.metering_point_id
         WHERE p.site_id = $1 AND b.at BETWEEN $2::timestamptz - interval '40 days' AND $3::timestamptz + interval '40 days'
         WINDOW w AS (PARTITION BY b.metering_point_id, b.at ORDER BY b.revision)),
       moves AS (SELECT point, run, at, sum(value - was) AS moved,
           bool_or(method = 'estimated' AND at BETWEEN $2 AND $3) AS replaces
         FROM revised WHERE was IS NOT NULL AND value <> was GROUP BY point, run, at),
       replaced AS (SELECT DISTINCT point, run FROM moves WHERE replaces),
       lines AS (SELECT l.metering_point_id AS point, l.run_id AS run, l.lease_id AS lease, l.tariff_version_id AS version,
           l.component, l.service_from AS f, l.service_to AS t, sum(l.quantity) AS quantity,
           bool_and(l.kind = 'reversal') AS reversed
         FROM fee_lines l JOIN replaced r ON r.point = l.metering_point_id AND r.run = l.run_id
         JOIN measured m ON m.version = l.tariff_version_id AND m.component = l.component
         GROUP BY 1, 2, 3, 4, 5, 6, 7),
       changed AS (SELECT l.*, coalesce(b.moved, 0) - coalesce(a.moved, 0) AS moved FROM lines l
         LEFT JOIN moves a ON a.point = l.point AND a.run = l.run AND a.at = l.f
         LEFT JOIN moves b ON b.point = l.point AND b.run = l.run AND b.at = l.t
         WHERE NOT l.reversed AND EXISTS (SELECT FROM fee_lines o WHERE o.metering_point_id = l.point AND o.lease_id = l.lease
           AND o.tariff_version_id = l.version AND o.component = l.component AND o.service_from = l.f
           AND o.service_to = l.t AND o.run_id < l.run))`,
      checked: 'SELECT count(*) FROM moves WHERE replaces',
      violations: 'SELECT * FROM changed WHERE quantity <> moved',
    },
    rangeParams(scope),
  );
  for (const { point, run, lease, component, f, t, quantity, moved } of rows) {
    const where = { point: Number(point), run: Number(run), lease: Number(lease), component };
    const range = { from: f.toISOString(), to: t.toISOString() };
    findings.add({
      what: 'moved_elsewhere',
      where: { ...where, ...range },
      expected: moved,
      found: quantity,
    });
  }
  return findings.finish();
}
