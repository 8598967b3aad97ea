import type { Finding } from '../../domain/audit.ts';
import { replayPeriod } from '../replay.ts';
import { type AuditScope, Findings, iso } from './scope.ts';

/** A closed period, computed again from what its close cut off and sealed, gives the same; its chain is whole. */
export async function replay(scope: AuditScope): Promise<Finding> {
  const findings = new Findings('keys');
  const { period } = scope;
  const again = await replayPeriod(scope);
  if (again) {
    findings.checked = again.keys;
    for (const { meteringPointId, leaseId, component, band, from, to, ...found } of again.differences) {
      const where = { point: meteringPointId, lease: leaseId, component, band, from: iso(from), to: iso(to) };
      const { quantity, amount } = found;
      findings.add({
        ...{ what: 'replay_differs', where },
        expected: `${quantity.replayed} / ${amount.replayed}`,
        found: `${quantity.posted} / ${amount.posted}`,
      });
    }
    if (again.replayedHash !== again.postedHash && again.differences.length === 0) {
      const { replayedHash: expected, postedHash: found } = again;
      findings.add({ what: 'replay_differs', where: { period: period.name }, expected, found });
    }
  } else findings.note = 'not_closed';
  await chain(scope, findings);
  return findings.finish();
}

/** Of each kind of period one was closed first; every other one seals exactly one that was closed before it. */
async function chain({ client, siteId }: AuditScope, findings: Findings): Promise<void> {
  const { rows } = await client.query<{ period: string; previous: string | null; matches: string }>(
    `SELECT p.period, p.previous_hash AS previous, count(q.period) AS matches FROM billing_periods p
     LEFT JOIN billing_periods q ON q.site_id = p.site_id AND length(q.period) = length(p.period)
       AND q.period <> p.period AND CASE WHEN p.previous_hash IS NULL THEN q.previous_hash IS NULL
         ELSE q.hash = p.previous_hash AND q.closed_at <= p.closed_at END
     WHERE p.site_id = $1 GROUP BY p.period, p.previous_hash
     HAVING count(q.period) <> CASE WHEN p.previous_hash IS NULL THEN 0 ELSE 1 END
     UNION ALL SELECT min(period), previous_hash, count(*) FROM billing_periods
     WHERE site_id = $1 AND previous_hash IS NOT NULL GROUP BY previous_hash HAVING count(*) > 1`,
    [siteId],
  );
  for (const { period, previous, matches } of rows) {
    const expected = previous === null ? '0' : '1';
    const where = { period, previous: previous ?? '—' };
    findings.add({ what: 'chain_broken', where, expected, found: matches });
  }
}
