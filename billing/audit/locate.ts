import type { InvariantFinding, Violation } from '../../domain/audit.ts';
import { textsParam } from '../../store/pg-arrays.ts';
import type { AuditScope } from './scope.ts';

/**
 * Adds to violations what people know the place by (stall, metering point, who pays), the fee line on which it can be
 * looked at, and the unit of its quantities. A query for each invariant.
 */
export async function locate(
  { client }: AuditScope,
  findings: readonly InvariantFinding[],
): Promise<readonly InvariantFinding[]> {
  const located: InvariantFinding[] = [];
  for (const finding of findings) {
    located.push({ ...finding, violations: await locateEach(client, finding.violations) });
  }
  return located;
}

async function locateEach(
  client: AuditScope['client'],
  violations: readonly Violation[],
): Promise<readonly Violation[]> {
  if (violations.length === 0) return violations;
  const of = (...names: readonly string[]): string =>
    textsParam(violations, ({ where }) => {
      const value = names.map((name) => where[name]).find((one) => one !== undefined);
      return value === undefined ? null : String(value);
    });
  const { rows } = await client.query<{
    n: string;
    point: string | null;
    metering_point: string | null;
    stall: string | null;
    party: string | null;
    line: string | null;
    unit: string | null;
  }>(LOCATED, [
    ...[of('line'), of('bill'), of('register'), of('point'), of('lease'), of('component')],
    ...[of('band'), of('event'), of('from', 'at'), of('to', 'at')],
  ]);
  const byNumber = new Map(rows.map((row) => [Number(row.n), row]));
  return violations.map((violation, i) => {
    const row = byNumber.get(i + 1);
    if (!row) return violation;
    const { point, metering_point: meteringPoint, stall, party, line, unit } = row;
    const found = {
      ...{ point: point === null ? null : Number(point), line: line === null ? null : Number(line) },
      ...{ stall, meteringPoint, party, unit },
    };
    const known = Object.entries(found).filter((one): one is [string, string | number] => one[1] !== null);
    return { ...violation, where: { ...Object.fromEntries(known), ...violation.where } };
  });
}

/** $1 … $10: arrays by violation. The line is the newest one of exactly that time, else of a time that touches it. */
const LOCATED = `
  WITH given AS (SELECT v.n, v.line, v.lease, v.component, v.band, v.event, v.f, v.t, coalesce(v.point, i.metering_point_id, l.metering_point_id) AS point,
      coalesce(v.lease, l.lease_id, b.lease_id) AS payer, l.unit
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
      $8::text[], $9::timestamptz[], $10::timestamptz[])
      WITH ORDINALITY v(line, bill, register, point, lease, component, band, event, f, t, n)
    LEFT JOIN fee_lines l ON l.id = v.line LEFT JOIN bills b ON b.id = v.bill
    LEFT JOIN LATERAL (SELECT metering_point_id FROM installations WHERE register_id = v.register AND starts_at <= v.t
      ORDER BY starts_at DESC LIMIT 1) i ON true)
  SELECT g.n, g.point, p.code AS metering_point, s.code AS stall, y.name AS party, coalesce(g.line, l.id) AS line,
    coalesce(g.unit, l.unit) AS unit
  FROM given g
  LEFT JOIN LATERAL (SELECT id, lease_id, unit FROM fee_lines WHERE g.line IS NULL AND metering_point_id = g.point
    AND (g.component IS NULL OR component = g.component) AND (g.lease IS NULL OR lease_id = g.lease)
    AND (g.band IS NULL OR band = g.band) AND (g.event IS NULL OR event_key = g.event)
    AND service_from <= g.t AND service_to >= g.f
    ORDER BY (service_from = g.f AND service_to = g.t) DESC, id DESC LIMIT 1) l ON true
  LEFT JOIN leases e ON e.id = coalesce(g.payer, l.lease_id) LEFT JOIN parties y ON y.id = e.party_id
  LEFT JOIN metering_points p ON p.id = g.point LEFT JOIN places s ON s.id = coalesce(p.place_id, e.place_id)`;
