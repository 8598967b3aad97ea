import type { Finding } from '../../domain/audit.ts';
import type { TimeRange } from '../../domain/periods.ts';
import { cadenceOf } from '../../domain/rating/cadence.ts';
import { overlaps, type PostedKey, postedKeys } from '../../domain/settlement/difference.ts';
import type { ProblemCode } from '../../domain/settlement/problems.ts';
import type { ServiceRange } from '../../domain/settlement/service-ranges.ts';
import type { RecomputedPoint } from './recompute.ts';
import { type AuditScope, Findings, iso, MEASURED_RANGES, rangeParams } from './scope.ts';

const MEASURED_KINDS: ReadonlySet<string> = new Set(['flat', 'tiered', 'time_of_use']);
/** Ranges of such points are left open until somebody has done something about it. */
const OPEN: ReadonlySet<ProblemCode> = new Set([
  ...(['awaiting_reading', 'no_meter', 'no_area', 'beyond_range', 'unsettled', 'charged_elsewhere'] as const),
]);

/** Original ranges tile time: none is charged twice, and what a lease pays for is charged from end to end. */
export class Tiling {
  readonly #scope: AuditScope;
  readonly #findings = new Findings('ranges');

  constructor(scope: AuditScope) {
    this.#scope = scope;
  }

  look(points: readonly RecomputedPoint[]): void {
    for (const one of points) {
      const { point, ranges, posted, settlement, installations } = one;
      if (point.commodity === 'gate' || settlement.problems.some(({ code }) => OPEN.has(code))) continue;
      const live = postedKeys(posted).filter(({ isLive }) => isLive);
      const begin = installations[0]?.startsAt ?? Number.POSITIVE_INFINITY;
      for (const range of ranges) if (range.to > begin) this.#covered(point.id, range, live);
    }
  }

  #covered(point: number, range: ServiceRange, live: readonly PostedKey[]): void {
    const { definition, id: version } = range.tariff;
    for (const component of definition.components) {
      if (!MEASURED_KINDS.has(component.price.kind)) continue;
      if (range.only === 'month' && cadenceOf(component, definition) !== 'month') continue;
      this.#findings.checked++;
      const charged = live.filter(
        (key) =>
          key.leaseId === range.leaseId &&
          key.tariffVersionId === version &&
          key.component === component.code &&
          overlaps(key, range),
      );
      const gap = firstGap(range, charged);
      if (!gap) continue;
      const where = {
        point,
        lease: range.leaseId,
        component: component.code,
        from: iso(gap.from),
        to: iso(gap.to),
      };
      const expected = `${iso(range.from)}/${iso(range.to)}`;
      this.#findings.add({ what: 'not_charged', where, expected, found: `${iso(gap.from)}/${iso(gap.to)}` });
    }
  }

  async finish(): Promise<Finding> {
    const { client } = this.#scope;
    const rows = await this.#findings.query<{ line: string; point: string; other: string }>(
      client,
      {
        violations: `SELECT id AS line, metering_point_id AS point, other FROM (
         SELECT id, metering_point_id, service_from, max(service_to) OVER w AS reached, lag(id) OVER w AS other FROM fee_lines
         WHERE site_id = $1 AND kind = 'original' AND service_from >= $2 AND service_to <= $3
         WINDOW w AS (PARTITION BY metering_point_id, component, band, event_key ORDER BY service_from, service_to, id
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) o WHERE service_from < reached`,
      },
      rangeParams(this.#scope),
    );
    for (const { line, point, other } of rows) {
      const where = { point: Number(point), line: Number(line) };
      this.#findings.add({ what: 'overlapping_originals', where, expected: '—', found: `line ${other}` });
    }
    await this.#chargedTwice();
    return this.#findings.finish();
  }

  /** Whoever pays and whatever was corrected: what stands of a component does not overlap. */
  async #chargedTwice(): Promise<void> {
    const rows = await this.#findings.query<{
      point: string;
      lease: string;
      component: string;
      f: Date;
      t: Date;
      reached: Date;
    }>(
      this.#scope.client,
      {
        ctes: MEASURED_RANGES,
        violations: `SELECT * FROM (SELECT point, lease, component, f, t, max(t) OVER (
         PARTITION BY point, component ORDER BY f, t, lease, version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
         FROM ranges) r WHERE f < reached`,
      },
      rangeParams(this.#scope),
    );
    for (const { point, lease, component, f, t, reached } of rows) {
      const range = { from: f.toISOString(), to: t.toISOString() };
      const where = { point: Number(point), lease: Number(lease), component, ...range };
      const found = `${range.from}/${range.to}`;
      this.#findings.add({ what: 'charged_twice', where, expected: `>= ${reached.toISOString()}`, found });
    }
  }
}

function firstGap(range: TimeRange, charged: readonly TimeRange[]): TimeRange | undefined {
  let at = range.from;
  for (const { from, to } of [...charged].sort((a, b) => a.from - b.from)) {
    if (from > at) return { from: at, to: from };
    at = Math.max(at, to);
  }
  return at < range.to ? { from: at, to: range.to } : undefined;
}
