import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../store/database.ts';
import { repeatableTransaction } from '../../store/repeatable-transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

let database: TestDatabase;
let proxy: TcpProxy;
let through: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.$client.query('CREATE TABLE notes (note text)');
  const url = new URL(database.url);
  proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  through = openDatabase(url.href, { connectionsMax: 1 });
});
afterAll(async () => {
  await through?.$client.end();
  await proxy?.close();
  await database?.drop();
});

const note = (text: string): string => `INSERT INTO notes VALUES ('${text}')`;
const notes = async (): Promise<string[]> =>
  (await database.db.$client.query<{ note: string }>('SELECT note FROM notes')).rows.map((row) => row.note);

it('is committed when all of it succeeds, and answers with the result', async () => {
  expect(await repeatableTransaction(through.$client, (tx) => tx.query(note('kept')).then(() => 5))).toBe(5);
  expect(await notes()).toEqual(['kept']);
});

it('is rolled back when anything in it fails, and the next one works', async () => {
  const failing = repeatableTransaction(through.$client, async (tx) => {
    await tx.query(note('lost'));
    await tx.query('SELECT 1 / 0');
  });
  await expect(failing).rejects.toMatchObject({ code: '22012' });
  await expect(
    repeatableTransaction(through.$client, (tx) =>
      tx.query(note('lost')).then(() => Promise.reject(new Error('no'))),
    ),
  ).rejects.toThrow('no');
  await repeatableTransaction(through.$client, (tx) => tx.query('SELECT 1'));
  expect(await notes()).toEqual(['kept']);
});

it('is given up when its connection breaks between two statements', async () => {
  const broken = repeatableTransaction(through.$client, async (tx) => {
    await tx.query(note('lost'));
    proxy.drop();
    await sleep(100);
    await tx.query(note('lost'));
  });
  await expect(broken).rejects.toThrow();
  expect(await notes()).toEqual(['kept']);
});

it('is given up when its connection falls silent, and the server forgets it', async () => {
  const silent = repeatableTransaction(
    through.$client,
    async (tx) => {
      await tx.query(note('lost'));
      proxy.freeze();
      await tx.query(note('lost'));
    },
    300,
  );
  await expect(silent).rejects.toThrow(/timeout/i);
  proxy.resume();
  await repeatableTransaction(through.$client, (tx) => tx.query(note('next')));
  expect(await notes()).toEqual(['kept', 'next']);
  const open = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`;
  await expect.poll(async () => (await database.db.$client.query(open)).rowCount).toBe(0);
});
