import { z } from 'zod';
import { zId } from '../../contracts/rest.ts';
import type { Database } from '../../store/database.ts';
import { findPlaceById } from '../../store/places.ts';
import { type Authenticate, principalOf } from '../access.ts';
import type { ApiLimits } from '../limits.ts';
import { refuse } from '../metrics.ts';
import { notFound, Problem, unavailable } from '../problems.ts';
import type { App } from '../routes.ts';
import type { LiveHub } from './hub.ts';
import { Subscriber } from './subscriber.ts';

export function liveRoute(
  app: App,
  deps: {
    readonly db: Database;
    readonly hub: LiveHub;
    readonly authenticate: Authenticate;
    readonly limits: ApiLimits;
  },
): void {
  const { db, hub, authenticate, limits } = deps;
  function refusalOf(principalId: string): Problem | undefined {
    if (hub.count() >= limits.socketsMax) return unavailable('too many live sockets are open');
    if (hub.count(principalId) < limits.socketsMaxEach) return undefined;
    return new Problem(429, 'too many live sockets are open for this user', 'too_many_sockets');
  }
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
      const refusal = refusalOf(principalOf(request).id);
      if (refusal) {
        refuse('too_many_sockets');
        throw refusal;
      }
      const floor = await findPlaceById(db, request.query.floor);
      if (floor?.kind !== 'floor') throw notFound('floor');
    },
    handler: () => {
      throw new Problem(426, 'open this address as a WebSocket', 'not_a_socket');
    },
    wsHandler: (socket, request) => {
      const principal = principalOf(request);
      // Others may have come in while this one shook hands. RFC 6455, 1013: try again later.
      const refusal = refusalOf(principal.id);
      if (refusal) {
        refuse('too_many_sockets');
        socket.close(1013, refusal.message);
        return;
      }
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
