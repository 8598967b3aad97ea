import { STATUS_CODES } from 'node:http';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import { z } from 'zod';
import { zCase, zCaseDetail } from '../contracts/cases.ts';
import { zCharge, zChargeDetail } from '../contracts/charges.ts';
import { zFeeLineDetail, zFeeLineEvidence } from '../contracts/fee-lines.ts';
import * as rest from '../contracts/rest.ts';
import * as setup from '../contracts/setup.ts';
import * as tariffs from '../contracts/tariffs.ts';

const DESCRIPTION = `Everything the dashboard shows and does, for programs.

**Authentication.** \`Authorization: Bearer …\` with an API key (\`POST /api/v1/api-keys\`) or the platform's
\`ADMIN_TOKEN\`; browsers use a session cookie. A request with a cookie that changes something must come from the
platform's own pages.

**Lists** come in pages: pass \`nextCursor\` of a page as \`cursor\` of the next. \`limit\` is at most 1,000.

**Values.** Instants are ISO 8601 with an offset. Quantities are integers of the smallest unit (Wh, L) and money of
the currency's minor unit, both as decimal strings, for they may exceed 2^53.

**Errors** are RFC 9457 \`application/problem+json\`; \`errors\` names each wrong field.`;

const TAGS = [
  { name: 'people', description: 'Who am I, signing in, users, API keys' },
  { name: 'places', description: 'Sites, floors, stalls and other places' },
  { name: 'leases', description: 'Parties and the stalls they lease' },
  { name: 'devices', description: 'Devices, their profiles, telemetry and commands' },
  { name: 'readings', description: 'Registers, readings and where meters are installed' },
  { name: 'cases', description: 'What a person must decide' },
  { name: 'billing', description: 'Tariffs, billing runs and fee lines' },
  { name: 'bills', description: 'Bills, credit notes, disputes, write-offs, deposits and dunning' },
  {
    name: 'payments',
    description: 'Charges, refunds, providers’ callbacks, bank statements and reconciliation',
  },
  { name: 'ledger', description: 'Accounts, entries and the trial balance' },
  { name: 'prepaid', description: 'Balances, low-balance notices, cut-off and reconnection' },
  { name: 'settlement', description: 'Who gets which share of what was paid' },
  { name: 'audit', description: 'Whether what was charged holds, and bills computed again' },
  { name: 'gates', description: 'Gates, vehicles and what passes are charged' },
  { name: 'live', description: 'The floor, live' },
  { name: 'operation', description: 'Health and metrics' },
];

/** What answers are made of, by the names they have in the document. */
const COMPONENTS: Readonly<Record<string, z.ZodType>> = {
  Problem: rest.zProblem,
  Site: rest.zSite,
  Floor: rest.zFloor,
  Place: setup.zPlace,
  Stall: rest.zStall,
  StallDetail: rest.zStallDetail,
  Party: setup.zParty,
  Lease: setup.zLease,
  Profile: rest.zProfile,
  Device: rest.zDevice,
  DeviceDetail: rest.zDeviceDetail,
  DeviceCreated: rest.zDeviceCreated,
  Telemetry: rest.zTelemetry,
  Reading: rest.zReading,
  Installation: setup.zInstallation,
  Case: zCase,
  CaseDetail: zCaseDetail,
  Charge: zCharge,
  ChargeDetail: zChargeDetail,
  Command: rest.zCommandView,
  DeadLetter: rest.zDeadLetter,
  TariffDefinition: tariffs.zTariffDefinition,
  Tariff: tariffs.zTariff,
  TariffCreated: tariffs.zTariffCreated,
  TariffPreviewResult: tariffs.zTariffPreviewResult,
  BillingRun: rest.zBillingRun,
  FeeLine: rest.zFeeLine,
  FeeLineEvidence: zFeeLineEvidence,
  FeeLineDetail: zFeeLineDetail,
  User: setup.zUser,
  ApiKey: setup.zApiKey,
  ApiKeyCreated: setup.zApiKeyCreated,
};
for (const [id, schema] of Object.entries(COMPONENTS)) {
  z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
}

/** Call after the guard and before the routes that are to be described. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Stallgrid', version: '1', description: DESCRIPTION },
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or ADMIN_TOKEN' },
          session: { type: 'apiKey', in: 'cookie', name: 'stallgrid.session_token' },
        },
      },
    },
    transform: (document) => {
      const { schema, url } = jsonSchemaTransform(document);
      const security = document.route.config?.access === 'public' ? [] : [{ bearer: [] }, { session: [] }];
      return { url, schema: { ...schema, security } };
    },
    transformObject: (document) => {
      const described = jsonSchemaTransformObject(document) as OpenAPIV3_1.Document;
      return tidy(withProblems(described)) as ReturnType<typeof jsonSchemaTransformObject>;
    },
  });
}

/** Every operation may answer a problem, and every answer says what it is. */
function withProblems(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  for (const path of Object.values(document.paths ?? {})) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const operation = path?.[method];
      if (!operation) continue;
      for (const [status, response] of Object.entries(operation.responses ?? {})) {
        if ('description' in response) response.description = STATUS_CODES[status] ?? response.description;
      }
      operation.responses = {
        ...operation.responses,
        default: {
          description: 'What went wrong (RFC 9457)',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      };
    }
  }
  return document;
}

/** Leaves out what a reader does not need: how zod checks a date and a safe integer, and components nobody uses. */
function tidy(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const text = JSON.stringify(document, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const schema = { ...value } as Record<string, unknown>;
    if (schema.format === 'date-time') delete schema.pattern;
    if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
    if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
    return Array.isArray(value) ? value : schema;
  });
  const tidied = JSON.parse(text) as OpenAPIV3_1.Document;
  const schemas = tidied.components?.schemas ?? {};
  const isUsed = (name: string): boolean => JSON.stringify(tidied).includes(`"#/components/schemas/${name}"`);
  // One that goes may have been the only one to use another.
  for (let unused = ['']; unused.length > 0; ) {
    unused = Object.keys(schemas).filter((name) => !isUsed(name));
    for (const name of unused) delete schemas[name];
  }
  return tidied;
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
    await scope.register(swaggerUi, { routePrefix: '/api/docs', uiConfig: { docExpansion: 'list' } });
  });
}
