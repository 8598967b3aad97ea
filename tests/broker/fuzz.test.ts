import { afterAll, beforeAll, expect, it } from 'vitest';
import { UPLINK_KINDS } from '../../contracts/mqtt.ts';
import { openOn, publish, sharedStand } from './conformance/stand.ts';
import { fuzzSessions } from './fuzz-packets.ts';
import { recordsIn } from './market.ts';
import { connectPacket, RawClient } from './raw-client.ts';

const SESSIONS = 600;

const stand = sharedStand();
const escaped: unknown[] = [];
const onEscape = (error: unknown): void => void escaped.push(error);
beforeAll(() => {
  process.on('unhandledRejection', onEscape).on('uncaughtExceptionMonitor', onEscape);
});
afterAll(() => {
  process.off('unhandledRejection', onEscape).off('uncaughtExceptionMonitor', onEscape);
});

const openStream = (): RawClient => openOn(stand.broker);
const openSocket = (): Promise<RawClient> => RawClient.open(stand.broker.port);

it.each<[seed: number, over: string, open: () => RawClient | Promise<RawClient>]>([
  [1, 'streams', openStream],
  [2, 'streams', openStream],
  [3, 'streams', openStream],
  [4, 'sockets', openSocket],
])(
  'nothing that a device or a stranger sends harms the broker or another device (seed %i, over %s)',
  async (seed, _over, open) => {
    const good = await stand.connected({}, stand.other);
    const sessions = fuzzSessions(seed, stand.device);
    for (let n = 0; n < SESSIONS; n++) {
      const { value: session } = sessions.next();
      const client = await open();
      for (const packet of session.packets) {
        client.socket.write(packet);
        if (n % 3 === 0) await new Promise(setImmediate);
      }
      if (session.endsPolitely) client.socket.end();
      else client.end();
      if (n % 20 > 0) continue;
      const message = publish(stand.other.topic('up'), { messageId: 1 + n });
      good.send(message);
      const answer = await good.next();
      const sent = `seed ${seed}, session ${n}: ${session.packets.map((packet) => packet.toString('hex'))}`;
      expect(answer, sent).toMatchObject({ cmd: 'puback', messageId: 1 + n });
      expect(escaped, sent).toEqual([]);
    }
    good.end();
    // Whatever is in the journal was published by one of the two, to a topic of its own.
    for (const { record } of await recordsIn(stand.broker.journal)) {
      expect([stand.device.id, stand.other.id]).toContain(record.device);
      expect(UPLINK_KINDS).toContain(record.kind);
    }
    const again = await open();
    again.send(connectPacket(stand.device), publish(stand.device.topic('up'), { messageId: 7 }));
    expect(await again.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
    expect(await again.next()).toMatchObject({ cmd: 'puback', messageId: 7 });
    again.end();
    await again.closed;
  },
);
