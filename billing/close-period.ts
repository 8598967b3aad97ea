import { periodKindOf, periodRange } from '../domain/periods.ts';
import { recordAction } from '../store/actions.ts';
import type { ClaimedRun } from '../store/billing-runs.ts';
import type { BillingSession } from '../store/billing-session.ts';
import { readClosedPeriod, sealPeriod } from '../store/periods.ts';
import { readSettings } from '../store/settings.ts';

const HOUR_MS = 3_600_000;

/** Readings that are missing this long after the period's end are estimated. Judged by the run's cut-off. */
export async function isGraceOver({ orm }: BillingSession, run: ClaimedRun): Promise<boolean> {
  const { billing } = await readSettings(orm, run.siteId);
  const hours = periodKindOf(run.period) === 'month' ? billing.monthGraceHours : billing.dayGraceHours;
  const end = periodRange(run.period, run.timeZone)?.to ?? Number.POSITIVE_INFINITY;
  return run.cutOff.receivedUpTo.getTime() >= end + hours * HOUR_MS;
}

/** Why the run must not close its period; null when it may. A close that its own run did is done. */
export async function closeRefusal({ client }: BillingSession, run: ClaimedRun): Promise<string | null> {
  if (run.kind !== 'close') return null;
  const closed = await readClosedPeriod(client, run.siteId, run.period);
  return closed && closed.runId !== run.id ? `${run.period} is closed already` : null;
}

/** Seals the period whose points the run has settled, with who asked for it. Once: closing again does nothing. */
export async function closePeriod(session: BillingSession, run: ClaimedRun, now: Date): Promise<void> {
  const { id: runId, siteId, period, requestedBy, isForced } = run;
  await session.transaction(async () => {
    const about = { siteId, period, runId, closedAt: now, closedBy: requestedBy };
    const closed = await sealPeriod(session.client, about);
    if (!closed) return;
    const { lines, hash } = closed;
    await recordAction(session.orm, {
      ...{ siteId, at: now, actor: requestedBy, action: 'period.close', subject: `period ${period}` },
      detail: { run: runId, isForced, lines, amount: `${closed.amount}`, hash },
    });
  });
}
