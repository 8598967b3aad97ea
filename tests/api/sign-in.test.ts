import { afterAll, beforeAll, expect, test } from 'vitest';
import { createUser } from '../../store/auth.ts';
import { createParty } from '../../store/parties.ts';
import { startTestApi, type TestApi } from './support.ts';

const PASSWORD = 'correct horse battery';
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await createUser(api.db, { username: 'Ops', password: PASSWORD, name: '王操作', role: 'operator' });
});
afterAll(() => api.close());

/** As a browser on a page of `origin` would. */
const from = (origin: string, more: Record<string, string> = {}) => ({
  host: new URL(origin).host,
  origin,
  'sec-fetch-site': 'same-origin',
  ...more,
});
const HOME = 'http://localhost:8080';

async function signIn(username: string, password = PASSWORD, origin = HOME, at = api) {
  const answer = await at.call({
    method: 'POST',
    url: '/api/auth/sign-in/username',
    as: 'nobody',
    headers: from(origin),
    payload: { username, password },
  });
  const [setCookie = ''] = [answer.headers['set-cookie']].flat() as string[];
  return { ...answer, setCookie, cookie: setCookie.split(';')[0] ?? '' };
}

test.each([HOME, 'http://127.0.0.1:8080', 'http://market-pc.lan:8080', 'https://market.example'])(
  'one signs in on a page opened as %s, and is known by the cookie',
  async (origin) => {
    const { status, cookie, setCookie } = await signIn('ops', PASSWORD, origin);
    expect(status).toBe(200);
    expect(setCookie).toMatch(/HttpOnly/i);
    expect(setCookie).toMatch(/SameSite=Lax/i);
    expect(setCookie).not.toMatch(/Secure/i);
    const me = await api.call({ url: '/api/v1/me', as: 'nobody', headers: { ...from(origin), cookie } });
    expect(me.body).toMatchObject({ name: '王操作', role: 'operator', partyId: null });
  },
);

test('behind https the cookie is Secure, also where a proxy rewrites the host', async () => {
  const proxied = await startTestApi({ publicUrl: 'https://market.example' });
  await createUser(proxied.db, { username: 'ops', password: PASSWORD, name: 'Ops', role: 'operator' });
  const answer = await proxied.call({
    method: 'POST',
    url: '/api/auth/sign-in/username',
    as: 'nobody',
    headers: { ...from('https://market.example'), host: '10.0.0.7:8080' },
    payload: { username: 'ops', password: PASSWORD },
  });
  expect(answer.status).toBe(200);
  expect(String(answer.headers['set-cookie'])).toMatch(/^__Secure-stallgrid.*; Secure/i);
  const [cookie = ''] = String(answer.headers['set-cookie']).split(';');
  expect((await proxied.call({ url: '/api/v1/me', as: 'nobody', headers: { cookie } })).status).toBe(200);
  await proxied.close();
});

test('the names are the same in capitals', async () => {
  expect((await signIn('OPS')).status).toBe(200);
});

test('a wrong password, an unknown user and a malformed cookie are refused alike', async () => {
  const wrong = await signIn('ops', 'wrong password');
  const unknown = await signIn('nobody', 'wrong password');
  expect([wrong.status, unknown.status]).toEqual([401, 401]);
  expect(wrong.body).toEqual(unknown.body);
  expect(wrong.headers['content-type']).toMatch(/problem\+json/);
  for (const cookie of ['stallgrid.session_token=x', 'stallgrid.session_token=a.b', '%%%']) {
    expect((await api.call({ url: '/api/v1/me', as: 'nobody', headers: { cookie } })).status).toBe(401);
  }
});

test('nobody signs up, and nothing else of the library is served', async () => {
  for (const url of [
    '/api/auth/sign-up/email',
    '/api/auth/sign-in/email',
    '/api/auth/update-user',
    '/api/auth/ok',
  ]) {
    const { status } = await api.call({
      method: 'POST',
      url,
      as: 'nobody',
      headers: from(HOME),
      payload: {},
    });
    expect(status, url).toBe(404);
  }
});

test('a session changes things only from our own pages', async () => {
  const { cookie } = await signIn('ops');
  const site = (headers: Record<string, string>, id: string) =>
    api.call({
      method: 'POST',
      url: '/api/v1/sites',
      as: 'nobody',
      headers: { cookie, ...headers },
      payload: { id, name: id, timeZone: 'Asia/Shanghai' },
    });
  expect((await site({ ...from(HOME) }, 'ours')).status).toBe(201);
  expect((await site({ host: 'localhost:8080', origin: 'http://evil.example' }, 's1')).status).toBe(403);
  expect((await site({ host: 'localhost:8080', origin: 'null' }, 's2')).status).toBe(403);
  expect((await site({ ...from(HOME), 'sec-fetch-site': 'cross-site' }, 's3')).status).toBe(403);
  expect((await site({ ...from(HOME), 'sec-fetch-site': 'same-site' }, 's4')).status).toBe(403);
  expect((await site({ host: 'localhost:8080' }, 's5')).status).toBe(403);
});

test('reading needs no proof of where a request comes from', async () => {
  const { cookie } = await signIn('ops');
  expect((await api.call({ url: '/api/v1/sites', as: 'nobody', headers: { cookie } })).status).toBe(200);
});

test('another site cannot sign a browser in', async () => {
  const answer = await api.call({
    method: 'POST',
    url: '/api/auth/sign-in/username',
    as: 'nobody',
    headers: { host: 'localhost:8080', origin: 'http://evil.example' },
    payload: { username: 'ops', password: PASSWORD },
  });
  expect(answer.status).toBe(403);
  expect(answer.headers['set-cookie']).toBeUndefined();
});

test('signing out ends the session', async () => {
  const { cookie } = await signIn('ops');
  const headers = { ...from(HOME), cookie };
  expect(
    (await api.call({ method: 'POST', url: '/api/auth/sign-out', as: 'nobody', headers, payload: {} }))
      .status,
  ).toBe(200);
  expect((await api.call({ url: '/api/v1/me', as: 'nobody', headers })).status).toBe(401);
});

test('a user is created, changes the password, and is shut out when disabled', async () => {
  const party = await createParty(api.db, { kind: 'merchant', name: '王记水产' });
  const user = { username: 'wang', password: 'first password', name: '王', role: 'merchant' };
  const create = (payload: object) => api.call({ method: 'POST', url: '/api/v1/users', payload });
  expect((await create(user)).status).toBe(422);
  expect((await create({ ...user, partyId: 999_999 })).status).toBe(422);
  expect((await create({ ...user, partyId: party.id, password: 'short' })).status).toBe(400);
  const made = await create({ ...user, partyId: party.id });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ username: 'wang', role: 'merchant', partyId: party.id, disabled: false });
  expect(JSON.stringify(made.body)).not.toContain('password');
  expect((await create({ ...user, username: 'WANG', partyId: party.id })).status).toBe(409);

  const first = await signIn('wang', 'first password');
  expect(
    (await api.call({ url: '/api/v1/me', as: 'nobody', headers: { cookie: first.cookie } })).body.partyId,
  ).toBe(party.id);
  const change = await api.call({
    method: 'POST',
    url: '/api/auth/change-password',
    as: 'nobody',
    headers: { ...from(HOME), cookie: first.cookie },
    payload: { currentPassword: 'first password', newPassword: 'second password' },
  });
  expect(change.status).toBe(200);
  expect((await signIn('wang', 'first password')).status).toBe(401);
  const second = await signIn('wang', 'second password');
  expect(second.status).toBe(200);

  const disable = (disabled: boolean) =>
    api.call({ method: 'PATCH', url: `/api/v1/users/${made.body.id}`, payload: { disabled } });
  expect((await disable(true)).body.disabled).toBe(true);
  expect(
    (await api.call({ url: '/api/v1/me', as: 'nobody', headers: { cookie: second.cookie } })).status,
  ).toBe(401);
  expect((await signIn('wang', 'second password')).status).toBeGreaterThanOrEqual(400);
  await disable(false);
  expect((await signIn('wang', 'second password')).status).toBe(200);
});

test('nobody disables themselves', async () => {
  const { cookie } = await signIn('ops');
  const me = await api.call({ url: '/api/v1/me', as: 'nobody', headers: { cookie } });
  const id = me.body.id.replace('user:', '');
  const answer = await api.call({
    method: 'PATCH',
    url: `/api/v1/users/${id}`,
    as: 'nobody',
    headers: { ...from(HOME), cookie },
    payload: { disabled: true },
  });
  expect(answer.status).toBe(409);
});

test('after ten wrong passwords a user name waits, and right passwords count for nothing', async () => {
  const strict = await startTestApi();
  await createUser(strict.db, { username: 'ops', password: PASSWORD, name: 'Ops', role: 'operator' });
  for (let n = 0; n < 12; n++) expect((await signIn('ops', PASSWORD, HOME, strict)).status).toBe(200);
  const statuses: number[] = [];
  for (let n = 0; n < 12; n++) statuses.push((await signIn('ops', 'wrong', HOME, strict)).status);
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses.slice(10)).toEqual([429, 429]);
  const waiting = await signIn('ops', PASSWORD, HOME, strict);
  expect(waiting.status).toBe(429);
  expect(Number(waiting.headers['retry-after'])).toBeGreaterThan(0);
  await strict.close();
});
