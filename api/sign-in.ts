import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { zPasswordChange, zSignIn } from '../contracts/rest.ts';
import { networkOf } from '../domain/networks.ts';
import { type Auth, CLIENT_ADDRESS_HEADER } from '../store/auth.ts';
import type { ApiLimits } from './limits.ts';
import { refuse } from './metrics.ts';
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
/** These work a core for a tenth of a second each. */
const CHECKS_PASSWORD: ReadonlySet<string> = new Set([SIGN_IN, '/change-password']);

/** Wrong passwords before an address, or a user name, has to wait. Right ones count for nothing. */
const FAILURES_MAX = { address: 20, username: 10 } as const;
const FAILURES_WINDOW_MS = 5 * 60_000;

/** Mounts better-auth at `/api/auth/*`. Its refusals become problem+json, with its `code` in `type`. */
export function signInRoutes(
  app: FastifyInstance,
  deps: { auth: Auth; publicUrl?: string | undefined; limits: ApiLimits },
): void {
  const failures = {
    address: app.createRateLimit({
      max: FAILURES_MAX.address,
      timeWindow: FAILURES_WINDOW_MS,
      keyGenerator: (request) => `address ${networkOf(request.ip)}`,
    }),
    username: app.createRateLimit({
      max: FAILURES_MAX.username,
      timeWindow: FAILURES_WINDOW_MS,
      keyGenerator: (request) => `username ${usernameOf(request)} from ${networkOf(request.ip)}`,
    }),
  };
  const counters = Object.values(failures);
  const checking = new PasswordChecks(deps.limits);

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
        const leave = CHECKS_PASSWORD.has(path) ? checking.enter(networkOf(request.ip)) : undefined;
        try {
          const response = await deps.auth.handler(toWebRequest(request));
          if (path === SIGN_IN && response.status === 401) {
            for (const counter of counters) await counter(request);
          }
          return await sendResponse(request, reply, response);
        } finally {
          leave?.();
        }
      },
    });
  }
}

/** How many passwords are being checked: failures are counted when they are known, which a flood does not wait for. */
class PasswordChecks {
  readonly #limits: ApiLimits;
  readonly #byNetwork = new Map<string, number>();
  #all = 0;

  constructor(limits: ApiLimits) {
    this.#limits = limits;
  }

  /** Call the answer when the check is over. @throws Problem 429 at the limit. */
  enter(network: string): () => void {
    const count = this.#byNetwork.get(network) ?? 0;
    if (count >= this.#limits.signInsAtOnceMaxEach || this.#all >= this.#limits.signInsAtOnceMax) {
      refuse('too_many_sign_ins');
      throw new Problem(429, 'too many are signing in at once, try again', 'too_many_requests', {
        headers: { 'retry-after': '1' },
      });
    }
    this.#all++;
    this.#byNetwork.set(network, count + 1);
    return () => {
      this.#all--;
      const left = (this.#byNetwork.get(network) ?? 1) - 1;
      if (left === 0) this.#byNetwork.delete(network);
      else this.#byNetwork.set(network, left);
    };
  }
}

const usernameOf = (request: FastifyRequest): string => zSignIn.parse(request.body).username.toLowerCase();

type Limit = Awaited<ReturnType<ReturnType<FastifyInstance['createRateLimit']>>>;
function refuseExceeded(limit: Limit): void {
  if (limit.isAllowed || limit.remaining > 0) return;
  refuse('wrong_passwords');
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
