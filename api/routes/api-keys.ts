import type { z } from 'zod';
import { zIdParams, zPage, zPageQuery } from '../../contracts/rest.ts';
import { zApiKey, zApiKeyCreate, zApiKeyCreated } from '../../contracts/setup.ts';
import {
  type ApiKeyRow,
  createApiKey,
  findApiKeyById,
  listApiKeys,
  revokeApiKey,
} from '../../store/api-keys.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const viewApiKey = ({ createdAt, expiresAt, revokedAt, ...key }: ApiKeyRow): z.output<typeof zApiKey> => ({
  ...key,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
});

export const apiKeyRoutes: Routes = (app, { db }) => {
  app.get(
    '/api-keys',
    {
      config: { access: 'users:write' },
      schema: {
        tags: ['people'],
        summary: 'API keys, newest first',
        querystring: zPageQuery,
        response: { 200: zPage(zApiKey) },
      },
    },
    async ({ query: { cursor, limit } }) => {
      const rows = await listApiKeys(db, { before: numberCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, (key) => key.id, viewApiKey);
    },
  );

  app.post(
    '/api-keys',
    {
      config: { access: 'users:write' },
      schema: {
        tags: ['people'],
        summary: 'Create an API key',
        description: 'The key is shown this once. Send it as `Authorization: Bearer …`.',
        body: zApiKeyCreate,
        response: { 201: zApiKeyCreated },
      },
    },
    async (request, reply) => {
      const { expiresAt, ...body } = request.body;
      if (body.role === 'merchant' && body.partyId === undefined) {
        throw unprocessable(
          'body.partyId',
          'a merchant sees the leases of a party: name it',
          'party_unnamed',
        );
      }
      const { key, ...made } = await createApiKey(db, {
        ...body,
        createdBy: principalOf(request).actor,
        ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
      });
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...viewApiKey(made), key });
    },
  );

  app.delete(
    '/api-keys/:id',
    {
      config: { access: 'users:write' },
      schema: {
        tags: ['people'],
        summary: 'Revoke an API key',
        description: 'It is refused from now on, and stays in the list.',
        params: zIdParams,
        response: { 200: zApiKey },
      },
    },
    async ({ params: { id } }) => {
      await revokeApiKey(db, id, new Date());
      const key = await findApiKeyById(db, id);
      if (!key) throw notFound('api_key');
      return viewApiKey(key);
    },
  );
};
