import { z } from 'zod';

/** What a topic segment may hold, so that it can neither climb nor match a wildcard. */
export const SEGMENT = /^[A-Za-z0-9_.-]{1,64}$/;

export const UPLINK_KINDS = ['up', 'event', 'state', 'ack'] as const;
export const TOPIC_KINDS = [...UPLINK_KINDS, 'cmd'] as const;

export const PACKET_BYTES_MAX = 64 * 1024;
export const VALUES_MAX = 1000;
export const UNACKNOWLEDGED_MAX = 100;

export const topicOf = (site: string, device: string, kind: (typeof TOPIC_KINDS)[number]): string =>
  `v1/${site}/${device}/${kind}`;

/** Epoch milliseconds, or ISO 8601 with an offset; read as epoch milliseconds. */
export const zTimestamp = z.union([
  z.number().int(),
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
]);

export const zPointValue = z.union([z.number(), z.boolean(), z.string().max(1024)]);

export const zUplink = z.object({
  id: z.string().max(64).optional(),
  ts: zTimestamp.optional(),
  values: z.record(z.string().max(64), zPointValue),
});

/**
 * An uplink as it arrives. Its values are judged one by one against the device's profile, so that one wrong value
 * does not cost the others; handed through untouched, because copying them took most of the time of parsing.
 */
export const zReceivedUplink = z.object({
  id: z.string().max(64).optional(),
  ts: zTimestamp.optional(),
  values: z.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object of points',
  ),
});
export type ReceivedUplink = z.infer<typeof zReceivedUplink>;

/** Strict: what a device puts beside `data` would be lost. */
export const zEvent = z.strictObject({
  id: z.string().max(64).optional(),
  ts: zTimestamp,
  type: z.string().min(1).max(64),
  data: z.record(z.string(), z.unknown()).default({}),
});
export type DeviceEvent = z.infer<typeof zEvent>;

export const zState = z.object({
  online: z.boolean(),
  ts: zTimestamp.optional(),
  firmware: z.string().max(64).optional(),
});

export const zCommand = z.object({
  id: z.uuid(),
  op: z.string(),
  args: z.record(z.string(), z.unknown()),
  /** Epoch milliseconds; a device must not act on it later. */
  expires: z.number().int(),
});
export type Command = z.infer<typeof zCommand>;

export const zAck = z.object({
  id: z.uuid(),
  ok: z.boolean(),
  result: z.unknown().optional(),
});
