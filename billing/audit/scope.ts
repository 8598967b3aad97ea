import {
  type AuditNote,
  type AuditUnit,
  type Finding,
  VIOLATIONS_MAX,
  type Violation,
} from '../../domain/audit.ts';
import type { NamedPeriod } from '../../domain/settlement/desired.ts';
import type { BillingSession } from '../../store/billing-session.ts';

/** What is audited: everything is read in one snapshot, nothing is written. */
export interface AuditScope {
  readonly client: BillingSession['client'];
  readonly siteId: string;
  readonly period: NamedPeriod;
  readonly timeZone: string;
  readonly currency: string;
  readonly digits: number;
  /** Ends it before the next batch. */
  readonly signal?: AbortSignal | undefined;
}

/** Collects what a check finds, in memory that does not grow with it. */
export class Findings {
  readonly #unit: AuditUnit;
  readonly #violations: Violation[] = [];
  #more = 0;
  checked = 0;
  note: AuditNote | null = null;

  constructor(unit: AuditUnit) {
    this.#unit = unit;
  }

  add(violation: Violation): void {
    if (this.#violations.length < VIOLATIONS_MAX) this.#violations.push(violation);
    else this.#more++;
  }

  /**
   * Counts what `checked` selects, and returns the rows of `violations`: as many as are listed, the rest is counted by
   * the database. `ctes` are for both.
   */
  async query<Row extends object>(
    client: AuditScope['client'],
    sql: { readonly ctes?: string; readonly checked?: string; readonly violations: string },
    params: readonly unknown[],
  ): Promise<readonly Row[]> {
    const { ctes, checked = 'SELECT 0', violations } = sql;
    const { rows } = await client.query<Row & { checked: string; listed: true | null; total: string }>(
      `WITH ${ctes === undefined ? '' : `${ctes},`} violations AS (SELECT true AS listed, v.* FROM (${violations}) v)
       SELECT (${checked}) AS checked, v.*, count(v.listed) OVER () AS total
       FROM (SELECT 1) one LEFT JOIN violations v ON true LIMIT ${VIOLATIONS_MAX}`,
      [...params],
    );
    this.checked += Number(rows[0]?.checked ?? 0);
    const listed = rows.filter((row) => row.listed);
    this.#more += Number(rows[0]?.total ?? 0) - listed.length;
    return listed;
  }

  finish(): Finding {
    const { checked, note } = this;
    return { checked, unit: this.#unit, note, violations: this.#violations, more: this.#more };
  }
}

/** What the readings of a period's points are: an instant as text that Postgres and people read. */
export const iso = (ms: number): string => new Date(ms).toISOString();

/** $1 site, $2 and $3 the instants between which lines are looked at: parameters of `MEASURED_RANGES`. */
export const rangeParams = ({ siteId, period }: AuditScope): unknown[] => [
  siteId,
  new Date(period.from),
  new Date(period.to),
];

const MEASURED = `
  measured AS (
    SELECT v.id AS version, c->>'code' AS component FROM tariff_versions v JOIN tariffs t ON t.id = v.tariff_id
    CROSS JOIN LATERAL jsonb_array_elements(v.definition->'components') c
    WHERE t.site_id = $1 AND c->'price'->>'kind' IN ('flat', 'tiered', 'time_of_use'))`;

/**
 * CTEs: `keys`, what the lines of each key of components that price measured usage add up to; `ranges`, the same for
 * each service range that stands (not reversed), over its bands and tiers; `pinned`, the values at cuts as last charged.
 */
export const MEASURED_RANGES = `${MEASURED},
  keys AS (
    SELECT l.metering_point_id AS point, l.lease_id AS lease, l.tariff_version_id AS version, l.component, l.band,
      l.service_from AS f, l.service_to AS t, sum(l.quantity) AS quantity, sum(l.amount) AS amount,
      (array_agg(l.kind ORDER BY l.sequence DESC))[1] <> 'reversal' AS live
    FROM fee_lines l JOIN measured m ON m.version = l.tariff_version_id AND m.component = l.component
    JOIN metering_points p ON p.id = l.metering_point_id AND p.commodity IN ('electricity', 'water')
    WHERE l.site_id = $1 AND l.service_from >= $2 AND l.service_to <= $3
    GROUP BY 1, 2, 3, 4, 5, 6, 7),
  ranges AS (
    SELECT point, lease, version, component, f, t, sum(quantity) AS quantity FROM keys WHERE live
    GROUP BY 1, 2, 3, 4, 5, 6),
  pinned AS (
    SELECT DISTINCT ON (b.metering_point_id, b.at) b.metering_point_id AS point, b.at, b.value
    FROM boundary_values b JOIN metering_points p ON p.id = b.metering_point_id
    WHERE p.site_id = $1 AND b.at BETWEEN $2 AND $3 ORDER BY b.metering_point_id, b.at, b.revision DESC)`;
export { MEASURED };
