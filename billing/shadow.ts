import type { ComponentTotal } from '../store/shadow-totals.ts';
import type { ComputedPoint } from './compute-points.ts';

/** By lease and component, what the points' lines of the period would come to. */
export function shadowTotalsOf(points: readonly ComputedPoint[], period: string): readonly ComponentTotal[] {
  const sums = new Map<string, ComponentTotal>();
  for (const { posted, settlement } of points) {
    for (const line of [...posted, ...settlement.lines]) {
      if (line.period !== period) continue;
      const { leaseId, component } = line;
      const key = `${leaseId} ${component}`;
      const amount = (sums.get(key)?.amount ?? 0n) + line.amount;
      sums.set(key, { leaseId, component, amount });
    }
  }
  return [...sums.values()];
}
