import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { zProblem } from '../../contracts/rest.ts';
import { isRefusalCode } from '../../domain/refusals.ts';
import { eventually } from '../support/eventually.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterEach(() => api.way.mend());
afterAll(() => api.close());

const SITE = { id: 'p1', name: 'P', timeZone: 'Asia/Shanghai' };
const json = { 'content-type': 'application/json' };

test.each([
  ['nothing there', { url: '/api/v1/nothing' }, 404],
  ['a wrong field', { method: 'POST', url: '/api/v1/sites', payload: { ...SITE, id: 'no spaces' } }, 400],
  ['no JSON', { method: 'POST', url: '/api/v1/sites', payload: '{"id":', headers: json }, 400],
  [
    'a body of another kind',
    { method: 'POST', url: '/api/v1/sites', payload: 'id=1', headers: { 'content-type': 'text/plain' } },
    415,
  ],
  ['a number that is none', { url: '/api/v1/stalls/abc' }, 400],
  ['a number past 2^53', { url: '/api/v1/stalls/99999999999999999999' }, 400],
  [
    'a body that is too large',
    {
      method: 'POST',
      url: '/api/v1/sites',
      payload: JSON.stringify({ name: 'x'.repeat(2 ** 20) }),
      headers: json,
    },
    413,
  ],
  [
    'something unknown in a good request',
    { method: 'POST', url: '/api/v1/devices', payload: { site: 'none', serial: 's', profile: 'gate' } },
    422,
  ],
  [
    'an unknown time zone',
    { method: 'POST', url: '/api/v1/sites', payload: { ...SITE, timeZone: 'Mars/Olympus' } },
    422,
  ],
] as const)('%s is answered by a problem', async (_what, request, status) => {
  const answer = await api.call(request);
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  const problem = zProblem.parse(answer.body);
  expect(problem).toMatchObject({ status, type: 'about:blank', instance: request.url });
  expect(problem.detail).toBeTruthy();
  expect(problem.code).toSatisfy(isRefusalCode);
});

test('every wrong field is named', async () => {
  const { body } = await api.call({
    method: 'POST',
    url: '/api/v1/sites',
    payload: { id: 'no spaces', name: '', timeZone: 5, currency: 'yuan' },
  });
  expect(body.errors.map((error: { path: string }) => error.path).sort()).toEqual([
    'body.currency',
    'body.id',
    'body.name',
    'body.timeZone',
  ]);
});

test('a wrong form names its fields as values of its code', async () => {
  const payload = { ...SITE, id: 'no spaces' };
  const { body } = await api.call({ method: 'POST', url: '/api/v1/sites', payload });
  expect(body).toMatchObject({ code: 'malformed', values: { fields: 'body.id' } });
});

test('the same again is a conflict that says what is there', async () => {
  expect((await api.call({ method: 'POST', url: '/api/v1/sites', payload: SITE })).status).toBe(201);
  const again = await api.call({ method: 'POST', url: '/api/v1/sites', payload: SITE });
  expect(again.status).toBe(409);
  expect(again.body.detail).toBe('a site with this id exists');
});

test.each(['cut', 'silence'] as const)(
  'a database that is away (%s) is 503 with Retry-After, and what is said shows nothing of it',
  async (fail) => {
    api.way[fail]();
    const started = performance.now();
    const answer = await api.call({ url: '/api/v1/sites' });
    expect(answer.status).toBe(503);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|ECONN|select /i);
    api.way.mend();
    await eventually(async () => expect((await api.call({ url: '/api/v1/sites' })).status).toBe(200));
  },
);

test('our own mistakes are not told to the caller', async () => {
  const broken = await startTestApi();
  await broken.db.$client.query('ALTER TABLE sites RENAME COLUMN name TO secret_name');
  const answer = await broken.call({ url: '/api/v1/sites' });
  expect(answer.status).toBe(500);
  expect(answer.body).toEqual({
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    instance: '/api/v1/sites',
  });
  await broken.close();
});

test('one address has its limit of requests a minute', async () => {
  const strict = await startTestApi({ limits: { requestsPerMinuteMax: 5 } });
  const statuses: number[] = [];
  for (let n = 0; n < 7; n++) statuses.push((await strict.call({ url: '/api/v1/me' })).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  const refused = await strict.call({ url: '/api/v1/me' });
  expect(zProblem.parse(refused.body).detail).toMatch(/too many requests/);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await strict.call({ url: '/healthz' })).status).toBe(200);
  await strict.close();
});
