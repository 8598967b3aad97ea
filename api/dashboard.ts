import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Vite puts a hash of the content into the name of everything below `assets/`. */
const HASHED = /[\\/]assets[\\/]/;

/** Serves the built dashboard. Answers what sends its page; undefined when nothing is built there. */
export async function dashboardRoutes(
  app: FastifyInstance,
  dir: string,
): Promise<((reply: FastifyReply) => FastifyReply) | undefined> {
  if (!existsSync(join(dir, 'index.html'))) {
    app.log.warn({ dir }, 'there is no built dashboard: only the API is served');
    return undefined;
  }
  const files = {
    root: dir,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (response: { setHeader(name: string, value: string): void }, path: string) => {
      response.setHeader(
        'cache-control',
        HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  };
  // Decorates every reply with sendFile; the routes follow in a scope of their own.
  await app.register(fastifyStatic, { ...files, serve: false });
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public', rateLimit: false };
      route.schema = { ...route.schema, hide: true };
    });
    await scope.register(fastifyStatic, { ...files, wildcard: false, decorateReply: false });
  });
  return (reply) => reply.sendFile('index.html');
}
