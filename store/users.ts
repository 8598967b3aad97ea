import { asc, eq, gt } from 'drizzle-orm';
import type { Database, Executor } from './database.ts';
import { sessions, users } from './schema/users.ts';

const shown = {
  id: users.id,
  username: users.username,
  name: users.name,
  role: users.role,
  partyId: users.partyId,
  disabled: users.disabled,
  createdAt: users.createdAt,
};

/** Everybody who can sign in, or could, by id. */
export function listUsers(
  db: Executor,
  page: { readonly after?: string | undefined; readonly limit: number },
) {
  return db
    .select(shown)
    .from(users)
    .where(page.after === undefined ? undefined : gt(users.id, page.after))
    .orderBy(asc(users.id))
    .limit(page.limit);
}
export type UserRow = Awaited<ReturnType<typeof listUsers>>[number];

export async function findUser(db: Executor, id: string): Promise<UserRow | undefined> {
  const [user] = await db.select(shown).from(users).where(eq(users.id, id));
  return user;
}

/** Lets somebody sign in, or no longer: then their sessions end too. Returns false when there is nobody with this id. */
export function setUserDisabled(db: Database, id: string, disabled: boolean): Promise<boolean> {
  return db.transaction(async (tx) => {
    const changed = await tx
      .update(users)
      .set({ disabled })
      .where(eq(users.id, id))
      .returning({ id: users.id });
    if (disabled) await tx.delete(sessions).where(eq(sessions.userId, id));
    return changed.length > 0;
  });
}
