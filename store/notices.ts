import { CHANNELS, NOTIFY_BYTES_MAX } from '../contracts/notify.ts';
import type { Queryable } from './database.ts';

/** Tells every api process, when the transaction commits, which stalls have another state now. */
export async function notifyStalls(db: Queryable, site: string, stalls: readonly number[]): Promise<void> {
  const payloads = stallPayloads(site, stalls);
  if (payloads.length === 0) return;
  await db.query({
    name: 'notify_stalls',
    text: 'SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p',
    values: [CHANNELS.stalls, payloads],
  });
}

/** As few payloads as fit the limit of a notice. */
export function stallPayloads(site: string, stalls: readonly number[]): string[] {
  const head = `{"site":${JSON.stringify(site)},"stalls":[`;
  const payloads: string[] = [];
  let ids = '';
  for (const id of stalls) {
    if (ids && Buffer.byteLength(head) + ids.length + String(id).length + 3 > NOTIFY_BYTES_MAX) {
      payloads.push(`${head}${ids}]}`);
      ids = '';
    }
    ids += ids ? `,${id}` : id;
  }
  if (ids) payloads.push(`${head}${ids}]}`);
  return payloads;
}
