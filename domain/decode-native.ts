import { toBaseUnits } from './base-units.ts';
import type { DeadLetterReason } from './dead-letters.ts';
import type { DeviceProfile, Point } from './device-profiles.ts';

/** A profile made ready for decoding: points by name and by OBIS code. */
export interface NativeDecoder {
  readonly points: ReadonlyMap<string, Point>;
  readonly occupancyPoint: string | undefined;
}

export interface Register {
  readonly id: number;
  /** Base units at which the dial wraps. */
  readonly modulus: bigint;
}

/** A point of a message that could not be taken. */
export interface RefusedPoint {
  readonly point: string;
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

export interface Decoded {
  /** By the profile's names, aliases resolved. */
  readonly values: Record<string, number | boolean | string>;
  /** How many values were taken. */
  readonly taken: number;
  readonly readings: readonly { readonly registerId: number; readonly value: bigint }[];
  /** What the profile's occupancy point said, if it was there. */
  readonly open: boolean | undefined;
  readonly refused: readonly RefusedPoint[];
}

export const STRING_LENGTH_MAX = 1024;

export function nativeDecoder(profile: DeviceProfile): NativeDecoder {
  const points = new Map<string, Point>();
  for (const point of profile.points) if (point.obis) points.set(point.obis, point);
  for (const point of profile.points) points.set(point.name, point);
  return { points, occupancyPoint: profile.occupancyPoint };
}

/** Takes what the profile knows and believes, and names the rest. `registers` are the device's, by point. */
export function decodeNative(
  decoder: NativeDecoder,
  registers: ReadonlyMap<string, Register>,
  received: Readonly<Record<string, unknown>>,
): Decoded {
  const values: Record<string, number | boolean | string> = {};
  const readings: { registerId: number; value: bigint }[] = [];
  const refused: RefusedPoint[] = [];
  let open: boolean | undefined;
  let taken = 0;
  for (const name of Object.keys(received)) {
    const point = decoder.points.get(name);
    if (!point) {
      refused.push({ point: name, reason: 'unknown_point', detail: 'is not a point of the profile' });
      continue;
    }
    const value = received[name];
    const fault = faultOf(point, value);
    if (fault) {
      refused.push({ point: name, ...fault });
      continue;
    }
    if (Object.hasOwn(values, point.name)) {
      refused.push({ point: name, reason: 'wrong_shape', detail: 'is there twice, by name and by code' });
      continue;
    }
    if (point.register) {
      const register = registers.get(point.name);
      const amount = toBaseUnits(value as number, point.register.scale);
      if (!register) {
        refused.push({ point: name, reason: 'internal', detail: 'has no register on this device' });
      } else if (amount === null || amount >= register.modulus) {
        refused.push({
          point: name,
          reason: 'out_of_range',
          detail: 'does not fit the register',
        });
        continue;
      } else {
        readings.push({ registerId: register.id, value: amount });
      }
    }
    if (point.name === decoder.occupancyPoint && typeof value === 'boolean') open = value;
    values[point.name] = value as number | boolean | string;
    taken++;
  }
  return { values, taken, readings, open, refused };
}

function faultOf(point: Point, value: unknown): { reason: DeadLetterReason; detail: string } | null {
  if (typeof value !== point.type) return { reason: 'wrong_type', detail: `must be a ${point.type}` };
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return { reason: 'out_of_range', detail: 'is too large a number' };
    if (point.min !== undefined && value < point.min) {
      return { reason: 'out_of_range', detail: `must be at least ${point.min}` };
    }
    if (point.max !== undefined && value > point.max) {
      return { reason: 'out_of_range', detail: `must be at most ${point.max}` };
    }
  } else if (typeof value === 'string') {
    if (value.length > STRING_LENGTH_MAX) {
      return { reason: 'out_of_range', detail: `must be at most ${STRING_LENGTH_MAX} characters` };
    }
    if (!isStorableText(value)) return { reason: 'wrong_type', detail: 'must be text without U+0000' };
  }
  return null;
}

/** Well-formed Unicode without U+0000: what Postgres and InfluxDB can keep. */
export function isStorableText(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text);
}
