import type { NamedPeriod } from '../domain/settlement/desired.ts';
import type { Queryable } from './database.ts';

/** Windows of tiers are a year at most: later periods count nothing of this one. */
const PERIODS_MAX = 400;

/** Periods of the site that were run and lie after this one, the oldest first. */
export async function readLaterPeriods(
  tx: Queryable,
  siteId: string,
  { name }: NamedPeriod,
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ period: string }>(
    `SELECT DISTINCT period FROM billing_runs WHERE site_id = $1 AND kind <> 'shadow' AND period > $2
       AND left(period, length($2)) <> $2 ORDER BY period LIMIT ${PERIODS_MAX}`,
    [siteId, name],
  );
  return rows.map(({ period }) => period);
}

/**
 * Points with lines in a later period whose tiers count what a band used in this one: bands change inside of periods,
 * where no boundary value is pinned that could be seen to move.
 */
export async function readCountingPoints(
  tx: Queryable,
  siteId: string,
  later: string,
  period: NamedPeriod,
): Promise<readonly number[]> {
  const { rows } = await tx.query<{ point: string }>(
    `SELECT DISTINCT metering_point_id AS point FROM fee_lines WHERE site_id = $1 AND period = $2
       AND accumulated_from < $3 AND service_from >= $3 AND band LIKE '%.t%'`,
    [siteId, later, new Date(period.to)],
  );
  return rows.map(({ point }) => Number(point));
}
