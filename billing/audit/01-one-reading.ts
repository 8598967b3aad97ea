import type { Finding } from '../../domain/audit.ts';
import { type AuditScope, Findings, iso } from './scope.ts';

const REGISTERS_PER_READ = 500;

/** One current reading per register and timestamp: whatever else came for that instant is not charged by. */
export async function oneReading({ client, siteId, period }: AuditScope): Promise<Finding> {
  const findings = new Findings('readings');
  for (let after = 0; ; ) {
    const { rows: registers } = await client.query<{ id: string }>(
      `SELECT r.id FROM registers r JOIN devices d ON d.id = r.device_id
       WHERE d.site_id = $1 AND r.id > $2 ORDER BY r.id LIMIT $3`,
      [siteId, after, REGISTERS_PER_READ],
    );
    const ids = registers.map(({ id }) => id);
    const { rows } = await client.query<{ register: string; ts: string; n: string; total: string }>(
      `WITH counted AS (SELECT register_id AS register, ts, count(*) AS n FROM readings
         WHERE register_id = ANY($1) AND ts BETWEEN $2 AND $3 GROUP BY 1, 2)
       SELECT NULL AS register, NULL AS ts, 0 AS n, coalesce(sum(n), 0) AS total FROM counted
       UNION ALL SELECT register, (extract(epoch FROM ts) * 1000)::bigint, n, 0 FROM counted WHERE n > 1`,
      [ids, new Date(period.from), new Date(period.to)],
    );
    for (const { register, ts, n, total } of rows) {
      findings.checked += Number(total);
      if (register === null) continue;
      const where = { register: Number(register), at: iso(Number(ts)) };
      findings.add({ what: 'two_readings', where, expected: '1', found: n });
    }
    if (ids.length < REGISTERS_PER_READ) return findings.finish();
    after = Number(ids.at(-1));
  }
}
