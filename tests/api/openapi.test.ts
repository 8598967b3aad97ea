import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './support.ts';

interface Operation {
  summary?: string;
  tags?: string[];
  security?: unknown[];
  responses: Record<string, { content?: Record<string, unknown> }>;
  requestBody?: { content: Record<string, { schema: { examples?: unknown[] } }> };
}

let api: TestApi;
let document: { openapi: string; tags: { name: string }[]; paths: Record<string, Record<string, Operation>> };
let operations: [name: string, operation: Operation][];
beforeAll(async () => {
  api = await startTestApi();
  ({ body: document } = await api.call({ url: '/api/openapi.json', as: 'nobody' }));
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
});
afterAll(() => api.close());

test('the document is valid OpenAPI 3.1', async () => {
  expect(document.openapi).toBe('3.1.0');
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test('the names that integrators build on are described', () => {
  expect(operations.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'post /api/v1/devices',
      'get /api/v1/devices',
      'get /api/v1/devices/{id}/telemetry',
      'post /api/v1/devices/{id}/commands',
      'get /api/v1/registers/{id}/readings',
      'get /api/v1/stalls',
      'post /api/v1/tariffs',
      'post /api/v1/tariffs/preview',
      'post /api/v1/billing/runs',
      'get /api/v1/fee-lines',
      'get /api/v1/fee-lines/{id}',
      'get /api/v1/dead-letters',
    ]),
  );
});

test('every operation has a summary, a known tag, an answer, a problem, and says whether one signs in', () => {
  const tags = document.tags.map(({ name }) => name);
  for (const [name, { summary, tags: own, security, responses }] of operations) {
    expect(summary, name).toBeTruthy();
    expect(tags, name).toEqual(expect.arrayContaining(own ?? ['none']));
    expect(
      Object.keys(responses).some((status) => /^[12]/.test(status)),
      name,
    ).toBe(true);
    expect(responses.default?.content, name).toHaveProperty(['application/problem+json']);
    expect(security?.length, name).toBe(
      / \/(api\/auth\/|api\/v1\/callbacks\/|healthz|livez|readyz|metrics)/.test(name) ? 0 : 2,
    );
  }
});

test('every reference leads somewhere', () => {
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g);
  for (const [, path = ''] of references) {
    let at: unknown = document;
    for (const key of path.split('/')) at = (at as Record<string, unknown>)[key];
    expect(at, path).toBeTypeOf('object');
  }
});

test('the page to read it by comes from here alone', async () => {
  const page = await api.call({ url: '/api/docs/', as: 'nobody' });
  expect(page.status).toBe(200);
  const sources = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, source]) => source ?? '',
  );
  expect(sources.length).toBeGreaterThan(2);
  for (const source of sources) {
    expect(source).not.toMatch(/^(https?:)?\/\//);
    const { pathname } = new URL(source, 'http://local/api/docs/');
    expect((await api.call({ url: pathname, as: 'nobody' })).status, pathname).toBe(200);
  }
});
