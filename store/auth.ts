import { randomUUID } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { hashPassword } from 'better-auth/crypto';
import { username } from 'better-auth/plugins/username';
import { eq } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Role } from '../domain/permissions.ts';
import type { Database } from './database.ts';
import { accounts, sessions, users, verifications } from './schema/users.ts';

export const PASSWORD_LENGTH_MIN = 8;
export const PASSWORD_LENGTH_MAX = 128;
/** What better-auth's user name plugin takes, and a dash. */
export const USERNAME = /^[a-zA-Z0-9_.-]{3,30}$/;

export interface AuthOptions {
  readonly db: Database;
  /** Signs the session cookies: at least 32 random characters, the same in every api process. */
  readonly secret: string;
  /** Cookies get `Secure` and the `__Secure-` prefix: only where the browser comes by https. */
  readonly secureCookies: boolean;
  readonly log: Logger;
}

/** The header in which the api tells better-auth who is asking; whatever a client put there is replaced. */
export const CLIENT_ADDRESS_HEADER = 'x-stallgrid-client';

/** Sign-in by user name and password, sessions in cookies. Every option that better-auth would read from the environment is set. */
export function createAuth({ db, secret, secureCookies, log }: AuthOptions) {
  return betterAuth({
    appName: 'Stallgrid',
    basePath: '/api/auth',
    secret,
    database: drizzleAdapter(db, {
      provider: 'pg',
      schema: { user: users, session: sessions, account: accounts, verification: verifications },
    }),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
      maxPasswordLength: PASSWORD_LENGTH_MAX,
    },
    user: {
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        partyId: { type: 'number', required: false, input: false },
        disabled: { type: 'boolean', required: false, input: false },
      },
    },
    plugins: [username({ displayUsername: false, usernameValidator: (name) => USERNAME.test(name) })],
    databaseHooks: {
      session: {
        create: {
          async before(session) {
            const [user] = await db
              .select({ disabled: users.disabled })
              .from(users)
              .where(eq(users.id, session.userId));
            return user && !user.disabled ? undefined : false;
          },
        },
      },
    },
    // The page may be opened under any name of this host: same origin means the request's own Host.
    trustedOrigins: (request) => {
      const host = request?.headers.get('host');
      return host ? [`http://${host}`, `https://${host}`] : [];
    },
    // The api limits sign-ins itself, with the address that it knows.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: {
      log: (level, message, ...rest) => {
        // It says at every start that no base URL is set: the request's Host is used on purpose.
        if (message.includes('Base URL is not set')) return;
        log[level]({ rest: rest.length > 0 ? rest : undefined }, `auth: ${message}`);
      },
    },
    advanced: {
      cookiePrefix: 'stallgrid',
      useSecureCookies: secureCookies,
      defaultCookieAttributes: { sameSite: 'lax', httpOnly: true },
      disableCSRFCheck: false,
      disableOriginCheck: false,
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
    },
  });
}
export type Auth = ReturnType<typeof createAuth>;

export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly name: string;
  readonly role: Role;
  readonly partyId?: number;
}

/**
 * Creates somebody who can sign in. Returns their id.
 * @throws RangeError for a user name or password outside the limits; a unique violation when the name is taken.
 */
export async function createUser(db: Database, user: NewUser): Promise<string> {
  if (!USERNAME.test(user.username)) throw new RangeError(`user name ${user.username} is not allowed`);
  if (user.password.length < PASSWORD_LENGTH_MIN || user.password.length > PASSWORD_LENGTH_MAX)
    throw new RangeError(`a password has ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters`);
  const id = randomUUID();
  const name = user.username.toLowerCase();
  const password = await hashPassword(user.password);
  await db.transaction(async (tx) => {
    await tx.insert(users).values({
      id,
      name: user.name,
      email: `${name}@users.invalid`,
      username: name,
      role: user.role,
      partyId: user.partyId ?? null,
    });
    await tx
      .insert(accounts)
      .values({ id: randomUUID(), accountId: id, providerId: 'credential', userId: id, password });
  });
  return id;
}
