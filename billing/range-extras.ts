import type { NamedPeriod, RangeExtras } from '../domain/settlement/desired.ts';
import type { Problem } from '../domain/settlement/problems.ts';
import type { ServiceRange } from '../domain/settlement/service-ranges.ts';
import type { MeteringPointRow } from '../store/usage-inputs.ts';
import { readPassExtras } from './pass-extras.ts';
import type { RunContext } from './run-context.ts';
import { readShareExtras } from './share-extras.ts';

/** What is charged at a point beside its own usage. */
export interface PointExtras extends RangeExtras {
  /** Of a gate, where several leases pay at once: instead of the ranges of a stall's leases. */
  readonly ranges?: readonly ServiceRange[] | undefined;
  /** What cannot be charged of it, and why. */
  readonly problems?: readonly Problem[] | undefined;
}

/** By point; a point without any is missing. */
export async function readExtras(
  context: RunContext,
  points: readonly MeteringPointRow[],
  period: NamedPeriod,
): Promise<ReadonlyMap<number, PointExtras>> {
  const gates = points.filter(({ commodity }) => commodity === 'gate').map(({ id }) => id);
  const others = points.filter(({ commodity }) => commodity !== 'gate').map(({ id }) => id);
  return new Map([
    ...(await readPassExtras(context, gates, period)),
    ...(await readShareExtras(context, others, period)),
  ]);
}
