import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Access, routesOf } from '../../api/access.ts';
import { may, PERMISSIONS, ROLES, type Role } from '../../domain/permissions.ts';
import { createApiKey, findApiKey, revokeApiKey } from '../../store/api-keys.ts';
import { ADMIN_TOKEN, startTestApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

interface Served {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly access: Access | undefined;
}
const served = (): Served[] =>
  routesOf(api.app).flatMap(({ method, url, config }) =>
    [method].flat().map((one) => ({ method: one as Served['method'], url, access: config?.access })),
  );

test('every route says who may use it', () => {
  const routes = served();
  expect(routes.length).toBeGreaterThan(50);
  expect(routes.filter(({ access }) => access === undefined)).toEqual([]);
});

test('only what must be open to everybody is', () => {
  const open = served()
    .filter(({ access, method }) => access === 'public' && method !== ('HEAD' as never))
    .map(({ url }) => url)
    .filter((url) => !url.startsWith('/api/docs'));
  expect([...new Set(open)].sort()).toEqual([
    '/api/auth/change-password',
    '/api/auth/get-session',
    '/api/auth/sign-in/username',
    '/api/auth/sign-out',
    '/api/openapi.json',
    '/api/v1/callbacks/:provider',
    '/healthz',
    '/livez',
    '/metrics',
    '/readyz',
  ]);
});

test('every permission is used by a route', () => {
  const used = new Set(served().flatMap(({ access }) => access));
  expect(Object.keys(PERMISSIONS).filter((permission) => !used.has(permission as never))).toEqual([]);
});

const mayUse = (role: Role, access: Access): boolean =>
  access === 'signed-in' || [access].flat().some((one) => may(role, one as never));

describe.each([...ROLES, 'nobody'] as const)('%s', (role) => {
  test('is let in exactly where the permissions say', async () => {
    for (const { method, url, access } of served()) {
      if (access === undefined || access === 'public') continue;
      const path = url.replace(':id', '00000000-0000-4000-8000-000000000000');
      const { status } = await api.call({
        method,
        url: path,
        as: role,
        ...(method === 'POST' ? { payload: {} } : {}),
      });
      const refused = role === 'nobody' ? 401 : 403;
      if (role !== 'nobody' && mayUse(role, access))
        expect(status, `${method} ${url}`).not.toSatisfy(isRefusal);
      else expect(status, `${method} ${url}`).toBe(refused);
    }
  });
});
const isRefusal = (status: number): boolean => status === 401 || status === 403;

test('the administrator’s token is an operator’s', async () => {
  expect((await api.call({ url: '/api/v1/me' })).body).toEqual({
    id: 'admin-token',
    actor: 'ADMIN_TOKEN',
    name: 'ADMIN_TOKEN',
    role: 'operator',
    partyId: null,
  });
});

test.each([
  ['another token', 'Bearer another-token'],
  ['the token with something after it', `Bearer ${ADMIN_TOKEN}x`],
  ['a scheme that is not Bearer', `Basic ${Buffer.from(`a:${ADMIN_TOKEN}`).toString('base64')}`],
  ['nothing after Bearer', 'Bearer '],
  ['a key that nobody made', `Bearer sgk_${'A'.repeat(43)}`],
])('%s is nobody', async (_what, authorization) => {
  const { status, headers } = await api.call({ url: '/api/v1/me', as: 'nobody', headers: { authorization } });
  expect(status).toBe(401);
  expect(headers['www-authenticate']).toBe('Bearer');
});

test('without an administrator’s token in the configuration there is none', async () => {
  const other = await startTestApi({ adminToken: undefined });
  expect((await other.call({ url: '/api/v1/me' })).status).toBe(401);
  expect(
    (await other.call({ url: '/api/v1/me', headers: { authorization: 'Bearer undefined' } })).status,
  ).toBe(401);
  await other.close();
});

test('an API key is shown once, works, and no longer when it is revoked', async () => {
  const made = await api.call({
    method: 'POST',
    url: '/api/v1/api-keys',
    payload: { name: 'ERP', role: 'biller' },
  });
  expect(made.status).toBe(201);
  const { id, key, prefix } = made.body;
  expect(key.startsWith(prefix)).toBe(true);
  const headers = { authorization: `Bearer ${key}` };
  expect((await api.call({ url: '/api/v1/me', headers })).body).toMatchObject({
    name: 'ERP',
    role: 'biller',
  });
  const list = await api.call({ url: '/api/v1/api-keys' });
  expect(JSON.stringify(list.body)).not.toContain(key);
  const revoked = await api.call({ method: 'DELETE', url: `/api/v1/api-keys/${id}` });
  expect(revoked.body.revokedAt).not.toBeNull();
  expect((await api.call({ url: '/api/v1/me', headers })).status).toBe(401);
  const again = await api.call({ method: 'DELETE', url: `/api/v1/api-keys/${id}` });
  expect(again.body.revokedAt).toBe(revoked.body.revokedAt);
  expect((await api.call({ method: 'DELETE', url: '/api/v1/api-keys/999999' })).status).toBe(404);
});

test('a key is kept as a hash, and ends at its end', async () => {
  const at = new Date('2026-11-01T00:00:00Z');
  const { key } = await createApiKey(api.db, { name: 'k', role: 'viewer', createdBy: 'test', expiresAt: at });
  const rows = await api.db.$client.query('SELECT * FROM api_keys');
  expect(JSON.stringify(rows.rows)).not.toContain(key);
  expect(await findApiKey(api.db, key, new Date(at.getTime() - 1))).toMatchObject({ name: 'k' });
  expect(await findApiKey(api.db, key, at)).toBeUndefined();
  await revokeApiKey(api.db, 999_999, at);
});
