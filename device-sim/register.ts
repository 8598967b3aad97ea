import type { Curve } from './load-curve.ts';

export interface RegisterOptions {
  readonly curve: Curve;
  readonly from: number;
  readonly startValue: number;
  /** Base units at which the dial wraps to zero. */
  readonly modulus: number;
  readonly ratio: number;
  readonly until?: { readonly ts: number; readonly value: number } | undefined;
}

/**
 * What a meter's dial shows: a pure function of time, so that a restart, a backfill and another run of the
 * same seed agree to the last digit. Base units.
 */
export function registerValue(options: RegisterOptions): (ts: number) => number {
  const { curve, from, startValue, modulus, ratio, until } = options;
  const atFrom = curve.at(from);
  const counted = (ts: number): number => Math.floor((curve.at(ts) - atFrom) / ratio);
  if (!until) return (ts) => (startValue + counted(Math.max(ts, from))) % modulus;

  const total = counted(until.ts);
  const shown = (((until.value - startValue) % modulus) + modulus) % modulus;
  return (ts) => {
    if (ts >= until.ts) return until.value;
    const share = total === 0 ? 0 : counted(Math.max(ts, from)) / total;
    const part = Math.min(shown, Math.floor(share * shown));
    return (startValue + part) % modulus;
  };
}
