import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkSession, type WorkSession } from '../../store/shared-work.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const WORK = 42;
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const open = (url = database.url): Promise<WorkSession> => openWorkSession(url, WORK);
const eventually = { timeout: 15_000 };

describe('a part of shared work', () => {
  it('is one process’s at a time, until it releases it or goes', async () => {
    const [one, other] = [await open(), await open()];
    expect(await one.take(1)).toBe(true);
    expect(await other.take(1)).toBe(false);
    expect(await other.take(2)).toBe(true);
    await one.release(1);
    expect(await other.take(1)).toBe(true);
    expect(await one.members()).toBe(2);
    await other.close();
    await expect.poll(() => one.members(), eventually).toBe(1);
    expect(await one.take(2)).toBe(true);
    await one.close();
    expect(one.lost.aborted).toBe(true);
  });

  it('of another work, or in another database, is another part', async () => {
    const elsewhere = await createTestDatabase();
    const one = await open();
    const others = [await openWorkSession(database.url, WORK + 1), await open(elsewhere.url)];
    expect(await one.take(1)).toBe(true);
    for (const other of others) {
      expect(await other.take(1)).toBe(true);
      expect(await other.members()).toBe(1);
      await other.close();
    }
    await one.close();
    await elsewhere.drop();
  });

  it('is free when its process asks nothing for too long, as a frozen one does', async () => {
    const [frozen, other] = [await open(), await open()];
    expect(await frozen.take(1)).toBe(true);
    await expect.poll(() => other.take(1), { ...eventually, interval: 500 }).toBe(true);
    expect(frozen.lost.aborted).toBe(true);
    expect(await other.members()).toBe(1);
    await other.close();
  });

  it('counts as lost when Postgres does not answer', async () => {
    const proxy = await startTcpProxy(Number(new URL(database.url).port));
    const url = new URL(database.url);
    url.port = String(proxy.port);
    const session = await open(url.href);
    expect(await session.take(1)).toBe(true);
    proxy.freeze();
    await expect(session.members()).rejects.toThrow(/timeout/i);
    expect(session.lost.aborted).toBe(true);
    proxy.resume();
    await sleep(100);
    await proxy.close();
  });
});

it('a connection of any kind is given up soon when its machine is gone, and what it locked is free', async () => {
  const { rows } = await database.db.$client.query('SHOW tcp_keepalives_idle');
  expect(rows).toEqual([{ tcp_keepalives_idle: '10' }]);
});
