import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import { z } from 'zod';
import { zProblem } from '../contracts/rest.ts';

const DESCRIPTION = `Everything the dashboard shows and does, for programs.

**Authentication.** \`Authorization: Bearer …\` with an API key (\`POST /api/v1/api-keys\`) or the platform's
\`ADMIN_TOKEN\`; browsers use a session cookie. A request with a cookie that changes something must come from the
platform's own pages.

**Lists** come in pages: pass \`nextCursor\` of a page as \`cursor\` of the next. \`limit\` is at most 1,000.

**Values.** Instants are ISO 8601 with an offset. Quantities are integers of the smallest unit (Wh, L) and money of
the currency's minor unit, both as decimal strings, for they may exceed 2^53.

**Errors** are RFC 9457 \`application/problem+json\`.`;

const TAGS = [
  { name: 'people', description: 'Who am I, signing in, users, API keys' },
  { name: 'places', description: 'Sites, floors, stalls and other places' },
  { name: 'leases', description: 'Parties and the stalls they lease' },
  { name: 'devices', description: 'Devices, their profiles, telemetry and commands' },
  { name: 'readings', description: 'Registers, readings and where meters are installed' },
  { name: 'billing', description: 'Tariffs, billing runs and fee lines' },
  { name: 'live', description: 'The floor, live' },
  { name: 'operation', description: 'Health and metrics' },
];

/** Call after the guard and before the routes that are to be described. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  const problem = z.toJSONSchema(zProblem, { target: 'draft-2020-12', io: 'output' });
  delete problem.$schema;
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Stallgrid', version: '1', description: DESCRIPTION },
      tags: TAGS,
      components: {
        schemas: { Problem: problem as OpenAPIV3_1.SchemaObject as never },
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or ADMIN_TOKEN' },
          session: { type: 'apiKey', in: 'cookie', name: 'stallgrid.session_token' },
        },
      },
    },
    transform: (document) => {
      const { schema, url } = describe(document as Parameters<typeof describe>[0]);
      const access = document.route.config?.access;
      return {
        url,
        schema: {
          ...schema,
          security: access === 'public' ? [] : [{ bearer: [] }, { session: [] }],
        } as never,
      };
    },
    transformObject: (document) =>
      withProblems(jsonSchemaTransformObject(document) as OpenAPIV3_1.Document) as never,
  });
}

const describe = createJsonSchemaTransform({});

const PROBLEM = {
  description: 'What went wrong (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
} satisfies OpenAPIV3_1.ResponseObject;

/** Every operation may answer a problem. */
function withProblems(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  for (const path of Object.values(document.paths ?? {})) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const operation = path?.[method];
      if (operation) operation.responses = { ...(operation.responses ?? {}), default: PROBLEM };
    }
  }
  return document;
}

/** The document, and a page to read it by that loads nothing from elsewhere. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  app.get(
    '/api/openapi.json',
    { config: { access: 'public' }, schema: { hide: true } },
    async (_request, reply) => reply.send(app.swagger()),
  );
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    await scope.register(swaggerUi, { routePrefix: '/api/docs', uiConfig: { docExpansion: 'none' } });
  });
}
