import type { Socket } from 'node:net';
import { finished } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { networkOf } from '../domain/networks.ts';
import type { ApiLimits } from './limits.ts';
import { refuse } from './metrics.ts';
import { Problem } from './problems.ts';

/** Bounds what one network, one connection and one slow reader can hold. */
export function guardConnections(app: FastifyInstance, limits: ApiLimits): void {
  const { server } = app;
  server.maxConnections = limits.connectionsMax;
  server.on('drop', () => refuse('too_many_connections'));
  const open = new Map<string, number>();
  /** Whose a connection is: of its peer, or of the network that a trusted proxy asked for last. */
  const owners = new WeakMap<Socket, string>();
  const leave = (socket: Socket): void => {
    const network = owners.get(socket) ?? '';
    const left = (open.get(network) ?? 1) - 1;
    if (left === 0) open.delete(network);
    else open.set(network, left);
  };
  const enter = (socket: Socket, network: string): boolean => {
    const count = (open.get(network) ?? 0) + 1;
    if (count > limits.connectionsMaxEach) {
      refuse('too_many_connections_of_network');
      return false;
    }
    if (owners.has(socket)) leave(socket);
    open.set(network, count);
    owners.set(socket, network);
    return true;
  };
  server.on('connection', (socket: Socket) => {
    if (enter(socket, networkOf(socket.remoteAddress ?? 'unknown')))
      socket.once('close', () => leave(socket));
    else socket.destroy();
  });
  app.addHook('onRequest', async ({ raw: { socket }, ip }) => {
    const owner = owners.get(socket);
    const network = networkOf(ip);
    if (owner === undefined || owner === network || enter(socket, network)) return;
    const detail = `at most ${limits.connectionsMaxEach} connections from one network`;
    throw new Problem(429, detail, 'too_many_requests', { headers: { connection: 'close' } });
  });

  /** Requests of a connection that are not answered whole. */
  const unanswered = new WeakMap<Socket, number>();
  server.on('timeout', (socket: Socket) => {
    if ((unanswered.get(socket) ?? 0) > 0) refuse('slow_reader');
    socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException) => {
    refuse(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'slow_request' : 'not_http');
  });
  app.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw;
    const atOnce = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, atOnce);
    const timer = setTimeout(() => {
      // A live socket is answered for as long as it is open.
      if (request.ws) return;
      refuse('slow_reader');
      request.raw.destroy();
    }, limits.takingMsMax).unref();
    finished(reply.raw, () => {
      clearTimeout(timer);
      unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1);
    });
    if (atOnce <= limits.requestsAtOnceMax) return;
    refuse('too_many_at_once');
    // Who sends on is not listening to answers.
    if (atOnce > 2 * limits.requestsAtOnceMax) request.raw.destroy();
    const detail = `at most ${limits.requestsAtOnceMax} requests at once on one connection: wait for answers`;
    throw new Problem(429, detail, 'too_many_requests', { headers: { connection: 'close' } });
  });
}
