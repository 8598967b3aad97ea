import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { startTcpProxy } from './tcp-proxy.ts';

test('a proxy that is slow, frozen and open in turns keeps every byte in its place', async () => {
  let got = '';
  const server = createServer((socket) =>
    socket.on('data', (bytes) => {
      got += bytes.toString();
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await startTcpProxy((server.address() as { port: number }).port);
  const client = connect(proxy.port, '127.0.0.1');
  await once(client, 'connect');
  let sent = '';
  for (let n = 0; n < 120; n++) {
    if (n % 6 === 0) proxy.delay(20);
    if (n % 6 === 3) proxy.resume();
    if (n % 15 === 7) proxy.freeze();
    if (n % 15 === 9) proxy.resume();
    const line = `${n}\n`;
    sent += line;
    client.write(line);
    await sleep(3);
  }
  proxy.resume();
  try {
    await eventually(() => expect(got).toBe(sent));
  } finally {
    client.destroy();
    await proxy.close();
    server.close();
  }
});
