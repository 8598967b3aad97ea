import { z } from 'zod';

/** Postgres NOTIFY channels and their JSON payloads (under 8,000 bytes each: ids, never states). */
export const CHANNELS = {
  /** Stalls whose state changed: sent by ingest once a frame. */
  stalls: 'stallgrid_stalls',
  /** Devices whose credential, profile or enabled flag changed (trigger on devices); empty: reload all. */
  credentials: 'stallgrid_credentials',
  /** Commands queued (trigger on commands) or queued again. */
  commands: 'stallgrid_commands',
  /** Devices that connected to a broker while another one had them: sent by the broker that has them now. */
  presence: 'stallgrid_presence',
  /** Billing runs queued by the api (trigger on billing_runs). */
  billingRuns: 'stallgrid_billing_runs',
  /** Prepaid balances or supplies of a site changed (triggers). */
  balances: 'stallgrid_balances',
  /** Settlement runs queued (trigger on settlement_runs). */
  settlement: 'stallgrid_settlement',
  /** Charges, refunds and callbacks that wait for billing (sent by whoever writes them). */
  charges: 'stallgrid_charges',
  /** Drawing up of bills queued (trigger on bill_runs). */
  billRuns: 'stallgrid_bill_runs',
  /** Audits queued (trigger on audit_runs). */
  audits: 'stallgrid_audits',
} as const;

export const NOTIFY_BYTES_MAX = 7_900;

export const zStallsNotice = z.object({ site: z.string(), stalls: z.array(z.number().int()) });
export const zCredentialsNotice = z.object({ device: z.string().optional() });
export const zCommandNotice = z.object({ device: z.string() });
export const zPresenceNotice = z.object({
  broker: z.number().int(),
  /** Device, and when it connected (epoch milliseconds). */
  connected: z.array(z.tuple([z.string(), z.number()])),
});
export const zBalancesNotice = z.object({ site: z.string() });
