import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connectAsync, type IClientOptions } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Broker } from '../../broker/start.ts';
import type { Journal } from '../../store/journal/port.ts';
import { createAuthority, type KeyPair } from './certificates.ts';
import { type Device, type Market, openMarket, recordsIn } from './market.ts';

let market: Market;
let broker: Broker & { readonly journal: Journal };
let device: Device;
let authority: ReturnType<typeof createAuthority>;
beforeAll(async () => {
  market = await openMarket();
  device = await market.addDevice('meter-1');
  authority = createAuthority();
  broker = await market.start({ tls: { port: 0, ...authority.sign('broker'), ca: authority.ca } });
});
afterAll(async () => {
  await broker.close();
  await market.close();
  authority.remove();
});

async function publishOver(url: string, text: string, over: IClientOptions = {}): Promise<void> {
  const { clientId, secret } = device;
  const client = await connectAsync(url, {
    clientId,
    username: clientId,
    password: secret,
    reconnectPeriod: 0,
    connectTimeout: 5_000,
    ...over,
  });
  await client.publishAsync(device.topic('up'), text, { qos: 1 });
  await client.endAsync();
}
const texts = async (): Promise<string[]> => (await recordsIn(broker.journal)).map(({ text }) => text);

describe('a device publishes', () => {
  it.each<[string, () => string]>([
    ['MQTT', () => `mqtt://127.0.0.1:${broker.port}`],
    ['MQTT over TLS', () => `mqtts://127.0.0.1:${broker.tlsPort}`],
    ['MQTT over WebSocket', () => `ws://127.0.0.1:${broker.port}/mqtt`],
    ['MQTT over WebSocket over TLS', () => `wss://127.0.0.1:${broker.tlsPort}/mqtt`],
  ])('over %s', async (name, url) => {
    await publishOver(url(), name, { ca: authority.ca });
    expect(await texts()).toContain(name);
  });

  it('over WebSocket in messages of any size', async () => {
    const text = 'x'.repeat(60_000);
    await publishOver(`ws://127.0.0.1:${broker.port}/mqtt`, text);
    expect(await texts()).toContain(text);
  });
});

describe('a client certificate', () => {
  const withCertificate = (text: string, { cert, key }: KeyPair): Promise<void> =>
    publishOver(`mqtts://127.0.0.1:${broker.tlsPort}`, text, {
      ca: authority.ca,
      cert,
      key,
      password: 'not the secret',
    });

  it('of the client’s id is as good as its secret', async () => {
    await withCertificate('certified', authority.sign(device.clientId));
    expect(await texts()).toContain('certified');
  });

  it('of another name, or by another authority, is not', async () => {
    await expect(withCertificate('x', authority.sign('market/meter-2'))).rejects.toThrow(/refused/i);
    const stranger = createAuthority();
    await expect(withCertificate('x', stranger.sign(device.clientId))).rejects.toThrow(/refused/i);
    stranger.remove();
  });
});

describe('a WebSocket', () => {
  it.each([
    ['on another path', '/', 'mqtt'],
    ['with another protocol', '/mqtt', 'chat'],
    ['without a protocol', '/mqtt', []],
  ])('%s is refused', async (_what, path, protocol) => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${broker.port}${path}`, protocol);
    const [error] = await once(webSocket, 'error');
    expect(error.message).toMatch(/Unexpected server response: 40[04]/);
  });

  it('that sends a message too large is closed', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${broker.port}/mqtt`, 'mqtt');
    await once(webSocket, 'open');
    webSocket.on('error', () => {});
    webSocket.send(Buffer.alloc(100_000, 0x10));
    await once(webSocket, 'close');
  });

  it('is what plain HTTP is told to use', async () => {
    const response = await fetch(`http://127.0.0.1:${broker.port}/mqtt`);
    expect(response.status).toBe(426);
  });
});

describe('half a protocol', () => {
  it('is closed when it is half an HTTP request, half a TLS handshake or a WebSocket without a CONNECT', async () => {
    const quick = await market.start({
      limits: { connectTimeoutMs: 200 },
      tls: { port: 0, ...authority.sign('broker') },
    });
    const half = async (port: number | undefined, bytes: string): Promise<void> => {
      const socket = connectTcp(port ?? 0, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(bytes);
      await once(socket.resume(), 'close');
    };
    const silent = new WebSocket(`ws://127.0.0.1:${quick.port}/mqtt`, 'mqtt');
    silent.on('error', () => {});
    await Promise.all([
      half(quick.port, 'GET /mqtt HTTP/1.1\r\nHost: x\r\n'),
      half(quick.tlsPort, '\x16\x03\x01'),
      once(silent, 'close'),
    ]);
    await quick.close();
  });
});
