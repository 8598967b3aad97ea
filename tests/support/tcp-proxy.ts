import { createServer, connect as openSocket, type Socket } from 'node:net';

/** Stands between a client and a server, and does what networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** Breaks every connection; new ones work. */
  drop(): void;
  /** Keeps connections open and new ones pending, and lets nothing through. */
  freeze(): void;
  /** Holds every chunk up for so long, one at a time, as a slow line does. */
  delay(ms: number): void;
  /** Lets everything through again at once, to another port if one is given. */
  resume(targetPort?: number): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let state: 'open' | 'cut' | 'frozen' = 'open';
  let target = targetPort;
  let delayMs = 0;
  const sockets = new Set<Socket>();
  /** Those of which a chunk waits: what comes behind it must not overtake it. */
  const held = new Set<Socket>();
  const server = createServer((client) => {
    if (state === 'cut') return client.destroy();
    const upstream = openSocket(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (delayMs === 0) {
          if (!to.write(bytes)) from.pause();
          return;
        }
        from.pause();
        held.add(from);
        setTimeout(() => {
          held.delete(from);
          if (to.destroyed) return;
          if (to.write(bytes) && state !== 'frozen') from.resume();
        }, delayMs).unref();
      });
      to.on('drain', () => {
        if (state !== 'frozen' && !held.has(from)) from.resume();
      });
      from.on('end', () => to.end());
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (state === 'frozen') from.pause();
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      state = 'cut';
      drop();
    },
    drop,
    freeze() {
      state = 'frozen';
      for (const socket of sockets) socket.pause();
    },
    delay(ms) {
      delayMs = ms;
    },
    resume(port = target) {
      target = port;
      delayMs = 0;
      state = 'open';
      for (const socket of sockets) if (!held.has(socket)) socket.resume();
    },
    async close() {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
