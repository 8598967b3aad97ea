import { z } from 'zod';
import { OCCUPANCY } from '../domain/occupancy.ts';

/**
 * The live protocol, server → client over `/api/v1/live?floor={id}`. A client that does not know the version
 * closes and reloads. First a snapshot, then deltas whose `seq` follow without a gap; on a gap, or when the
 * server decides that the socket is too slow, a new snapshot. `now` is the server's clock: ages are counted
 * from it, never from the browser's.
 */
export const LIVE_VERSION = 1;

/** id, occupancy (index into OCCUPANCY), leased, measuredAt, seenAt: an array because a floor has thousands. */
export const zStallTuple = z.tuple([
  z.number().int(),
  z
    .number()
    .int()
    .min(0)
    .max(OCCUPANCY.length - 1),
  z.union([z.literal(0), z.literal(1)]),
  z.number().int().nullable(),
  z.number().int().nullable(),
]);
export type StallTuple = z.infer<typeof zStallTuple>;

export const zLiveMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    version: z.literal(LIVE_VERSION),
    seq: z.number().int(),
    now: z.number().int(),
    hash: z.string(),
    /** The sensors' reporting interval in seconds: silent for more than twice this is stale. */
    intervalS: z.number(),
    stalls: z.array(zStallTuple),
  }),
  z.object({
    type: z.literal('delta'),
    seq: z.number().int(),
    now: z.number().int(),
    /** The floor's hash after this delta. */
    hash: z.string(),
    stalls: z.array(zStallTuple),
  }),
  /** Sent every 2 s when nothing else is, so that a silent socket is a lost one. */
  z.object({ type: z.literal('heartbeat'), seq: z.number().int(), now: z.number().int(), hash: z.string() }),
]);
export type LiveMessage = z.infer<typeof zLiveMessage>;

export const HEARTBEAT_MS = 2_000;
/** A client that heard nothing for this long shows the plan as disconnected. */
export const SILENCE_MS_MAX = 5_000;
