import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Provider } from '../domain/charges.ts';
import type { Database } from '../store/database.ts';
import type { TelemetryStore } from '../store/telemetry/port.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What a route may reach. */
export interface RouteDeps {
  readonly db: Database;
  readonly telemetry: TelemetryStore;
  /** Payment providers that are configured. */
  readonly providers: readonly Provider[];
}

/** Adds the routes of one noun below `/api/v1`. */
export type Routes = (app: App, deps: RouteDeps) => void;
