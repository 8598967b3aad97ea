import { describe, expect, it } from 'vitest';
import * as raw from '../raw-bytes.ts';
import { slowJournal } from '../slow-journal.ts';
import { answersOf, expectClosed, openStand, sharedStand } from './stand.ts';

const stand = sharedStand();

const { LOGIN, WILL, WILL_RETAIN, connectBytes, text, willQos } = raw;

describe('the Will', () => {
  const storedOnce = async (payload: string): Promise<void> => {
    await expect.poll(async () => (await stand.stored()).filter((text) => text === payload).length).toBe(1);
  };

  it('[MQTT-3.1.2-8] is published when the connection is lost', async () => {
    (await stand.connected(stand.will('lost'))).end();
    await storedOnce('lost');
  });

  it('[MQTT-3.1.2-8] is published when the client is silent for too long', async () => {
    await (await stand.connected({ ...stand.will('silent'), keepalive: 1 })).closed;
    await storedOnce('silent');
  });

  it('[MQTT-3.1.2-8] is published when the broker closes for a protocol error', async () => {
    const client = await stand.connected(stand.will('wrong'));
    client.send(raw.packetOf(0xf0));
    await expectClosed(client);
    await storedOnce('wrong');
  });

  it('[MQTT-3.1.2-8] is published when another connection takes over', async () => {
    const older = await stand.connected(stand.will('replaced'));
    const newer = await stand.connected();
    await older.closed;
    await storedOnce('replaced');
    newer.end();
  });

  it('[MQTT-3.1.2-8] differs on purpose: is not published when the broker stops, for the devices are well', async () => {
    const journal = slowJournal();
    const stopping = await openStand({ journal });
    await stopping.connected(stopping.will('stopped'));
    await stopping.close();
    expect(journal.appended).toEqual([]);
  });

  it('[MQTT-3.1.2-9] must be there when its flag is set', async () => {
    await stand.expectRefused(connectBytes(stand.device, { flags: LOGIN | WILL }));
    const payload = [text(stand.device.clientId), ...stand.willFields('there'), ...stand.login()];
    expect(await stand.codeFor(connectBytes(stand.device, { flags: LOGIN | WILL, payload }))).toBe(0);
  });

  it('[MQTT-3.1.2-10] is published once, not again after the next connection', async () => {
    (await stand.connected(stand.will('once'))).end();
    await storedOnce('once');
    (await stand.connected()).end();
    await answersOf(await stand.connected());
    await storedOnce('once');
  });

  it('[MQTT-3.1.2-11] must not be there when its flag is not set', async () => {
    const payload = [text(stand.device.clientId), ...stand.willFields('no'), ...stand.login()];
    await stand.expectRefused(connectBytes(stand.device, { payload }));
  });

  it('[MQTT-3.1.2-12] is not published when there is none', async () => {
    const before = await stand.stored();
    const client = await stand.connected();
    client.end();
    await client.closed;
    expect(await answersOf(await stand.connected())).toEqual([]);
    expect(await stand.stored()).toEqual(before);
  });

  it.each([1, 2, 3])('[MQTT-3.1.2-13] closes for Will QoS %i without a Will', async (qos) => {
    await stand.expectRefused(connectBytes(stand.device, { flags: LOGIN | willQos(qos) }));
  });

  it('[MQTT-3.1.2-14] has QoS 0, 1 or 2: closes for 3', async () => {
    const payload = [text(stand.device.clientId), ...stand.willFields('qos'), ...stand.login()];
    for (const qos of [0, 1, 2]) {
      expect(
        await stand.codeFor(connectBytes(stand.device, { flags: LOGIN | WILL | willQos(qos), payload })),
      ).toBe(0);
    }
    await stand.expectRefused(connectBytes(stand.device, { flags: LOGIN | WILL | willQos(3), payload }));
  });

  it('[MQTT-3.1.2-15] closes for Will retain without a Will', async () => {
    await stand.expectRefused(connectBytes(stand.device, { flags: LOGIN | WILL_RETAIN }));
  });

  const retainOf = async (payload: string): Promise<boolean | undefined> => {
    const frames = await stand.broker.journal.read(0, { recordsMax: 10_000 });
    const records = frames.flatMap((frame) => frame.records);
    return records.find((record) => Buffer.from(record.payload).toString() === payload)?.retain;
  };
  it('[MQTT-3.1.2-16] without retain is stored without that mark', async () => {
    (await stand.connected(stand.will('passing'))).end();
    await storedOnce('passing');
    expect(await retainOf('passing')).toBe(false);
  });

  it('[MQTT-3.1.2-17] differs on purpose: with retain is stored with that mark, and kept for no subscriber', async () => {
    (await stand.connected(stand.will('lasting', { retain: true }))).end();
    await storedOnce('lasting');
    expect(await retainOf('lasting')).toBe(true);
    const next = await stand.subscribed(1, stand.device.topic('#'));
    expect(await answersOf(next)).toEqual([]);
    next.end();
  });
});
