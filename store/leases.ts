import { and, asc, eq, gt, ilike, inArray, or } from 'drizzle-orm';
import type { Commodity } from '../domain/commodities.ts';
import type { Database, Executor } from './database.ts';
import { likeText } from './like-text.ts';
import { leases, leaseTariffs, parties } from './schema/parties.ts';
import { places } from './schema/places.ts';
import { tariffs } from './schema/tariffs.ts';

export interface NewLeaseTariff {
  readonly tariffId: number;
  readonly commodity: Commodity;
  readonly startsAt: Date;
}

/** Leases by id, each with the tariffs that it pays. */
export async function listLeases(
  db: Executor,
  query: {
    readonly id?: number | undefined;
    readonly site?: string | undefined;
    readonly stall?: number | undefined;
    /** Part of the stall's code, or of the party's name or initials. */
    readonly q?: string | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  },
) {
  const rows = await db
    .select({
      id: leases.id,
      siteId: leases.siteId,
      kind: leases.kind,
      stall: { id: places.id, code: places.code },
      party: { id: parties.id, name: parties.name },
      charging: leases.charging,
      trade: leases.trade,
      startsAt: leases.startsAt,
      endsAt: leases.endsAt,
    })
    .from(leases)
    .innerJoin(parties, eq(parties.id, leases.partyId))
    .leftJoin(places, eq(places.id, leases.placeId))
    .where(
      and(
        query.id === undefined ? undefined : eq(leases.id, query.id),
        query.site === undefined ? undefined : eq(leases.siteId, query.site),
        query.stall === undefined ? undefined : eq(leases.placeId, query.stall),
        query.q === undefined || query.q === ''
          ? undefined
          : or(
              ilike(places.code, `%${likeText(query.q)}%`),
              ilike(parties.name, `%${likeText(query.q)}%`),
              ilike(parties.initials, `${likeText(query.q)}%`),
            ),
        query.after === undefined ? undefined : gt(leases.id, query.after),
      ),
    )
    .orderBy(asc(leases.id))
    .limit(query.limit);
  const paid = await listLeaseTariffs(
    db,
    rows.map((lease) => lease.id),
  );
  return rows.map((lease) => ({ ...lease, tariffs: paid.filter((tariff) => tariff.leaseId === lease.id) }));
}
export type LeaseRow = Awaited<ReturnType<typeof listLeases>>[number];

async function listLeaseTariffs(db: Executor, ids: readonly number[]) {
  if (ids.length === 0) return [];
  return db
    .select({
      leaseId: leaseTariffs.leaseId,
      commodity: leaseTariffs.commodity,
      tariff: tariffs.code,
      startsAt: leaseTariffs.startsAt,
      endsAt: leaseTariffs.endsAt,
    })
    .from(leaseTariffs)
    .innerJoin(tariffs, eq(tariffs.id, leaseTariffs.tariffId))
    .where(inArray(leaseTariffs.leaseId, [...ids]))
    .orderBy(asc(leaseTariffs.startsAt), asc(leaseTariffs.id));
}

export async function findLease(db: Executor, id: number): Promise<LeaseRow | undefined> {
  const [lease] = await listLeases(db, { id, limit: 1 });
  return lease;
}

/** Part of a transaction. @throws an exclusion violation when the stall has another lease in that time. */
export async function createLease(
  tx: Executor,
  lease: typeof leases.$inferInsert,
  paid: readonly NewLeaseTariff[],
): Promise<number> {
  const [row] = await tx.insert(leases).values(lease).returning({ id: leases.id });
  if (!row) throw new Error('the insert returned no row');
  if (paid.length > 0) {
    await tx
      .insert(leaseTariffs)
      .values(paid.map((tariff) => ({ ...tariff, leaseId: row.id, endsAt: lease.endsAt ?? null })));
  }
  return row.id;
}

/**
 * From `startsAt` on the lease pays this tariff for the commodity; what it paid until then ends there.
 * @throws an exclusion violation when another one starts later.
 */
export function addLeaseTariff(db: Database, leaseId: number, next: NewLeaseTariff): Promise<void> {
  return db.transaction(async (tx) => {
    const [lease] = await tx.select().from(leases).where(eq(leases.id, leaseId)).for('update');
    const running = await tx
      .select()
      .from(leaseTariffs)
      .where(and(eq(leaseTariffs.leaseId, leaseId), eq(leaseTariffs.commodity, next.commodity)));
    for (const { id, startsAt, endsAt } of running) {
      if (startsAt < next.startsAt && (endsAt === null || endsAt > next.startsAt)) {
        await tx.update(leaseTariffs).set({ endsAt: next.startsAt }).where(eq(leaseTariffs.id, id));
      }
    }
    await tx.insert(leaseTariffs).values({ ...next, leaseId, endsAt: lease?.endsAt ?? null });
  });
}

/** Part of a transaction: ends a merchant's lease, and what it pays with it. Returns false when there is no such lease of a merchant. */
export async function endLease(tx: Executor, id: number, endsAt: Date): Promise<boolean> {
  const [lease] = await tx
    .update(leases)
    .set({ endsAt })
    .where(and(eq(leases.id, id), eq(leases.kind, 'merchant')))
    .returning({ id: leases.id });
  if (!lease) return false;
  const paid = await tx.select().from(leaseTariffs).where(eq(leaseTariffs.leaseId, id));
  for (const tariff of paid) {
    if (tariff.startsAt >= endsAt) await tx.delete(leaseTariffs).where(eq(leaseTariffs.id, tariff.id));
    else if (tariff.endsAt === null || tariff.endsAt > endsAt) {
      await tx.update(leaseTariffs).set({ endsAt }).where(eq(leaseTariffs.id, tariff.id));
    }
  }
  return true;
}

/** The id of a site's tariff by its code, when it is for the commodity. */
export async function findTariffId(
  db: Executor,
  site: string,
  code: string,
  commodity: Commodity,
): Promise<number | undefined> {
  const [row] = await db
    .select({ id: tariffs.id })
    .from(tariffs)
    .where(and(eq(tariffs.siteId, site), eq(tariffs.code, code), eq(tariffs.commodity, commodity)));
  return row?.id;
}
