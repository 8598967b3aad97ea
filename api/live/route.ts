import { z } from 'zod';
import { zId } from '../../contracts/rest.ts';
import type { Database } from '../../store/database.ts';
import { findPlaceById } from '../../store/places.ts';
import { type Authenticate, principalOf } from '../access.ts';
import { notFound, Problem, unavailable } from '../problems.ts';
import type { App } from '../routes.ts';
import type { LiveHub } from './hub.ts';
import { Subscriber } from './subscriber.ts';

export const SOCKETS_MAX = 2_000;
/** Tabs and wall displays of one user or key. */
export const SOCKETS_MAX_EACH = 50;

export function liveRoute(
  app: App,
  deps: { readonly db: Database; readonly hub: LiveHub; readonly authenticate: Authenticate },
): void {
  const { db, hub, authenticate } = deps;
  app.route({
    method: 'GET',
    url: '/live',
    config: { access: 'floor:read' },
    schema: {
      tags: ['live'],
      summary: 'A floor’s stalls, live (WebSocket)',
      description:
        'A WebSocket: first a snapshot, then deltas whose `seq` follow without a gap, and a heartbeat every 2 s when ' +
        'nothing else is sent. A silent socket means that what was shown may be old. Authenticate the handshake by ' +
        'session cookie or bearer token. Without an upgrade the answer is 426.',
      querystring: z.object({ floor: zId }),
      response: { 101: z.undefined() },
    },
    preHandler: async (request) => {
      if (request.ws !== true) {
        throw new Problem(426, 'open this address as a WebSocket', 'not_a_socket', {
          headers: { upgrade: 'websocket' },
        });
      }
      if (hub.count() >= SOCKETS_MAX) throw unavailable('too many live sockets are open');
      if (hub.count(principalOf(request).id) >= SOCKETS_MAX_EACH) {
        throw new Problem(429, 'too many live sockets are open for this user', 'too_many_sockets');
      }
      const floor = await findPlaceById(db, request.query.floor);
      if (floor?.kind !== 'floor') throw notFound('floor');
    },
    handler: () => {
      throw new Problem(426, 'open this address as a WebSocket', 'not_a_socket');
    },
    wsHandler: (socket, request) => {
      const principal = principalOf(request);
      const floor = zId.parse((request.query as { floor: unknown }).floor);
      const subscriber = new Subscriber(socket, principal.id, async () => {
        const still = await authenticate(request.headers);
        return still?.id === principal.id && still.role === principal.role;
      });
      const unwatch = hub.watch(floor, subscriber);
      socket.on('pong', () => subscriber.onPong());
      socket.on('error', () => socket.terminate());
      socket.on('close', unwatch);
    },
  });
}
