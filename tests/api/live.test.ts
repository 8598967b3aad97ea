import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { HEARTBEAT_MS, SILENCE_MS_MAX } from '../../contracts/live.ts';
import { stateHash } from '../../domain/floor.ts';
import { createApiKey, revokeApiKey } from '../../store/api-keys.ts';
import { createUser } from '../../store/auth.ts';
import { createPlace } from '../../store/places.ts';
import { loadStallStates } from '../../store/stalls.ts';
import { eventually } from '../support/eventually.ts';
import { createLease, createMarket, type Market, report, SITE } from './market.ts';
import { ADMIN_TOKEN, startTestApi, type TestApi } from './support.ts';
import { Watcher } from './watcher.ts';

let api: TestApi;
let market: Market;
let port: number;
const watchers: Watcher[] = [];

const REFRESH_MS = 1_000;
const AS_ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };

function watch(headers: Record<string, string> = AS_ADMIN, floor = market.floor): Watcher {
  const watcher = new Watcher(`ws://127.0.0.1:${port}/api/v1/live?floor=${floor}`, headers);
  watchers.push(watcher);
  return watcher;
}

/** The floor as the database has it, past the api. */
const truth = async (): Promise<string> =>
  stateHash(await loadStallStates(api.db, new Date(), { floor: market.floor }));

const stallAt = (n: number) => {
  const stall = market.stalls[n % market.stalls.length];
  if (!stall) throw new Error('the market has stalls');
  return stall;
};

beforeAll(async () => {
  api = await startTestApi({ refreshMs: REFRESH_MS });
  market = await createMarket(api.db, 50);
  port = await api.listen();
});
afterEach(() => {
  for (const watcher of watchers.splice(0)) watcher.close();
  api.way.mend();
});
afterAll(() => api.close());

test('a watcher gets the whole floor, then only what changes, and ends with the hash of the database', async () => {
  const watcher = watch();
  await eventually(() => expect(watcher.snapshots).toBe(1));
  expect(watcher.states.size).toBe(50);
  expect(watcher.messages[0]).toMatchObject({ type: 'snapshot', intervalS: 60, stalls: expect.any(Array) });

  for (let n = 0; n < 200; n++) {
    await report(api.db, stallAt(n * 7), n % 3 === 0 ? 'vacant' : 'occupied', Date.now());
  }
  const hash = await truth();
  await eventually(() => expect(stateHash(watcher.states.values())).toBe(hash));
  expect(watcher.problems).toEqual([]);
  expect(watcher.snapshots).toBe(1);
});

test('changes that come faster are put together: at most ten deltas a second', async () => {
  const watcher = watch();
  await eventually(() => expect(watcher.snapshots).toBe(1));
  const startedAt = performance.now();
  for (let n = 0; n < 300; n++) await report(api.db, stallAt(n), 'occupied', Date.now());
  const hash = await truth();
  await eventually(() => expect(stateHash(watcher.states.values())).toBe(hash));
  const deltas = watcher.messages.filter((message) => message.type === 'delta').length;
  expect(deltas).toBeGreaterThan(0);
  // And one for each refresh.
  const elapsedMs = performance.now() - startedAt;
  expect(deltas).toBeLessThanOrEqual(3 + elapsedMs / 100 + elapsedMs / REFRESH_MS);
});

test('a quiet floor is heard of by heartbeats', async () => {
  const watcher = watch();
  await eventually(() =>
    expect(watcher.messages.filter((message) => message.type === 'heartbeat').length).toBeGreaterThan(1),
  );
  expect(watcher.problems).toEqual([]);
});

test.each([
  ['ends its connections', (): void => api.way.cut()],
  ['is there but does not answer', (): void => api.way.silence()],
] as const)(
  'when the database %s the floor goes silent, and recovers with what was missed on the same socket',
  async (_how, fail) => {
    const watcher = watch();
    await eventually(() => expect(watcher.snapshots).toBe(1));
    fail();
    // One heartbeat may have been on its way.
    await sleep(HEARTBEAT_MS + 500);
    const heard = watcher.messages.length;
    await sleep(SILENCE_MS_MAX);
    expect(watcher.messages.length).toBe(heard);

    for (let n = 0; n < 20; n++) await report(api.db, stallAt(n), n % 2 ? 'vacant' : 'unknown', Date.now());
    api.way.mend();
    const hash = await truth();
    await eventually(() => expect(stateHash(watcher.states.values())).toBe(hash));
    expect(watcher.snapshots).toBeGreaterThan(1);
    expect(watcher.closed).toBeNull();
    expect(watcher.problems).toEqual([]);

    await report(api.db, stallAt(3), 'occupied', Date.now());
    const after = await truth();
    await eventually(() => expect(stateHash(watcher.states.values())).toBe(after));
  },
  60_000,
);

test('a lease that starts is seen without a notice', async () => {
  const watcher = watch();
  const { id } = stallAt(7);
  await eventually(() => expect(watcher.states.get(id)?.leased).toBe(false));
  await createLease(api.db, id, '王记水产');
  await eventually(() => expect(watcher.states.get(id)?.leased).toBe(true));
  expect(watcher.snapshots).toBe(1);
  expect(watcher.problems).toEqual([]);
});

test('a new stall on the floor comes with a new snapshot', async () => {
  const watcher = watch();
  await eventually(() => expect(watcher.snapshots).toBe(1));
  const place = { siteId: SITE, kind: 'stall', parentId: market.floor, code: 'B001', name: 'B001' } as const;
  const { id } = await createPlace(api.db, place);
  await eventually(() => expect(watcher.states.has(id)).toBe(true));
  expect(watcher.snapshots).toBe(2);
  expect(watcher.problems).toEqual([]);
});

test('a socket ends with the key it was opened by', async () => {
  const made = await createApiKey(api.db, { name: 'short', role: 'viewer', createdBy: 'test' });
  const watcher = watch({ authorization: `Bearer ${made.key}` });
  await eventually(() => expect(watcher.snapshots).toBe(1));
  await revokeApiKey(api.db, made.id, new Date());
  await eventually(() => expect(watcher.closed).toEqual({ code: 4401 }));
});

test('a client that talks too much is cut off, and a floor goes on for the others', async () => {
  const [quiet, loud] = [watch(), watch()];
  await eventually(() => expect(loud.snapshots + quiet.snapshots).toBe(2));
  loud.socket.send('hello');
  loud.socket.send('x'.repeat(2_000));
  await eventually(() => expect(loud.closed).toEqual({ code: 1009 }));
  await report(api.db, stallAt(1), 'occupied', Date.now());
  const hash = await truth();
  await eventually(() => expect(stateHash(quiet.states.values())).toBe(hash));
});

test('a cookie opens a socket from our own pages only', async () => {
  await createUser(api.db, { username: 'viewer', password: 'correct horse', name: 'V', role: 'viewer' });
  const home = `http://127.0.0.1:${port}`;
  const signedIn = await fetch(`${home}/api/auth/sign-in/username`, {
    method: 'POST',
    headers: { origin: home, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'viewer', password: 'correct horse' }),
  });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const ours = watch({ cookie, origin: home });
  const theirs = watch({ cookie, origin: 'http://evil.example' });
  const unsaid = watch({ cookie });
  await eventually(() => {
    expect(ours.snapshots).toBe(1);
    expect(theirs.refusedWith).toBe(403);
    expect(unsaid.refusedWith).toBe(403);
  });
});

test('a socket is for whoever may read the floor', async () => {
  const nobody = watch({});
  const merchant = watch({ authorization: `Bearer ${await api.keyOf('merchant')}` });
  const noFloor = watch(AS_ADMIN, 999_999);
  const viewer = watch({ authorization: `Bearer ${await api.keyOf('viewer')}` });
  await eventually(() => {
    expect(nobody.refusedWith).toBe(401);
    expect(merchant.refusedWith).toBe(403);
    expect(noFloor.refusedWith).toBe(404);
    expect(viewer.snapshots).toBe(1);
  });
});

test('one user has at most so many sockets', async () => {
  const { key } = await createApiKey(api.db, { name: 'wall', role: 'viewer', createdBy: 'test' });
  const headers = { authorization: `Bearer ${key}` };
  const many = Array.from({ length: 50 }, () => watch(headers));
  await eventually(() => expect(many.every((watcher) => watcher.snapshots === 1)).toBe(true));
  const one = watch(headers);
  await eventually(() => expect(one.refusedWith).toBe(429));
});
