import { type Duplex, duplexPair } from 'node:stream';

/** Two ends of a connection without a socket. As with a socket, one end's end or destruction ends the other. */
export function streamPair(): readonly [Duplex, Duplex] {
  const [near, far] = duplexPair();
  for (const [end, peer] of [
    [near, far],
    [far, near],
  ] as const) {
    end.on('error', () => {});
    end.once('close', () => peer.push(null));
    end.once('end', () => setImmediate(() => end.destroy()));
  }
  return [near, far];
}
