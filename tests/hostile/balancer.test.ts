import { networkInterfaces } from 'node:os';
import { register } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../api/support.ts';
import { eventually } from '../support/eventually.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { RawHttpClient } from './http-client.ts';

const CONNECTIONS_MAX_EACH = 20;

/** An address of this host that is not the loopback's, which is trusted always. */
const balancer = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
if (!balancer)
  console.log('this host has no address but the loopback’s: balancers on other hosts are skipped');

let api: TestApi | undefined;
let database: TestDatabase | undefined;
let platform: Platform | undefined;
const clients: RawHttpClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await api?.close();
  await platform?.remove();
  await database?.drop();
  api = database = platform = undefined;
});

async function startApi(trustedProxies?: string): Promise<number> {
  api = await startTestApi({ limits: { connectionsMaxEach: CONNECTIONS_MAX_EACH }, trustedProxies });
  return api.listen();
}

/** Asks on a connection of its own, as a balancer at this address does for somebody; the connection stays. */
async function askFor(
  who: string,
  { port, from, more = '' }: { readonly port: number; readonly from: string; readonly more?: string },
): Promise<number | 'closed'> {
  const client = await RawHttpClient.open(port, { from });
  clients.push(client);
  client.socket.write(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${who}\r\n${more}\r\n`);
  return Promise.race([
    client.closed.then(() => client.statuses[0] ?? ('closed' as const)),
    eventually(() => {
      expect(client.statuses).toHaveLength(1);
      return client.statuses[0] as number;
    }),
  ]);
}

async function askOften(who: string, times: number, way: { port: number; from: string }) {
  const answers: (number | 'closed')[] = [];
  for (let n = 0; n < times; n++) answers.push(await askFor(who, way));
  return answers;
}

const refusals = async (): Promise<number> =>
  Number(
    /^stallgrid_api_refused_total\{reason="too_many_connections_of_network"\} (\d+)/m.exec(
      await register.metrics(),
    )?.[1] ?? 0,
  );

const served = Array(CONNECTIONS_MAX_EACH).fill(200);

interface Balancer {
  readonly where: string;
  readonly from: string;
  readonly trusted?: string;
}
const BALANCERS: readonly Balancer[] = [
  { where: 'on this host', from: '127.0.0.5' },
  ...(balancer ? [{ where: 'in TRUSTED_PROXIES', from: balancer, trusted: balancer }] : []),
];

describe.each(BALANCERS)('behind a balancer $where', ({ from, trusted }) => {
  it('each network has its own share of connections, and who takes all of it locks out nobody else', async () => {
    const way = { port: await startApi(trusted), from };
    expect(await askOften('203.0.113.1', CONNECTIONS_MAX_EACH, way)).toEqual(served);
    const before = await refusals();
    expect(await askOften('203.0.113.1', 2, way)).toEqual([429, 429]);
    expect(await refusals()).toBe(before + 2);
    expect(await askOften('203.0.113.2', CONNECTIONS_MAX_EACH, way)).toEqual(served);
    expect(await askOften('2001:db8::1', CONNECTIONS_MAX_EACH, way)).toEqual(served);
    // The same customer.
    expect(await askFor('2001:db8::ffff:2', way)).toBe(429);
  });

  it('a connection that is used for others in turn counts for the last, and for nobody once it is closed', async () => {
    const way = { port: await startApi(trusted), from };
    expect(await askOften('203.0.113.1', CONNECTIONS_MAX_EACH, way)).toEqual(served);
    const [first] = clients;
    first?.socket.write('GET /livez HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.2\r\n\r\n');
    await eventually(() => expect(first?.statuses).toEqual([200, 200]));
    expect(await askFor('203.0.113.1', way)).toBe(200);
    expect(await askFor('203.0.113.1', way)).toBe(429);
    for (const client of clients.splice(0)) client.end();
    await eventually(async () => expect(await askFor('203.0.113.1', way)).toBe(200));
    expect(await askOften('203.0.113.2', CONNECTIONS_MAX_EACH, way)).toEqual(served);
  });
});

describe.skipIf(!balancer)('on another host', () => {
  const from = balancer ?? '';

  it('a balancer that is not in TRUSTED_PROXIES is one network, whatever it says', async () => {
    const way = { port: await startApi(), from };
    expect(await askOften('203.0.113.1', CONNECTIONS_MAX_EACH, way)).toEqual(served);
    expect(await askFor('203.0.113.2', way)).toBe('closed');
    expect(await askFor('203.0.113.2', { ...way, from: '127.0.0.1' })).toBe(200);
  });

  it('wrong passwords from behind one in TRUSTED_PROXIES lock out their own network and no other', {
    timeout: 120_000,
  }, async () => {
    database = await createTestDatabase();
    platform = await startPlatform({ env: { DATABASE_URL: database.url, TRUSTED_PROXIES: from } });
    const port = Number(new URL(platform.url).port);
    const guess = async (who: string, n: number): Promise<number | undefined> => {
      const body = JSON.stringify({ username: `guessed-${n}`, password: 'certainly wrong' });
      const client = await RawHttpClient.open(port, { from });
      client.socket.write(
        `POST /api/auth/sign-in/username HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${who}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      await client.closed;
      return client.statuses[0];
    };
    for (let n = 0; n < 20; n++) expect(await guess('203.0.113.1', n)).toBe(401);
    expect(await guess('203.0.113.1', 20)).toBe(429);
    expect(await guess('203.0.113.2', 20)).toBe(401);
  });
});
