import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';
import { z } from 'zod';

/** Metrics live in the process's one registry: a part that starts again takes the ones that are there. */
function httpHistogram(): Histogram<'method' | 'route' | 'status'> {
  const name = 'stallgrid_api_request_seconds';
  return (
    (register.getSingleMetric(name) as Histogram<'method' | 'route' | 'status'> | undefined) ??
    new Histogram({
      name,
      help: 'Time to answer an HTTP request, by route',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    })
  );
}

export function measureRequests(app: FastifyInstance): void {
  const histogram = httpHistogram();
  let inFlight = 0;
  const name = 'stallgrid_api_requests_in_flight';
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help: 'HTTP requests that are being answered',
    collect() {
      this.set(inFlight);
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    // An upgrade is answered by a socket, which is counted as one.
    if (request.headers.upgrade !== undefined) return;
    inFlight++;
    reply.raw.once('close', () => inFlight--);
  });
  app.addHook('onResponse', async (request, reply) => {
    // The route's pattern, never the path: a path per device would be a series per device.
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    histogram.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
}

/** Why a connection was closed, or a request or socket refused, before anybody looked at what it wants. */
export type Refusal =
  | 'too_many_connections'
  | 'too_many_connections_of_network'
  | 'slow_request'
  | 'not_http'
  | 'slow_reader'
  | 'too_many_at_once'
  | 'too_many_requests'
  | 'too_deep'
  | 'too_many_sign_ins'
  | 'wrong_passwords'
  | 'too_many_sockets';

export function refuse(reason: Refusal): void {
  const name = 'stallgrid_api_refused_total';
  const counter =
    (register.getSingleMetric(name) as Counter<'reason'> | undefined) ??
    new Counter({
      name,
      help: 'Connections, requests and live sockets that were refused at a limit, by reason',
      labelNames: ['reason'],
    });
  counter.inc({ reason });
}

export function measureSockets(count: () => number): void {
  const name = 'stallgrid_api_live_sockets';
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help: 'Live sockets open now',
    collect() {
      this.set(count());
    },
  });
}

export function metricsRoute(app: FastifyInstance): void {
  if (!register.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics();
  app.get(
    '/metrics',
    {
      config: { access: 'public', rateLimit: false },
      schema: {
        tags: ['operation'],
        summary: 'Metrics in the Prometheus text format',
        response: { 200: { content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (_request, reply) => reply.type(register.contentType).send(await register.metrics()),
  );
}
