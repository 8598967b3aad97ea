import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { ROLES } from '../domain/permissions.ts';
import { API_KEY, findApiKey } from '../store/api-keys.ts';
import type { Auth } from '../store/auth.ts';
import type { Database } from '../store/database.ts';
import type { Authenticate, Principal } from './access.ts';

const zSessionUser = z.object({
  id: z.string(),
  name: z.string(),
  username: z.string().nullish(),
  role: z.enum(ROLES),
  partyId: z.number().int().nullish(),
  disabled: z.boolean().nullish(),
});

/** A bearer token (the administrator's, or an API key) goes before a session cookie. */
export function createAuthenticate(deps: {
  readonly db: Database;
  readonly auth: Auth;
  readonly adminToken?: string | undefined;
}): Authenticate {
  return async (headers, renew) => {
    const bearer = /^Bearer +(.{1,512})$/i.exec(headers.authorization ?? '')?.[1];
    if (headers.authorization !== undefined) return bearer === undefined ? null : byToken(bearer);
    return headers.cookie === undefined ? null : byCookie(headers.cookie, renew);
  };

  async function byToken(token: string): Promise<Principal | null> {
    if (deps.adminToken !== undefined && equals(token, deps.adminToken)) {
      return {
        id: 'admin-token',
        name: 'ADMIN_TOKEN',
        actor: 'ADMIN_TOKEN',
        role: 'operator',
        partyId: null,
        byCookie: false,
      };
    }
    if (!API_KEY.test(token)) return null;
    const key = await findApiKey(deps.db, token, new Date());
    if (!key) return null;
    const { id, name, role, partyId } = key;
    return { id: `key:${id}`, name, actor: `key:${name}`, role, partyId, byCookie: false };
  }

  async function byCookie(cookie: string, renew?: (cookies: string[]) => void): Promise<Principal | null> {
    const { response: session, headers } = await deps.auth.api.getSession({
      headers: new Headers({ cookie }),
      returnHeaders: true,
    });
    if (!session) return null;
    const cookies = headers.getSetCookie();
    if (cookies.length > 0) renew?.(cookies);
    const user = zSessionUser.parse(session.user);
    if (user.disabled) return null;
    return {
      id: `user:${user.id}`,
      name: user.name,
      actor: user.username ?? user.id,
      role: user.role,
      partyId: user.partyId ?? null,
      byCookie: true,
    };
  }
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function equals(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
