import { CHANNELS, NOTIFY_BYTES_MAX } from '../contracts/notify.ts';
import type { Queryable } from './database.ts';
import type { Presence } from './device-states.ts';

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

/** Tells every broker, of which `broker` is one, of devices that connected to it since they connected elsewhere. */
export async function notifyPresence(
  db: Queryable,
  broker: number,
  connected: readonly Presence[],
): Promise<void> {
  const items = connected.map(({ deviceId, at }) => JSON.stringify([deviceId, at]));
  const payloads = packed(`{"broker":${broker},"connected":[`, items);
  await db.query({
    name: 'notify_presence',
    text: 'SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p',
    values: [CHANNELS.presence, payloads],
  });
}

/** As few payloads as fit the limit of a notice. */
export function stallPayloads(site: string, stalls: readonly number[]): string[] {
  return packed(`{"site":${JSON.stringify(site)},"stalls":[`, stalls.map(String));
}

function packed(head: string, items: readonly string[]): string[] {
  const payloads: string[] = [];
  let list = '';
  for (const item of items) {
    // Both lists are of ASCII.
    if (list && Buffer.byteLength(head) + list.length + item.length + 3 > NOTIFY_BYTES_MAX) {
      payloads.push(`${head}${list}]}`);
      list = '';
    }
    list += list ? `,${item}` : item;
  }
  if (list) payloads.push(`${head}${list}]}`);
  return payloads;
}
