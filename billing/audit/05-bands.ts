import type { Finding } from '../../domain/audit.ts';
import { type AuditScope, Findings, MEASURED_RANGES, rangeParams } from './scope.ts';

/** Bands and tiers sum to the total: of every range, to what was used between its two boundary values. */
export async function bands(scope: AuditScope): Promise<Finding> {
  const findings = new Findings('ranges');
  const rows = await findings.query<{
    point: string;
    lease: string;
    component: string;
    f: Date;
    t: Date;
    quantity: string;
    used: string | null;
  }>(
    scope.client,
    {
      ctes: `${MEASURED_RANGES},
       compared AS (SELECT r.*, b.value - a.value AS used FROM ranges r
         LEFT JOIN pinned a ON a.point = r.point AND a.at = r.f LEFT JOIN pinned b ON b.point = r.point AND b.at = r.t)`,
      checked: 'SELECT count(*) FROM compared',
      violations: 'SELECT * FROM compared WHERE quantity IS DISTINCT FROM used',
    },
    rangeParams(scope),
  );
  for (const { point, lease, component, f, t, quantity, used } of rows) {
    const where = { point: Number(point), lease: Number(lease), component };
    const range = { from: f.toISOString(), to: t.toISOString() };
    const expected = used ?? '—';
    findings.add({ what: 'bands_differ', where: { ...where, ...range }, expected, found: quantity });
  }
  return findings.finish();
}
