import { describe, expect, it } from 'vitest';
import { number, packetOf } from '../raw-bytes.ts';
import { expectClosed, publish, sharedStand } from './stand.ts';

const stand = sharedStand();

describe('PINGREQ', () => {
  it('[MQTT-3.12.4-1] is answered with a PINGRESP, each', async () => {
    const client = await stand.connected();
    client.send({ cmd: 'pingreq' }, { cmd: 'pingreq' });
    expect(await client.next()).toMatchObject({ cmd: 'pingresp' });
    expect(await client.next()).toMatchObject({ cmd: 'pingresp' });
    client.end();
  });
});

describe('DISCONNECT', () => {
  it.each<[string, Buffer]>([
    ['reserved flags', packetOf(0xe1)],
    ['a payload', packetOf(0xe0, number(0))],
  ])(
    '[MQTT-3.14.1-1] with %s is none: the connection is closed, and its Will published',
    async (what, bytes) => {
      const client = await stand.connected(stand.will(what, { retain: true }));
      client.send(bytes);
      await expectClosed(client);
      await expect.poll(() => stand.stored()).toContain(what);
    },
  );

  it('[MQTT-3.14.4-1] ends the connection, also when the client does not', async () => {
    const client = await stand.connected();
    client.send({ cmd: 'disconnect' });
    await expectClosed(client);
  });

  it('[MQTT-3.14.4-2] is the last that counts: what is sent behind it is not stored', async () => {
    const client = await stand.connected();
    const behind = publish(stand.device.topic('up'));
    client.send({ cmd: 'disconnect' }, behind);
    await expectClosed(client);
    expect(await stand.stored()).not.toContain(behind.payload);
  });

  it('[MQTT-3.14.4-3] discards the Will', async () => {
    const client = await stand.connected(stand.will('discarded', { retain: true }));
    client.send({ cmd: 'disconnect' });
    await expectClosed(client);
    const next = await stand.connected(stand.will('kept', { retain: true }));
    next.end();
    await expect.poll(() => stand.stored()).toContain('kept');
    expect(await stand.stored()).not.toContain('discarded');
  });
});
