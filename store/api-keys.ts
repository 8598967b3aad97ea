import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, gt, isNull, lt, or } from 'drizzle-orm';
import type { Role } from '../domain/permissions.ts';
import type { Executor } from './database.ts';
import { apiKeys } from './schema/users.ts';

const PREFIX = 'sgk_';
const SHOWN_LENGTH = 10;
/** 32 random bytes as base64url after the prefix. */
export const API_KEY = /^sgk_[A-Za-z0-9_-]{43}$/;

const hash = (key: string): Buffer => createHash('sha256').update(key).digest();

const shown = {
  id: apiKeys.id,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  role: apiKeys.role,
  partyId: apiKeys.partyId,
  createdBy: apiKeys.createdBy,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
};

export type ApiKeyRow = Omit<typeof apiKeys.$inferSelect, 'keyHash'>;

export interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  readonly partyId?: number | undefined;
  readonly createdBy: string;
  readonly expiresAt?: Date | undefined;
}

/** Creates a key and returns it: only its SHA-256 is kept. */
export async function createApiKey(db: Executor, { partyId, expiresAt, ...row }: NewApiKey) {
  const key = PREFIX + randomBytes(32).toString('base64url');
  const [made] = await db
    .insert(apiKeys)
    .values({
      ...row,
      partyId: partyId ?? null,
      expiresAt: expiresAt ?? null,
      prefix: key.slice(0, SHOWN_LENGTH),
      keyHash: hash(key),
    })
    .returning(shown);
  if (!made) throw new Error('the insert returned no row');
  return { ...made, key };
}

/** Whose key it is, unless it is unknown, revoked or past its end at `now`. */
export async function findApiKey(db: Executor, key: string, now: Date) {
  const [row] = await db
    .select(shown)
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.keyHash, hash(key)),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)),
      ),
    );
  return row;
}

/** Newest first, revoked ones included. */
export function listApiKeys(
  db: Executor,
  page: { readonly before?: number | undefined; readonly limit: number },
) {
  return db
    .select(shown)
    .from(apiKeys)
    .where(page.before === undefined ? undefined : lt(apiKeys.id, page.before))
    .orderBy(desc(apiKeys.id))
    .limit(page.limit);
}

export async function findApiKeyById(db: Executor, id: number): Promise<ApiKeyRow | undefined> {
  const [row] = await db.select(shown).from(apiKeys).where(eq(apiKeys.id, id));
  return row;
}

/** Refuses the key from now on. Revoking it again keeps the first instant. */
export async function revokeApiKey(db: Executor, id: number, now: Date): Promise<void> {
  await db
    .update(apiKeys)
    .set({ revokedAt: now })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)));
}
