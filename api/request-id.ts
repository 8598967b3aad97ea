import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'x-request-id';
const ACCEPTED = /^[\w.:-]{1,64}$/;

/**
 * The id by which a request is found in the logs: the one that a proxy or caller gave it, of at most 64 letters,
 * digits, `.`, `_`, `:` and `-`, else a new one. It goes back in the same header.
 */
export function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID();
}
