import type { Finding } from '../../domain/audit.ts';
import { type AuditScope, Findings, MEASURED_RANGES, rangeParams } from './scope.ts';

/** Bands and tiers sum to the total: of every range, to what was used between its two boundary values. */
export async function bands(scope: AuditScope): Promise<Finding> {
  const findings = new Findings('ranges');
  const { rows } = await scope.client.query<{
    ranges: string;
    point: string | null;
    lease: string;
    component: string;
    f: Date;
    t: Date;
    quantity: string;
    used: string | null;
  }>(
    `WITH ${MEASURED_RANGES},
       compared AS (SELECT r.*, b.value - a.value AS used FROM ranges r
         LEFT JOIN pinned a ON a.point = r.point AND a.at = r.f LEFT JOIN pinned b ON b.point = r.point AND b.at = r.t)
     SELECT (SELECT count(*) FROM compared) AS ranges, c.point, c.lease, c.component, c.f, c.t, c.quantity, c.used
     FROM (SELECT 1) one LEFT JOIN compared c ON c.quantity IS DISTINCT FROM c.used`,
    rangeParams(scope),
  );
  findings.checked = Number(rows[0]?.ranges ?? 0);
  for (const { point, lease, component, f, t, quantity, used } of rows) {
    if (point === null) continue;
    const where = { point: Number(point), lease: Number(lease), component };
    const range = { from: f.toISOString(), to: t.toISOString() };
    const expected = used ?? '—';
    findings.add({ what: 'bands_differ', where: { ...where, ...range }, expected, found: quantity });
  }
  return findings.finish();
}
