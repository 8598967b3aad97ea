import { createServer, connect as openSocket, type Socket } from 'node:net';

export interface LoadBalancer {
  readonly port: number;
  close(): Promise<void>;
}

/** Hands TCP connections to servers on loopback in turns, past those that refuse: as one in front of brokers does. */
export async function startLoadBalancer(ports: readonly number[]): Promise<LoadBalancer> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer({ pauseOnConnect: true }, (client) => {
    keep(client);
    hand(client, turn++, ports.length);
  });
  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  }
  function hand(client: Socket, to: number, triesLeft: number): void {
    if (triesLeft === 0) return void client.destroy();
    const upstream = openSocket(ports[to % ports.length] ?? 0, '127.0.0.1');
    keep(upstream);
    upstream.once('connect', () => {
      upstream.once('close', () => client.destroy());
      client.once('close', () => upstream.destroy());
      client.pipe(upstream).pipe(client);
    });
    upstream.once('error', () => {
      if (upstream.pending) hand(client, to + 1, triesLeft - 1);
    });
  }
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
