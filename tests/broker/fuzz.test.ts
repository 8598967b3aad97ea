import { afterAll, beforeAll, expect, it } from 'vitest';
import { UPLINK_KINDS } from '../../contracts/mqtt.ts';
import { openOn, openStand, publish, type Stand } from './conformance/stand.ts';
import { fuzzSessions } from './fuzz-packets.ts';
import { recordsIn } from './market.ts';

const SEEDS = [1, 2, 3];
const SESSIONS = 600;

let stand: Stand;
const escaped: unknown[] = [];
const onEscape = (error: unknown): void => void escaped.push(error);
beforeAll(async () => {
  stand = await openStand();
  process.on('unhandledRejection', onEscape).on('uncaughtExceptionMonitor', onEscape);
});
afterAll(async () => {
  process.off('unhandledRejection', onEscape).off('uncaughtExceptionMonitor', onEscape);
  await stand.close();
});

it.each(SEEDS)(
  'nothing that a device or a stranger sends harms the broker or another device (seed %i)',
  async (seed) => {
    const good = await stand.connected({}, stand.other);
    const sessions = fuzzSessions(seed, stand.device);
    for (let n = 0; n < SESSIONS; n++) {
      const { value: session } = sessions.next();
      const client = openOn(stand.broker);
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
    const again = await stand.connected();
    again.end();
    await again.closed;
  },
);
