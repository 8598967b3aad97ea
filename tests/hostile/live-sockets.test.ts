import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { stateHash } from '../../domain/floor.ts';
import { loadStallStates } from '../../store/stalls.ts';
import { createMarket, type Market, report } from '../api/market.ts';
import { ADMIN_TOKEN, startTestApi, type TestApi } from '../api/support.ts';
import { Watcher } from '../api/watcher.ts';
import { eventually } from '../support/eventually.ts';

const SOCKETS_MAX_EACH = 20;
let api: TestApi;
let market: Market;
let url: string;
const watchers: Watcher[] = [];

async function watch(role: 'viewer' | 'operator' = 'viewer'): Promise<Watcher> {
  const authorization = role === 'operator' ? ADMIN_TOKEN : await api.keyOf(role);
  const watcher = new Watcher(url, { authorization: `Bearer ${authorization}` });
  watchers.push(watcher);
  return watcher;
}

/** An operator who watches beside whatever is done, and ends with the floor as it is. */
async function goodWatcherIsServed(whileThat: () => Promise<unknown>): Promise<void> {
  const good = await watch('operator');
  await eventually(() => expect(good.snapshots).toBe(1));
  await whileThat();
  for (const stall of market.stalls) await report(api.db, stall, 'occupied', Date.now());
  const hash = stateHash(await loadStallStates(api.db, new Date(), { floor: market.floor }));
  await eventually(() => expect(stateHash(good.states.values())).toBe(hash));
  expect(good.problems).toEqual([]);
  expect(good.closed).toBeNull();
}

beforeAll(async () => {
  api = await startTestApi({ limits: { socketsMaxEach: SOCKETS_MAX_EACH } });
  market = await createMarket(api.db, 10);
  url = `ws://127.0.0.1:${await api.listen()}/api/v1/live?floor=${market.floor}`;
});
afterEach(() => {
  for (const watcher of watchers.splice(0)) watcher.close();
});
afterAll(() => api.close());

it('a user who opens many sockets in the same instant gets no more than the limit', async () => {
  await goodWatcherIsServed(async () => {
    const many = await Promise.all(Array.from({ length: 3 * SOCKETS_MAX_EACH }, () => watch()));
    const open = () => many.filter(({ snapshots, closed }) => snapshots > 0 && !closed).length;
    const refused = () =>
      many.filter(({ refusedWith, closed }) => refusedWith === 429 || closed?.code === 1013).length;
    await eventually(() => expect(open() + refused()).toBe(many.length));
    expect(open()).toBe(SOCKETS_MAX_EACH);
  });
});

it('a message in fragments without end is cut off', async () => {
  await goodWatcherIsServed(async () => {
    const endless = await watch();
    await eventually(() => expect(endless.snapshots).toBe(1));
    const timer = setInterval(() => endless.socket.send('x'.repeat(50), { fin: false }, () => {}), 5);
    await eventually(() => expect(endless.closed).toEqual({ code: 1009 }));
    clearInterval(timer);
  });
});

it('one that pings without end and reads no answer is cut off', async () => {
  await goodWatcherIsServed(async () => {
    const flood = await watch();
    await eventually(() => expect(flood.snapshots).toBe(1));
    flood.socket.pause();
    const failed = new Promise<void>((resolve) => {
      const pings = (): void => {
        for (let n = 0; n < 1_000; n++) {
          flood.socket.ping(Buffer.alloc(125), undefined, (error) => error && resolve());
        }
        if (flood.socket.readyState === flood.socket.OPEN) setTimeout(pings, 10);
        else resolve();
      };
      pings();
    });
    await failed;
    flood.socket.resume();
    await eventually(() => expect(flood.closed).not.toBeNull());
  });
});
