import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import type { Commodity } from '../domain/commodities.ts';
import type { Executor } from './database.ts';
import { installations, meteringPoints } from './schema/metering.ts';

const shown = {
  id: installations.id,
  registerId: installations.registerId,
  startsAt: installations.startsAt,
  startValue: installations.startValue,
  endsAt: installations.endsAt,
  endValue: installations.endValue,
  multiplier: installations.multiplier,
  point: {
    id: meteringPoints.id,
    code: meteringPoints.code,
    commodity: meteringPoints.commodity,
    placeId: meteringPoints.placeId,
  },
};

/** Which register served which metering point when, by id. */
export function listInstallations(
  db: Executor,
  query: {
    readonly id?: number | undefined;
    readonly site?: string | undefined;
    readonly register?: number | undefined;
    readonly stall?: number | undefined;
    readonly point?: number | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  },
) {
  return db
    .select(shown)
    .from(installations)
    .innerJoin(meteringPoints, eq(meteringPoints.id, installations.meteringPointId))
    .where(
      and(
        query.id === undefined ? undefined : eq(installations.id, query.id),
        query.site === undefined ? undefined : eq(meteringPoints.siteId, query.site),
        query.register === undefined ? undefined : eq(installations.registerId, query.register),
        query.stall === undefined ? undefined : eq(meteringPoints.placeId, query.stall),
        query.point === undefined ? undefined : eq(installations.meteringPointId, query.point),
        query.after === undefined ? undefined : gt(installations.id, query.after),
      ),
    )
    .orderBy(asc(installations.id))
    .limit(query.limit);
}
export type InstallationRow = Awaited<ReturnType<typeof listInstallations>>[number];

export async function findInstallation(db: Executor, id: number): Promise<InstallationRow | undefined> {
  const [row] = await listInstallations(db, { id, limit: 1 });
  return row;
}

/** @throws an exclusion violation when the point or the register is taken in that time. */
export async function createInstallation(
  db: Executor,
  installation: typeof installations.$inferInsert,
): Promise<number> {
  const [row] = await db.insert(installations).values(installation).returning({ id: installations.id });
  if (!row) throw new Error('the insert returned no row');
  return row.id;
}

/** Takes a meter out. Returns false when there is no such installation, or it has ended. */
export async function endInstallation(
  db: Executor,
  id: number,
  end: { readonly endsAt: Date; readonly endValue: bigint },
): Promise<boolean> {
  const ended = await db
    .update(installations)
    .set(end)
    .where(and(eq(installations.id, id), isNull(installations.endsAt)))
    .returning({ id: installations.id });
  return ended.length > 0;
}

export type MeteringPoint = typeof meteringPoints.$inferSelect;

/** A site's metering points with this code, or of this place and commodity. */
export function findMeteringPoints(
  db: Executor,
  site: string,
  which: { readonly code: string } | { readonly placeId: number; readonly commodity: Commodity },
): Promise<MeteringPoint[]> {
  return db
    .select()
    .from(meteringPoints)
    .where(
      and(
        eq(meteringPoints.siteId, site),
        'code' in which
          ? eq(meteringPoints.code, which.code)
          : and(eq(meteringPoints.placeId, which.placeId), eq(meteringPoints.commodity, which.commodity)),
      ),
    )
    .limit(2);
}

export async function createMeteringPoint(
  db: Executor,
  point: typeof meteringPoints.$inferInsert,
): Promise<MeteringPoint> {
  const [row] = await db.insert(meteringPoints).values(point).returning();
  if (!row) throw new Error('the insert returned no row');
  return row;
}
