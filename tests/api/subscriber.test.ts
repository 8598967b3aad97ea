import { expect, test } from 'vitest';
import { BEHIND_MS_MAX, BUFFERED_BYTES_MAX, Subscriber } from '../../api/live/subscriber.ts';

/** A socket whose peer reads nothing until it is told to. */
class SlowSocket {
  bufferedAmount = 0;
  sent: string[] = [];
  ended = false;
  pings = 0;
  send(text: string): void {
    this.sent.push(text);
    this.bufferedAmount += text.length;
  }
  read(): void {
    this.bufferedAmount = 0;
  }
  ping(): void {
    this.pings++;
  }
  close(): void {}
  terminate(): void {
    this.ended = true;
  }
}

const start = () => {
  const socket = new SlowSocket();
  return { socket, subscriber: new Subscriber(socket as never, 'user:1', async () => true) };
};
const KIB = 'x'.repeat(1024);

test('a socket that does not read gets no more than the limit and one message', () => {
  const { socket, subscriber } = start();
  for (let n = 0; n < 10_000; n++) subscriber.send(KIB, n);
  expect(subscriber.behind).toBe(true);
  expect(socket.bufferedAmount).toBeLessThanOrEqual(BUFFERED_BYTES_MAX + KIB.length);
});

test('once it has read, it gets a snapshot of now, then deltas again', () => {
  const { socket, subscriber } = start();
  for (let n = 0; n < 2_000; n++) subscriber.send(KIB, n);
  const sent = socket.sent.length;
  subscriber.sendSnapshot(() => 'too early', 3_000);
  expect(socket.sent).toHaveLength(sent);
  socket.read();
  subscriber.send('a delta that would leave a gap', 3_500);
  subscriber.sendSnapshot(() => 'snapshot', 4_000);
  subscriber.send('delta', 4_100);
  expect(socket.sent.slice(sent)).toEqual(['snapshot', 'delta']);
  expect(subscriber.behind).toBe(false);
  expect(socket.ended).toBe(false);
});

test('one that never reads is ended', () => {
  const { socket, subscriber } = start();
  for (let n = 0; n < 2_000; n++) subscriber.send(KIB, 0);
  subscriber.sendSnapshot(() => 'snapshot', BEHIND_MS_MAX);
  expect(socket.ended).toBe(false);
  subscriber.sendSnapshot(() => 'snapshot', BEHIND_MS_MAX + 2_000);
  expect(socket.ended).toBe(true);
});

test('a peer that is gone without a word is found out by its silence', () => {
  const { socket, subscriber } = start();
  subscriber.ping();
  subscriber.onPong();
  subscriber.ping();
  expect(socket.ended).toBe(false);
  subscriber.ping();
  expect(socket.ended).toBe(true);
  expect(socket.pings).toBe(2);
});
