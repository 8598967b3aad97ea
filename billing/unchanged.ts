import type { TimeRange } from '../domain/periods.ts';
import type { SettledPoint } from '../store/settled-points.ts';
import type { ComputedPoint } from './compute-points.ts';

/** Raise it when the same inputs would give other lines: points that were settled before are settled again. */
export const SETTLEMENT_REVISION = 1;

/**
 * Points that need not be settled again until something that they were settled from changes: everything is known of
 * them, nothing is estimated, nobody has to look at them. Passes of gates are no readings: gates are always settled.
 */
export function settledWhole(period: TimeRange, computed: readonly ComputedPoint[]): readonly SettledPoint[] {
  return computed.flatMap(({ point, settlement, installations, inputs }) => {
    const boundaries = [...settlement.boundaries.values()];
    const isWhole =
      settlement.problems.length === 0 && boundaries.every(({ method }) => method !== 'estimated');
    if (!isWhole || point.commodity === 'gate') return [];
    const first = Math.min(period.from, ...installations.map(({ startsAt }) => startsAt));
    return {
      meteringPointId: point.id,
      readsFrom: inputs.resume?.ts ?? first,
      readsTo: boundaries.reduce((latest, { at, after }) => Math.max(latest, after?.ts ?? at), period.to),
    };
  });
}
