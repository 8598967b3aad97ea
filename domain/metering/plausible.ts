import { BASE_PER_DISPLAY } from '../commodities.ts';
import { CLOCK_AHEAD_MS_MAX } from '../readings.ts';
import { TOTAL_ONE } from './boundary.ts';

/** Why the fold does not use a reading. It stays stored, for a person to look at. */
export const REFUSALS = ['decreased', 'jumped', 'beyond_dial'] as const;
export type Refusal = (typeof REFUSALS)[number];

const HOUR_MS = 3_600_000;
/** A dial wraps only from its last tenth: a value that falls from further down is a fault or an exchange. */
const NEAR_TOP_SHARE = 10n;

export interface Step {
  readonly fromTs: number;
  readonly fromValue: bigint;
  readonly toTs: number;
  readonly toValue: bigint;
  readonly modulus: bigint;
  /** In 1/10,000. */
  readonly multiplier: bigint;
  /** Base units an hour that the metering point can use at most. */
  readonly maxRate: bigint;
}

/**
 * How much the register counted between two of its values, in its base units, or why that cannot be.
 * Allowed is the maximum rate over the time between, plus the five minutes that a device's clock may be wrong by,
 * plus one display unit because some registers count only whole kWh or m³.
 */
export function registerDelta(step: Step): { readonly delta: bigint } | { readonly refusal: Refusal } {
  const { fromValue, toValue, modulus } = step;
  if (toValue < 0n || toValue >= modulus) return { refusal: 'beyond_dial' };
  if (toValue >= fromValue) {
    const delta = toValue - fromValue;
    return isPossible(delta, step) ? { delta } : { refusal: 'jumped' };
  }
  const delta = toValue - fromValue + modulus;
  const nearTop = (modulus - fromValue) * NEAR_TOP_SHARE <= modulus;
  return nearTop && isPossible(delta, step) ? { delta } : { refusal: 'decreased' };
}

/**
 * The same for a value that a person vouches for: what is below the last value has gone round the dial once. Only
 * what the dial cannot show is still refused.
 */
export function vouchedDelta(
  step: Pick<Step, 'fromValue' | 'toValue' | 'modulus'>,
): { readonly delta: bigint } | { readonly refusal: Refusal } {
  const { fromValue, toValue, modulus } = step;
  if (toValue < 0n || toValue >= modulus) return { refusal: 'beyond_dial' };
  return { delta: toValue >= fromValue ? toValue - fromValue : toValue - fromValue + modulus };
}

function isPossible(delta: bigint, { fromTs, toTs, multiplier, maxRate }: Step): boolean {
  if (delta <= BigInt(BASE_PER_DISPLAY)) return true;
  const used = (delta - BigInt(BASE_PER_DISPLAY)) * multiplier * BigInt(HOUR_MS);
  return used <= maxRate * BigInt(toTs - fromTs + CLOCK_AHEAD_MS_MAX) * TOTAL_ONE;
}
