import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listen } from '../../store/listen.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

let database: TestDatabase;
let line: TcpProxy;
beforeAll(async () => {
  database = await createTestDatabase();
  line = await startTcpProxy(Number(new URL(database.url).port));
});
afterAll(async () => {
  await line.close();
  await database.drop();
});

test('a listener closes although its server answers nothing any more', async () => {
  const url = new URL(database.url);
  url.port = String(line.port);
  const listener = await listen({
    url: url.href,
    channels: ['any'],
    onNotice: () => {},
    onConnected: () => {},
    log: pino({ level: 'silent' }),
  });
  line.freeze();
  await expect(listener.close()).resolves.toBeUndefined();
});
