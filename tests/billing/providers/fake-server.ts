import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
/** Status, body and headers; `never`: no answer at all. */
export type Reply = readonly [number, string, Readonly<Record<string, string>>?] | 'never';

/** A provider's server that answers as a test says, and keeps what it was asked. */
export async function startFakeServer() {
  const asked: Asked[] = [];
  let reply: (asked: Asked) => Reply = () => [500, ''];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      asked.push(one);
      const answer = reply(one);
      if (answer === 'never') return;
      response.writeHead(answer[0], { 'content-type': 'application/json', ...answer[2] });
      response.end(answer[1]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    reply(next: (asked: Asked) => Reply) {
      reply = next;
      asked.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type FakeServer = Awaited<ReturnType<typeof startFakeServer>>;
