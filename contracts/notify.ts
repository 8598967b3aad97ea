import { z } from 'zod';

/** Postgres NOTIFY channels and their JSON payloads (under 8,000 bytes each: ids, never states). */
export const CHANNELS = {
  /** Stalls whose state changed: sent by ingest once a frame. */
  stalls: 'stallgrid_stalls',
  /** Devices whose credential, profile or enabled flag changed (trigger on devices); empty: reload all. */
  credentials: 'stallgrid_credentials',
  /** Commands queued (trigger on commands). */
  commands: 'stallgrid_commands',
  /** Billing runs queued by the api (trigger on billing_runs). */
  billingRuns: 'stallgrid_billing_runs',
} as const;

export const NOTIFY_BYTES_MAX = 7_900;

export const zStallsNotice = z.object({ site: z.string(), stalls: z.array(z.number().int()) });
export const zCredentialsNotice = z.object({ device: z.string().optional() });
export const zCommandNotice = z.object({ device: z.string() });
