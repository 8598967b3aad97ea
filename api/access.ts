import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { may, type Permission, type Role } from '../domain/permissions.ts';
import { Problem } from './problems.ts';
import { isSameOrigin } from './same-origin.ts';

/**
 * Who may use a route: anybody, anybody signed in, or whoever has the permission (one of them, where there are
 * several). Every route says it; one that does not stops the start.
 */
export type Access = 'public' | 'signed-in' | Permission | readonly Permission[];

/** Who sent a request. */
export interface Principal {
  /** Unique over all kinds, e.g. `user:…`, `key:12`, `admin-token`. */
  readonly id: string;
  readonly name: string;
  /** How what they do is signed: a user name, `key:{name}` or `ADMIN_TOKEN`. */
  readonly actor: string;
  readonly role: Role;
  readonly partyId: number | null;
  /** Whether a browser attaches the credential by itself: such a request must prove where it comes from. */
  readonly byCookie: boolean;
}

/**
 * Who sent a request with these headers; null for nobody. `renew` gets the cookie of a session whose life was
 * prolonged. @throws when the database is away.
 */
export type Authenticate = (
  headers: IncomingHttpHeaders,
  renew?: (cookies: string[]) => void,
) => Promise<Principal | null>;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    principal: Principal | null;
  }
}

const served = new WeakMap<FastifyInstance, RouteOptions[]>();
/** Every route of a guarded application, whoever registered it. */
export const routesOf = (app: FastifyInstance): readonly RouteOptions[] => served.get(app) ?? [];

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Call before any route is registered. */
export function guardRoutes(
  app: FastifyInstance,
  options: { readonly authenticate: Authenticate; readonly publicUrl?: string | undefined },
): void {
  app.decorateRequest('principal', null);
  const routes: RouteOptions[] = [];
  served.set(app, routes);
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    const silent = routes.find((route) => route.config?.access === undefined);
    if (silent) throw new Error(`${silent.method} ${silent.url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request, reply) => {
    // A path that no route has is answered by the handler for such paths, which shows nothing.
    if (request.is404) return;
    const access = request.routeOptions.config.access;
    if (access === 'public') return;
    const principal = await options.authenticate(request.headers, (cookies) => {
      void reply.header('set-cookie', cookies);
    });
    if (!principal) {
      throw new Problem(401, 'sign in, or send a bearer token', 'signed_out', {
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    const changes = !READING.has(request.method) || request.headers.upgrade !== undefined;
    if (principal.byCookie && changes && !isSameOrigin(request, options.publicUrl)) {
      throw new Problem(
        403,
        'a request with a session cookie must come from this platform’s own pages',
        'foreign_page',
      );
    }
    if (!isAllowed(principal.role, access)) {
      throw new Problem(403, `the role ${principal.role} may not do this`, 'forbidden');
    }
    request.principal = principal;
  });
}

function isAllowed(role: Role, access: Access | undefined): boolean {
  if (access === undefined) return false;
  if (access === 'public' || access === 'signed-in') return true;
  return typeof access === 'string' ? may(role, access) : access.some((one) => may(role, one));
}

/** The sender of a request to a route that is not public. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new Error('a public route has no principal');
  return request.principal;
}
