import type { FastifyReply } from 'fastify';

/** What the routes of the mock answer with. */
export function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: detail, status, detail });
}
export function page<T>(items: readonly T[], query: Record<string, string>) {
  const from = Number(query.cursor ?? 0);
  const limit = Number(query.limit ?? 100);
  const next = from + limit;
  return { items: items.slice(from, next), nextCursor: next < items.length ? String(next) : null };
}
export const has = (text: string, part: string | undefined): boolean =>
  part === undefined || text.toLowerCase().includes(part.toLowerCase());
export interface ById {
  Params: { id: string };
}
