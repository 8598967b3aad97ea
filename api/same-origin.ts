import type { FastifyRequest } from 'fastify';

/**
 * True when a browser says that one of our own pages sent the request. The page may have been opened under any
 * name of this host, so the request's own host is what counts, and `publicUrl` where a proxy rewrites it.
 * Browsers send `Origin` with every request that is not GET or HEAD and with every WebSocket handshake.
 */
export function isSameOrigin(
  request: Pick<FastifyRequest, 'headers' | 'host'>,
  publicUrl: string | undefined,
): boolean {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (origin === undefined) return site === 'same-origin';
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  return (
    host === request.headers.host ||
    host === request.host ||
    (publicUrl !== undefined && host === new URL(publicUrl).host)
  );
}
