import type { NamedPeriod } from '../domain/settlement/desired.ts';
import { queueAfter } from '../store/billing-runs.ts';
import { readCountingPoints, readLaterPeriods } from '../store/counting-periods.ts';
import { readSettledPoints, readStalePoints } from '../store/settled-points.ts';
import type { RunContext } from './run-context.ts';
import { SETTLEMENT_REVISION } from './unchanged.ts';

/**
 * Tiers of a band count what the band used since their window began, in months before their own too. What came late
 * for this period may have moved usage between its bands: later periods that count it, closed ones as well, are
 * queued, and their runs settle what has changed for them. Once nothing has, none is queued.
 */
export async function queueCounting(
  { client, siteId }: Pick<RunContext, 'client' | 'siteId'>,
  period: NamedPeriod,
): Promise<void> {
  for (const later of await readLaterPeriods(client, siteId, period)) {
    const points = await readCountingPoints(client, siteId, later, period);
    if (points.length === 0) continue;
    const stale = await readStalePoints(client, siteId, later);
    const settled = await readSettledPoints(client, points, later, SETTLEMENT_REVISION);
    const isDue = stale === null || points.some((id) => stale.has(id) || !settled.has(id));
    if (isDue) await queueAfter(client, siteId, later, 'tiers');
  }
}
