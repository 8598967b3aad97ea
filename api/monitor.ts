import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { type HealthDeps, healthRoutes } from './health.ts';
import { metricsRoute } from './metrics.ts';

export interface MonitorOptions extends HealthDeps {
  readonly log: Logger;
  /** 0 takes any free one. */
  readonly port: number;
  /** Default: every address of the host. */
  readonly host?: string | undefined;
}

/** A scraper and a few probes. */
const CONNECTIONS_MAX = 100;
const REQUEST_MS_MAX = 10_000;

/**
 * Serves `/livez`, `/readyz` and `/metrics` on a port of their own: for processes that have no api, and for those
 * whose api is open to the world. @throws when the port is taken.
 */
export async function startMonitor(
  options: MonitorOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const { log, port, host = '0.0.0.0' } = options;
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1,
    requestTimeout: REQUEST_MS_MAX,
    handlerTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  healthRoutes(app.withTypeProvider<ZodTypeProvider>(), options);
  metricsRoute(app);
  app.server.maxConnections = CONNECTIONS_MAX;
  await app.listen({ port, host });
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}
