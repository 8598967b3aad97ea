import { and, asc, eq, gt } from 'drizzle-orm';
import type { Allocated, Weight } from '../domain/meter-tree.ts';
import type { Executor, Queryable } from './database.ts';
import { allocations } from './schema/meter-tree.ts';
import { meteringPoints } from './schema/metering.ts';

const shown = {
  id: allocations.id,
  siteId: meteringPoints.siteId,
  main: { id: meteringPoints.id, code: meteringPoints.code },
  fromMonth: allocations.fromMonth,
  what: allocations.what,
  weight: allocations.weight,
  createdBy: allocations.createdBy,
  createdAt: allocations.createdAt,
};

/** By id. */
export function listAllocations(
  db: Executor,
  query: { readonly site: string; readonly after?: number | undefined; readonly limit: number },
) {
  return db
    .select(shown)
    .from(allocations)
    .innerJoin(meteringPoints, eq(meteringPoints.id, allocations.mainId))
    .where(
      and(
        eq(meteringPoints.siteId, query.site),
        query.after === undefined ? undefined : gt(allocations.id, query.after),
      ),
    )
    .orderBy(asc(allocations.id))
    .limit(query.limit);
}
export type AllocationRow = Awaited<ReturnType<typeof listAllocations>>[number];

export async function findAllocation(db: Executor, id: number): Promise<AllocationRow | undefined> {
  const [row] = await db
    .select(shown)
    .from(allocations)
    .innerJoin(meteringPoints, eq(meteringPoints.id, allocations.mainId))
    .where(eq(allocations.id, id));
  return row;
}

/** What is said for the same main and month is replaced. */
export async function createAllocation(
  tx: Queryable,
  one: {
    readonly main: number;
    readonly fromMonth: string;
    readonly what: Allocated;
    readonly weight: Weight;
    readonly actor: string;
    readonly at: Date;
  },
): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO allocations (main_id, from_month, what, weight, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (main_id, from_month) DO UPDATE SET what = excluded.what, weight = excluded.weight,
       created_by = excluded.created_by, created_at = excluded.created_at RETURNING id`,
    [one.main, one.fromMonth, one.what, one.weight, one.actor, one.at],
  );
  return Number(rows[0]?.id);
}

export async function deleteAllocation(tx: Queryable, id: number): Promise<void> {
  await tx.query('DELETE FROM allocations WHERE id = $1', [id]);
}
