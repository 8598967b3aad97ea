import { and, asc, eq, gt, ilike, or } from 'drizzle-orm';
import type { Executor } from './database.ts';
import { likeText } from './like-text.ts';
import { parties } from './schema/parties.ts';

export type Party = typeof parties.$inferSelect;

export async function createParty(db: Executor, party: typeof parties.$inferInsert): Promise<Party> {
  const [row] = await db.insert(parties).values(party).returning();
  if (!row) throw new Error('the insert returned no row');
  return row;
}

export async function findParty(db: Executor, id: number): Promise<Party | undefined> {
  const [row] = await db.select().from(parties).where(eq(parties.id, id));
  return row;
}

/** Parties by id; `q` is part of the name, or the first of the initials. */
export function listParties(
  db: Executor,
  query: {
    readonly q?: string | undefined;
    readonly kind?: Party['kind'] | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  },
): Promise<Party[]> {
  const { q } = query;
  return db
    .select()
    .from(parties)
    .where(
      and(
        q === undefined
          ? undefined
          : or(ilike(parties.name, `%${likeText(q)}%`), ilike(parties.initials, `${likeText(q)}%`)),
        query.kind === undefined ? undefined : eq(parties.kind, query.kind),
        query.after === undefined ? undefined : gt(parties.id, query.after),
      ),
    )
    .orderBy(asc(parties.id))
    .limit(query.limit);
}
