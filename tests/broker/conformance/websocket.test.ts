import { once } from 'node:events';
import { connectAsync } from 'mqtt';
import { generate, type Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { createWebSocketStream, WebSocket } from 'ws';
import { connectPacket, RawClient } from '../raw-client.ts';
import { publish, sharedStand } from './stand.ts';

const stand = sharedStand();

async function open(protocols: string | string[] = 'mqtt'): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${stand.broker.port}/mqtt`, protocols);
  webSocket.on('error', () => {});
  await once(webSocket, 'open');
  return webSocket;
}
/** Its connection ends with the WebSocket's: the stream alone would stay half open. */
function clientOn(webSocket: WebSocket): RawClient {
  const client = new RawClient(createWebSocketStream(webSocket));
  webSocket.once('close', () => client.end());
  return client;
}
const login = (): Buffer => generate(connectPacket(stand.device));

describe('MQTT over WebSocket', () => {
  it('[MQTT-6.0.0-1] is in binary frames: a text frame is the end, and nothing in it counts', async () => {
    const webSocket = await open();
    const client = clientOn(webSocket);
    client.send(login());
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
    const message = publish(stand.device.topic('up'), { qos: 0 });
    webSocket.send(generate(message as Packet).toString('latin1'), { binary: false });
    expect(await client.next()).toBeUndefined();
    expect(await stand.stored()).not.toContain(message.payload);
  });

  it('[MQTT-6.0.0-1] is in binary frames: a CONNECT in a text frame gets no CONNACK', async () => {
    const webSocket = await open();
    const client = clientOn(webSocket);
    webSocket.send(login().toString('latin1'), { binary: false });
    expect(await client.next()).toBeUndefined();
  });

  it('[MQTT-6.0.0-2] may have packets in pieces, and several in one frame', async () => {
    const webSocket = await open();
    const client = clientOn(webSocket);
    for (const byte of login()) webSocket.send(Buffer.of(byte));
    expect(await client.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
    const [first, second] = [1, 2].map((messageId) =>
      generate(publish(stand.device.topic('up'), { messageId })),
    );
    const both = Buffer.concat([first as Buffer, second as Buffer, generate({ cmd: 'pingreq' })]);
    webSocket.send(both.subarray(0, 40));
    webSocket.send(both.subarray(40));
    const answers = [await client.next(), await client.next(), await client.next()];
    expect(new Set(answers.map((answer) => answer?.cmd))).toEqual(new Set(['puback', 'pingresp']));
    client.end();
  });

  it.each([[[]], [['mqttv3.1']], [['chat', 'MQTT']]])(
    '[MQTT-6.0.0-3] is refused to a client that offers %j instead of mqtt',
    async (protocols) => {
      const webSocket = new WebSocket(`ws://127.0.0.1:${stand.broker.port}/mqtt`, protocols);
      const [error] = await once(webSocket, 'error');
      expect(error.message).toContain('400');
    },
  );

  it('[MQTT-6.0.0-4] is called mqtt by the server, whatever else is offered', async () => {
    const webSocket = await open(['mqttv3.1', 'chat', 'mqtt']);
    expect(webSocket.protocol).toBe('mqtt');
    webSocket.terminate();
  });
});

describe('the platform', () => {
  it('[MQTT-7.0.0-2] needs no extension: a common client connects, subscribes and publishes', async () => {
    const { clientId, secret } = stand.device;
    const client = await connectAsync(`mqtt://127.0.0.1:${stand.broker.port}`, {
      clientId,
      username: clientId,
      password: secret,
      reconnectPeriod: 0,
    });
    const [grant] = await client.subscribeAsync(stand.device.topic('cmd'), { qos: 1 });
    expect(grant?.qos).toBe(1);
    await client.publishAsync(stand.device.topic('up'), 'common', { qos: 2 });
    await client.endAsync();
    expect(await stand.stored()).toContain('common');
  });

  it('[MQTT-7.1.1-1] speaks over TCP', async () => {
    const client = await RawClient.connected(stand.broker.port, stand.device);
    client.send(publish(stand.device.topic('up'), { payload: 'over TCP' }));
    expect(await client.next()).toMatchObject({ cmd: 'puback' });
    expect(await stand.stored()).toContain('over TCP');
    client.end();
  });
});
