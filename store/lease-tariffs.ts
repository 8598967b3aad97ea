import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Commodity } from '../domain/commodities.ts';
import { periodRange } from '../domain/periods.ts';
import { recordAction } from './actions.ts';
import type { Database, Executor } from './database.ts';
import { billingPeriods, billingRuns } from './schema/billing.ts';
import { leases, leaseTariffs } from './schema/parties.ts';
import { tariffs } from './schema/tariffs.ts';

/** Up to when a site's months and days are closed, or being closed; epoch milliseconds, 0 while none is. */
export async function readClosedUntil(
  tx: Executor,
  siteId: string,
  timeZone: string,
): Promise<{ readonly month: number; readonly day: number }> {
  const closed = await tx
    .select({ period: billingPeriods.period })
    .from(billingPeriods)
    .where(eq(billingPeriods.siteId, siteId));
  const closing = await tx
    .select({ period: billingRuns.period })
    .from(billingRuns)
    .where(
      and(eq(billingRuns.siteId, siteId), eq(billingRuns.kind, 'close'), eq(billingRuns.status, 'running')),
    );
  const until = { month: 0, day: 0 };
  for (const { period } of [...closed, ...closing]) {
    const kind = period.length === 7 ? 'month' : 'day';
    until[kind] = Math.max(until[kind], periodRange(period, timeZone)?.to ?? 0);
  }
  return until;
}

/** A site's tariff by its code. */
export async function findTariff(
  db: Executor,
  site: string,
  code: string,
): Promise<{ readonly id: number; readonly code: string; readonly commodity: Commodity } | undefined> {
  const [row] = await db
    .select({ id: tariffs.id, code: tariffs.code, commodity: tariffs.commodity })
    .from(tariffs)
    .where(and(eq(tariffs.siteId, site), eq(tariffs.code, code)));
  return row;
}

export const ASSIGN_REFUSALS = ['no_such_lease', 'lease_over', 'period_closed'] as const;

export interface Assigned {
  readonly leaseId: number;
  readonly outcome: 'changed' | 'unchanged' | 'refused';
  /** The tariff that it pays at that instant; null for none. */
  readonly was: string | null;
  /** From when to when it pays the new one: to the lease's end, or to a change that was arranged before. */
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly reason: (typeof ASSIGN_REFUSALS)[number] | null;
  /** The first instant that is not closed, where that is the reason. */
  readonly earliest: Date | null;
}

export interface Assignment {
  readonly siteId: string;
  readonly timeZone: string;
  readonly tariff: { readonly id: number; readonly code: string; readonly commodity: Commodity };
  readonly startsAt: Date;
  readonly leaseIds: readonly number[];
  /** Only says what would be. */
  readonly dryRun: boolean;
  readonly actor: string;
  readonly at: Date;
}

/**
 * From `startsAt` on the leases pay the tariff for its commodity, up to what was already arranged for later. A lease
 * that begins later pays it from its beginning. Refused are leases that are over by then, and instants in a closed
 * period; the others change all at once.
 */
export function assignTariff(db: Database, assignment: Assignment): Promise<Assigned[]> {
  const { siteId, timeZone, tariff, dryRun, actor, at } = assignment;
  const ids = [...new Set(assignment.leaseIds)];
  return db.transaction(async (tx) => {
    const until = await readClosedUntil(tx, siteId, timeZone);
    const query = tx
      .select()
      .from(leases)
      .where(and(eq(leases.siteId, siteId), inArray(leases.id, ids)))
      .orderBy(leases.id);
    const found = new Map((await (dryRun ? query : query.for('update'))).map((lease) => [lease.id, lease]));
    const paid = await tx
      .select({
        id: leaseTariffs.id,
        leaseId: leaseTariffs.leaseId,
        tariffId: leaseTariffs.tariffId,
        code: tariffs.code,
        startsAt: leaseTariffs.startsAt,
        endsAt: leaseTariffs.endsAt,
      })
      .from(leaseTariffs)
      .innerJoin(tariffs, eq(tariffs.id, leaseTariffs.tariffId))
      .where(and(inArray(leaseTariffs.leaseId, ids), eq(leaseTariffs.commodity, tariff.commodity)));
    const paidBy = new Map<number, typeof paid>();
    for (const row of paid) paidBy.set(row.leaseId, [...(paidBy.get(row.leaseId) ?? []), row]);

    const results: Assigned[] = [];
    const ended: number[] = [];
    const replaced: number[] = [];
    const inserts: (typeof leaseTariffs.$inferInsert)[] = [];
    for (const id of ids) {
      const lease = found.get(id);
      const none = { leaseId: id, was: null, startsAt: null, endsAt: null, reason: null, earliest: null };
      if (!lease) {
        results.push({ ...none, outcome: 'refused', reason: 'no_such_lease' });
        continue;
      }
      const from = lease.startsAt > assignment.startsAt ? lease.startsAt : assignment.startsAt;
      const own = paidBy.get(id) ?? [];
      const running = own.find((row) => row.startsAt <= from && (row.endsAt === null || row.endsAt > from));
      const was = running?.code ?? null;
      // A prepaid lease answers to days for its usage and to months for the rest.
      const closed = lease.charging === 'prepaid' ? Math.max(until.day, until.month) : until.month;
      if (lease.endsAt !== null && lease.endsAt <= from) {
        results.push({ ...none, outcome: 'refused', was, reason: 'lease_over' });
      } else if (running?.tariffId === tariff.id) {
        results.push({ ...none, outcome: 'unchanged', was });
      } else if (from.getTime() < closed) {
        const earliest = new Date(closed);
        results.push({ ...none, outcome: 'refused', was, reason: 'period_closed', earliest });
      } else {
        const later = own
          .filter((row) => row.startsAt > from)
          .map((row) => row.startsAt.getTime())
          .sort((a, b) => a - b)[0];
        const endsAt = later === undefined ? lease.endsAt : new Date(later);
        results.push({ ...none, outcome: 'changed', was, startsAt: from, endsAt });
        if (running) (running.startsAt < from ? ended : replaced).push(running.id);
        inserts.push({
          leaseId: id,
          tariffId: tariff.id,
          commodity: tariff.commodity,
          startsAt: from,
          endsAt,
        });
      }
    }
    if (dryRun || inserts.length === 0) return results;
    if (replaced.length > 0) await tx.delete(leaseTariffs).where(inArray(leaseTariffs.id, replaced));
    if (ended.length > 0) {
      // Each ends where its lease's new one begins.
      await tx.execute(sql`
        UPDATE lease_tariffs t SET ends_at = greatest(${assignment.startsAt.toISOString()}::timestamptz, l.starts_at)
        FROM leases l WHERE l.id = t.lease_id AND t.id IN ${ended}`);
    }
    await tx.insert(leaseTariffs).values(inserts);
    await recordAction(tx, {
      siteId,
      at,
      actor,
      action: 'lease-tariff.assign',
      subject: `tariff ${tariff.code}`,
      detail: { startsAt: assignment.startsAt.toISOString(), leases: inserts.map((row) => row.leaseId) },
    });
    return results;
  });
}
