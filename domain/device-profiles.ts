import type { BaseUnit, MeteredCommodity } from './commodities.ts';

export const DEVICE_KINDS = ['electricity_meter', 'water_meter', 'stall_sensor', 'gate', 'gateway'] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

export const POINT_TYPES = ['number', 'boolean', 'string'] as const;

/** One named value that a device reports. */
export interface Point {
  readonly name: string;
  readonly type: (typeof POINT_TYPES)[number];
  /** UCUM code, e.g. `kW.h`, `m3`, `W`, `V`. */
  readonly unit?: string;
  /** Accepted in place of the name, e.g. `1-0:1.8.0`. */
  readonly obis?: string;
  readonly min?: number;
  readonly max?: number;
  /** Present on a cumulative register: its values become readings. */
  readonly register?: {
    readonly commodity: MeteredCommodity;
    readonly unit: BaseUnit;
    /** Base units in one unit of the point (1000 for kW.h → Wh). */
    readonly scale: number;
    /** Digits before the decimal point on the dial; it wraps at 10^digits × scale base units. */
    readonly digits: number;
  };
}

export interface DeviceProfile {
  readonly id: string;
  readonly revision: number;
  readonly kind: DeviceKind;
  readonly name: { readonly zh: string; readonly en: string };
  readonly points: readonly Point[];
  /** How often a healthy device reports, in seconds. Silent for more than twice this is stale. */
  readonly intervalS: number;
  /** Names of operations the device accepts on its command topic. */
  readonly commands: readonly string[];
  /** The boolean point that says a stall is open for business. */
  readonly occupancyPoint?: string;
  /** Publishes a second the broker lets through, sustained; a burst of ten times as many is allowed. */
  readonly rateLimit: number;
  readonly decoder: 'native';
}
