import { setTimeout as sleep } from 'node:timers/promises';
import { zCommand } from '../contracts/mqtt.ts';
import type { Capability } from './capabilities/capability.ts';
import type { Clock } from './clock.ts';
import { chance } from './random.ts';

const REMEMBERED = 50;
/** Relays and barriers take their time. */
const ACTING_MS = { min: 200, max: 800 } as const;

export type OrderAnswer =
  | { readonly kind: 'ack'; readonly text: string; readonly changed: boolean }
  /** QoS 1 may bring a command twice: it is done, and acknowledged, once. */
  | { readonly kind: 'again' }
  | { readonly kind: 'unreadable' };

/** What a device does about the commands it receives. Whether one has expired its own clock says, right or wrong. */
export function takeOrders(options: {
  readonly capability: Capability;
  readonly key: number;
  readonly clock: Clock;
  readonly clockAheadMs: number;
}): (payload: Buffer) => Promise<OrderAnswer> {
  const { capability, key, clock, clockAheadMs } = options;
  const done = new Set<string>();
  const ack = (id: string, ok: boolean, result: object, changed = false): OrderAnswer => ({
    kind: 'ack',
    text: JSON.stringify({ id, ok, result }),
    changed,
  });
  return async (payload) => {
    const parsed = zCommand.safeParse(parseJson(payload));
    if (!parsed.success) return { kind: 'unreadable' };
    const { id, op, args, expires } = parsed.data;
    if (done.has(id)) return { kind: 'again' };
    done.add(id);
    const [oldest] = done;
    if (done.size > REMEMBERED && oldest !== undefined) done.delete(oldest);
    if (expires < clock() + clockAheadMs) return ack(id, false, { error: 'expired' });
    await sleep(ACTING_MS.min + (ACTING_MS.max - ACTING_MS.min) * chance(key, clock()));
    const outcome = capability.command(op, args, clock());
    return ack(id, outcome.ok, outcome.result, outcome.changed);
  };
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
