import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Provider } from '../domain/charges.ts';
import { isDeeperThan } from '../domain/json-depth.ts';
import { networkOf } from '../domain/networks.ts';
import { type Auth, createAuth } from '../store/auth.ts';
import type { Database } from '../store/database.ts';
import type { Journal } from '../store/journal/port.ts';
import type { TelemetryStore } from '../store/telemetry/port.ts';
import { guardRoutes } from './access.ts';
import { createAuthenticate } from './authenticate.ts';
import { guardConnections } from './connections.ts';
import { dashboardRoutes } from './dashboard.ts';
import { type Check, healthRoutes } from './health.ts';
import { type ApiLimits, DEFAULT_LIMITS } from './limits.ts';
import type { LiveHub } from './live/hub.ts';
import { liveRoute } from './live/route.ts';
import { measureRequests, measureSockets, metricsRoute, refuse } from './metrics.ts';
import { describeApi, docsRoutes } from './openapi.ts';
import { handleError, Problem, sendProblem } from './problems.ts';
import { REQUEST_ID_HEADER, requestId } from './request-id.ts';
import { ROUTES } from './route-table.ts';
import { signInRoutes } from './sign-in.ts';

export interface AppDeps {
  readonly db: Database;
  readonly telemetry: TelemetryStore;
  /** None in a process that serves the api alone. */
  readonly journals?: readonly Journal[] | undefined;
  readonly hub: LiveHub;
  readonly log: Logger;
  readonly authSecret: string;
  readonly adminToken?: string | undefined;
  /** The built dashboard; without one only the API is served. */
  readonly dashboardDir?: string | undefined;
  /** Addresses and networks of proxies on other hosts, with commas between; one on this host is always trusted. */
  readonly trustedProxies?: string | undefined;
  /** Where browsers reach the platform, when a proxy stands before it, e.g. `https://market.example`. */
  readonly publicUrl?: string | undefined;
  readonly limits?: Partial<ApiLimits> | undefined;
  /** What other parts of the process say of themselves, for `/readyz`. */
  readonly checks?: Readonly<Record<string, Check>> | undefined;
  /** Payment providers that billing has. */
  readonly providers?: readonly Provider[] | undefined;
}

/** For a peer to answer that a socket is closed. */
const GOODBYE_MS = 500;

/** Tells pages that the service restarts (RFC 6455, 1012): they come back by themselves. */
function closeSockets(sockets: ReadonlySet<WebSocket>): void {
  for (const socket of sockets) socket.close(1012, 'the server restarts');
  setTimeout(() => {
    for (const socket of sockets) socket.terminate();
  }, GOODBYE_MS).unref();
}

/** The HTTP application without a port: listen on it, or inject requests. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const limits: ApiLimits = { ...DEFAULT_LIMITS, ...deps.limits };
  const app = Fastify({
    http: { headersTimeout: limits.headersMsMax, connectionsCheckingInterval: limits.lookEveryMs },
    loggerInstance: deps.log as FastifyBaseLogger,
    // A line a request drowns what matters: metrics count requests, errors are logged.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestMsMax,
    handlerTimeout: limits.answerMsMax,
    connectionTimeout: limits.stalledMsMax,
    keepAliveTimeout: limits.keepAliveMs,
    maxRequestsPerSocket: limits.requestsPerConnectionMax,
    // What is being answered is answered; `startApi` cuts off who does not let it.
    forceCloseConnections: 'idle',
    genReqId: requestId,
    routerOptions: { maxParamLength: limits.urlSegmentLengthMax },
    // Whose word on who asks is taken.
    trustProxy: ['loopback', deps.trustedProxies].filter(Boolean).join(','),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(handleError);
  // JSON is the only body there is: a cross-site form cannot send it.
  app.removeContentTypeParser(['text/plain', 'application/json']);
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (isDeeperThan(String(text), limits.jsonDepthMax)) {
      refuse('too_deep');
      const detail = `the body nests deeper than ${limits.jsonDepthMax} levels`;
      done(new Problem(400, detail, 'bad_request'));
    } else void parseJson(request, String(text), done);
  });
  guardConnections(app, limits);

  const auth: Auth = createAuth({
    db: deps.db,
    secret: deps.authSecret,
    secureCookies: deps.publicUrl?.startsWith('https:') ?? false,
    log: deps.log,
  });
  const authenticate = createAuthenticate({ db: deps.db, auth, adminToken: deps.adminToken });

  await app.register(helmet, {
    global: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // antd writes its styles into the page.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        // 'self' covers ws: of the same host only in newer browsers.
        connectSrc: ["'self'", 'ws:', 'wss:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
    // Whoever terminates TLS says so; over plain http on a LAN these headers would only break the page.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: deps.publicUrl?.startsWith('https:') ?? false,
    originAgentCluster: false,
  });
  await app.register(rateLimit, {
    global: true,
    max: limits.requestsPerMinuteMax,
    timeWindow: 60_000,
    cache: 10_000,
    keyGenerator: ({ ip }) => networkOf(ip),
    onExceeded: () => refuse('too_many_requests'),
    errorResponseBuilder: (_request, { after }) =>
      new Problem(429, `too many requests from this address, try again in ${after}`, 'too_many_requests'),
  });
  await app.register(websocket, {
    options: { maxPayload: limits.socketMessageBytesMax, perMessageDeflate: false, clientTracking: true },
    errorHandler: (error, socket, request) => {
      request.log.warn({ err: error }, 'api: live socket failed');
      socket.terminate();
    },
    preClose(done) {
      closeSockets(this.websocketServer.clients);
      this.websocketServer.close();
      done();
    },
  });
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    void reply.header(REQUEST_ID_HEADER, request.id);
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) void reply.header('connection', 'close');
  });
  measureRequests(app);
  measureSockets(() => deps.hub.count());
  guardRoutes(app, { authenticate, publicUrl: deps.publicUrl });
  await describeApi(app);

  healthRoutes(app.withTypeProvider<ZodTypeProvider>(), deps);
  metricsRoute(app);
  signInRoutes(app, { auth, publicUrl: deps.publicUrl, limits });
  await app.register(
    async (scope) => {
      const v1 = scope.withTypeProvider<ZodTypeProvider>();
      for (const routes of ROUTES)
        routes(v1, { db: deps.db, telemetry: deps.telemetry, providers: deps.providers ?? [] });
      liveRoute(v1, { db: deps.db, hub: deps.hub, authenticate, limits });
    },
    { prefix: '/api/v1' },
  );
  await docsRoutes(app);
  const sendDashboard =
    deps.dashboardDir === undefined ? undefined : await dashboardRoutes(app, deps.dashboardDir);

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const isPage = request.method === 'GET' && !/^\/(api|livez|healthz|readyz|metrics)(\/|$)/.test(path);
    // Every address of the dashboard is its one page; a missing asset is missing.
    if (sendDashboard && isPage && !/\.[a-z0-9]{2,5}$/i.test(path)) return sendDashboard(reply);
    sendProblem(
      request,
      reply,
      new Problem(404, `there is nothing at ${request.method} ${path}`, 'nothing_here'),
    );
  });
  return app;
}
