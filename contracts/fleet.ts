import { z } from 'zod';
import { SEGMENT } from './mqtt.ts';

/** What a stall, or a part of the building, does: its hours and its load follow from it. */
export const TRADES = [
  'seafood',
  'meat',
  'vegetables',
  'fruit',
  'dry_goods',
  'catering',
  'clothing',
  'household',
  'cold_store',
  'building',
  'gate',
  'idle',
] as const;
export type Trade = (typeof TRADES)[number];

export const SIMULATED_KINDS = ['electricity_meter', 'water_meter', 'stall_sensor', 'gate'] as const;

const zShare = z.number().min(0).max(1);
const zEpochMs = z.number().int().min(0);
const zWindows = z.object({ everyS: z.number().int().min(1), forS: z.number().int().min(1) });

/** What may be wrong with a device. Times are in seconds of the device's own time. */
export const zFaults = z.object({
  /** Share of the messages that are sent twice. */
  duplicates: zShare.optional(),
  /** Share of the messages that are overtaken by the next one. */
  disorder: zShare.optional(),
  /** Share of the live messages that nobody could decode. */
  malformed: zShare.optional(),
  /** How far its clock is ahead (negative: behind). */
  clockAheadS: z.number().int().optional(),
  /** Loses its connection now and then, keeps measuring, and sends what it kept afterwards. */
  outage: zWindows.optional(),
  /** Stays connected now and then without saying anything. */
  mute: zWindows.optional(),
  /** Dead from this instant on (epoch ms): sends what it had measured before, and no more. */
  deadFrom: zEpochMs.optional(),
  /**
   * What it counted is shown wrong at the instants from `from` to `to`, both included: as zero, as so many kWh or m³
   * more (`jump`), or rightly and with so many more besides (`twice`).
   */
  misreads: z
    .array(
      z.object({
        from: zEpochMs,
        to: zEpochMs,
        as: z.enum(['zero', 'jump', 'twice']),
        by: z.number().default(0),
      }),
    )
    .max(20)
    .optional(),
});
export type Faults = z.infer<typeof zFaults>;

const zSimulatedVehicle = z.object({ plate: z.string().max(16), class: z.string().max(32) });
export type SimulatedVehicle = z.infer<typeof zSimulatedVehicle>;

export const zSimulatedDevice = z.object({
  id: z.string().regex(SEGMENT),
  secret: z.string().min(1),
  kind: z.enum(SIMULATED_KINDS),
  trade: z.enum(TRADES),
  /** Wh or L in a full hour; visits in a full hour for a gate; not used by a sensor. */
  size: z.number().min(0).default(0),
  /** What the load is a function of, besides the seed; a meter that replaced another one shares it. Default: the id. */
  loadKey: z.string().optional(),
  /** A main meter: it counts what these devices' loads add up to, and a loss on top, in place of a load of its own. */
  mainOf: z.object({ loadKeys: z.array(z.string()), lossPercent: z.number().min(0).max(100) }).optional(),
  /**
   * What a gate's lane is for: entries, exits, or both (`size` visits in a full hour each way). An exit lane lets out
   * whoever came in by the gate `entry`.
   */
  lane: z
    .object({ direction: z.enum(['in', 'out', 'both']), entry: z.string().optional() })
    .default({ direction: 'both' }),
  /** Vehicles that come to a gate again and again, beside those that it makes up. */
  vehicles: z.array(zSimulatedVehicle).max(500).default([]),
  /** CT × PT ratio: the register counts the secondary side, one part in this many. */
  ratio: z.number().int().min(1).default(1),
  /** What the register shows when it is installed, base units. */
  startValue: z.number().int().min(0).default(0),
  /** Installed at (epoch ms); default: when the fleet's history begins. */
  from: zEpochMs.optional(),
  /** Taken away at this instant, showing this: the load before it is stretched to fit. */
  until: z.object({ ts: zEpochMs, value: z.number().int().min(0) }).optional(),
  faults: zFaults.default({}),
});
export type SimulatedDevice = z.infer<typeof zSimulatedDevice>;
export type SimulatedDeviceInput = z.input<typeof zSimulatedDevice>;

export const DEVICES_MAX = 20_000;

/** The file that `sim fleet --config` reads: what the devices of one site are, and the secrets they were given. */
export const zFleetConfig = z.object({
  site: z.string().regex(SEGMENT),
  timeZone: z.string(),
  seed: z.string(),
  /** Meters remember every hour since then (epoch ms). */
  historyFrom: zEpochMs,
  devices: z.array(zSimulatedDevice).max(DEVICES_MAX),
});
export type FleetConfig = z.infer<typeof zFleetConfig>;
export type FleetConfigInput = z.input<typeof zFleetConfig>;

/** What a fleet tells the process that started it, once a second and when something is over. */
export const zFleetProgress = z.object({
  devices: z.number().int(),
  connected: z.number().int(),
  /** Measurements that were kept while nobody listened: how many are acknowledged, of how many. */
  backfilled: z.number().int(),
  backfillTotal: z.number().int(),
  /** Everything kept before the start has been acknowledged. */
  historyDone: z.boolean(),
  published: z.number().int(),
  acked: z.number().int(),
  errors: z.record(z.string(), z.number().int()),
});
export type FleetProgress = z.infer<typeof zFleetProgress>;
