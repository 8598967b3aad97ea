import { and, asc, eq, gt } from 'drizzle-orm';
import type { PlaceKind } from '../domain/places.ts';
import type { Executor } from './database.ts';
import { places } from './schema/places.ts';

export type Place = typeof places.$inferSelect;
export type NewPlace = typeof places.$inferInsert;

/** Places of one kind in a site (all sites when none is named), by id. */
export function listPlaces(
  db: Executor,
  query: {
    readonly kind: PlaceKind;
    readonly site?: string | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  },
): Promise<Place[]> {
  return db
    .select()
    .from(places)
    .where(
      and(
        eq(places.kind, query.kind),
        query.site === undefined ? undefined : eq(places.siteId, query.site),
        query.after === undefined ? undefined : gt(places.id, query.after),
      ),
    )
    .orderBy(asc(places.id))
    .limit(query.limit);
}

/** A site's place by its id, or by its code when given as text. */
export async function findPlace(
  db: Executor,
  site: string,
  place: number | string,
): Promise<Place | undefined> {
  const [row] = await db
    .select()
    .from(places)
    .where(
      and(eq(places.siteId, site), typeof place === 'number' ? eq(places.id, place) : eq(places.code, place)),
    );
  return row;
}

/** @throws a unique violation when the site has the code. */
export async function createPlace(db: Executor, place: NewPlace): Promise<Place> {
  const [row] = await db.insert(places).values(place).returning();
  if (!row) throw new Error('the insert returned no row');
  return row;
}

export async function findPlaceById(db: Executor, id: number): Promise<Place | undefined> {
  const [row] = await db.select().from(places).where(eq(places.id, id));
  return row;
}
