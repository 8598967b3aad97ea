import type { Finding } from '../../domain/audit.ts';
import { checkResiduals } from '../../store/shares.ts';
import { type AuditScope, Findings } from './scope.ts';

/** Main = stalls + common + loss; what is allocated is exactly the sum of its shares. */
export async function residuals({ client, siteId, period }: AuditScope): Promise<Finding> {
  const findings = new Findings('residuals');
  const { checked, faults } = await checkResiduals(client, siteId, period.name);
  findings.checked = checked;
  for (const { mainId, detail } of faults) {
    const [found = detail, expected = '—'] = detail.split(' <> ');
    findings.add({ what: 'residual_differs', where: { point: mainId }, expected, found });
  }
  return findings.finish();
}
