import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database, Executor } from './database.ts';
import { leases, parties } from './schema/parties.ts';
import { sites } from './schema/places.ts';

export type Site = typeof sites.$inferSelect;
export interface NewSite {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly currency: string;
}

/** Before any usage that a site could have: its house lease pays for whatever no merchant's lease covers. */
const HOUSE_LEASE_FROM = new Date('2000-01-01T00:00:00Z');

/** Sites by id, `limit` at most, after the id `after`. */
export function listSites(
  db: Executor,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<Site[]> {
  return db
    .select()
    .from(sites)
    .where(page.after === undefined ? undefined : gt(sites.id, page.after))
    .orderBy(asc(sites.id))
    .limit(page.limit);
}

export async function findSite(db: Executor, id: string): Promise<Site | undefined> {
  const [site] = await db.select().from(sites).where(eq(sites.id, id));
  return site;
}

/** Creates a site with its operator's party and the house lease. @throws a unique violation when the id is taken. */
export function createSite(db: Pick<Database, 'transaction'>, site: NewSite): Promise<Site> {
  return db.transaction(async (tx) => {
    const [created] = await tx.insert(sites).values(site).returning();
    const [operator] = await tx
      .insert(parties)
      .values({ kind: 'operator', name: site.name })
      .returning({ id: parties.id });
    if (!created || !operator) throw new Error('the insert returned no row');
    await tx.insert(leases).values({
      siteId: site.id,
      partyId: operator.id,
      kind: 'house',
      charging: 'postpaid',
      startsAt: HOUSE_LEASE_FROM,
    });
    return created;
  });
}

/** The lease that pays for a site's vacant stalls and common areas. */
export async function findHouseLease(db: Executor, site: string): Promise<number | undefined> {
  const [lease] = await db
    .select({ id: leases.id })
    .from(leases)
    .where(and(eq(leases.siteId, site), eq(leases.kind, 'house')));
  return lease?.id;
}
