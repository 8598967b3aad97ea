import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { zPasswordChange, zSignIn } from '../contracts/rest.ts';
import { type Auth, CLIENT_ADDRESS_HEADER } from '../store/auth.ts';
import { Problem, sendProblem } from './problems.ts';
import { isSameOrigin } from './same-origin.ts';

/** What of better-auth is served; the rest (signing up, changing one's own role …) does not exist here. */
const SERVED: Readonly<Record<string, { method: 'GET' | 'POST'; summary: string; body?: z.ZodType }>> = {
  '/sign-in/username': { method: 'POST', summary: 'Sign in: answers the session cookie', body: zSignIn },
  '/sign-out': { method: 'POST', summary: 'Sign out' },
  '/get-session': { method: 'GET', summary: 'The session, or null' },
  '/change-password': { method: 'POST', summary: 'Change one’s own password', body: zPasswordChange },
};
const SIGN_IN = '/sign-in/username';

/** Wrong passwords before an address, or a user name, has to wait. Right ones count for nothing. */
const FAILURES_MAX = { address: 20, username: 10 } as const;
const FAILURES_WINDOW_MS = 5 * 60_000;

/** Mounts better-auth at `/api/auth/*`. Its refusals become problem+json, with its `code` in `type`. */
export function signInRoutes(
  app: FastifyInstance,
  deps: { auth: Auth; publicUrl?: string | undefined },
): void {
  const failures = {
    address: app.createRateLimit({
      max: FAILURES_MAX.address,
      timeWindow: FAILURES_WINDOW_MS,
      keyGenerator: (request) => `address ${request.ip}`,
    }),
    username: app.createRateLimit({
      max: FAILURES_MAX.username,
      timeWindow: FAILURES_WINDOW_MS,
      keyGenerator: (request) => `username ${usernameOf(request)} from ${request.ip}`,
    }),
  };
  const counters = Object.values(failures);

  for (const [path, { method, summary, body }] of Object.entries(SERVED)) {
    app.route({
      method,
      url: `/api/auth${path}`,
      config: { access: 'public' },
      schema: { tags: ['people'], summary, ...(body ? { body } : {}), response: { 200: z.unknown() } },
      handler: async (request, reply) => {
        if (
          method !== 'GET' &&
          request.headers.origin !== undefined &&
          !isSameOrigin(request, deps.publicUrl)
        ) {
          throw new Problem(403, 'sign in from this platform’s own pages', 'foreign_page');
        }
        if (path === SIGN_IN) {
          for (const counter of counters) refuseExceeded(await counter(request, { increment: false }));
        }
        const response = await deps.auth.handler(toWebRequest(request));
        if (path === SIGN_IN && response.status === 401) {
          for (const counter of counters) await counter(request);
        }
        return sendResponse(request, reply, response);
      },
    });
  }
}

const usernameOf = (request: FastifyRequest): string => zSignIn.parse(request.body).username.toLowerCase();

type Limit = Awaited<ReturnType<ReturnType<FastifyInstance['createRateLimit']>>>;
function refuseExceeded(limit: Limit): void {
  if (limit.isAllowed || limit.remaining > 0) return;
  throw new Problem(429, 'too many wrong passwords, try again later', 'wrong_passwords', {
    headers: { 'retry-after': String(limit.ttlInSeconds) },
  });
}

function toWebRequest(request: FastifyRequest): Request {
  const headers = new Headers();
  for (const name of ['cookie', 'origin', 'referer', 'user-agent', 'content-type'] as const) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  // isSameOrigin has judged the origin, also behind a proxy that rewrites Host: let the library see the same.
  const { origin } = request.headers;
  const host = origin === undefined ? request.host : new URL(origin).host;
  headers.set('host', host);
  headers.set(CLIENT_ADDRESS_HEADER, request.ip);
  return new Request(`${request.protocol}://${host}${request.url}`, {
    method: request.method,
    headers,
    ...(request.method === 'GET' ? {} : { body: JSON.stringify(request.body ?? {}) }),
  });
}

async function sendResponse(
  request: FastifyRequest,
  reply: FastifyReply,
  response: Response,
): Promise<FastifyReply> {
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) void reply.header('set-cookie', cookies);
  void reply.header('cache-control', 'no-store');
  const text = await response.text();
  if (response.ok) {
    return reply
      .code(response.status)
      .type('application/json')
      .serializer((body: unknown) => String(body))
      .send(text === '' ? 'null' : text);
  }
  sendProblem(
    request,
    reply,
    new Problem(response.status, messageOf(text), response.status === 401 ? 'wrong_password' : 'bad_request'),
  );
  return reply;
}

function messageOf(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  } catch {
    // Not JSON: the status says it all.
  }
  return 'refused';
}
