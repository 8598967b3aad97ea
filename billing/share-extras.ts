import { periodKindOf } from '../domain/periods.ts';
import type { NamedPeriod } from '../domain/settlement/desired.ts';
import type { ServiceRange } from '../domain/settlement/service-ranges.ts';
import { readClosingChange } from '../store/periods.ts';
import { readShares, readUncharged } from '../store/shares.ts';
import type { PointExtras } from './range-extras.ts';
import type { RunContext } from './run-context.ts';

const MONTH_LENGTH = '2026-10'.length;

/**
 * Shares of common area and loss, as they were allocated last: those of a month run's own residuals are there once
 * these are computed (residuals.ts), and then the points are settled again. Mains are charged to nobody, and
 * neither are common points whose usage is shared out. In a closed period the tree and the rules stay as its close saw
 * them.
 */
export async function readShareExtras(
  { client, siteId, cutOff }: RunContext,
  pointIds: readonly number[],
  period: NamedPeriod,
): Promise<ReadonlyMap<number, PointExtras>> {
  const extras = new Map<number, PointExtras>();
  if (periodKindOf(period.name) === 'month') {
    const byRange = new Map(
      (await readShares(client, pointIds, period.name)).map((one) => [
        rangeKey(one.meteringPointId, one.leaseId, one.from, one.to),
        one,
      ]),
    );
    const having = new Set([...byRange.values()].map(({ meteringPointId }) => meteringPointId));
    for (const id of having) {
      const find = ({ leaseId, from, to }: ServiceRange) => byRange.get(rangeKey(id, leaseId, from, to));
      extras.set(id, {
        share: (range) => find(range)?.share ?? null,
        shareParts: (range) => find(range)?.parts ?? [],
        passes: () => [],
      });
    }
  }
  const month = period.name.slice(0, MONTH_LENGTH);
  const changeId = (await readClosingChange(client, siteId, period.name)) ?? cutOff.changeId;
  for (const id of await readUncharged(client, pointIds, month, { ...cutOff, changeId })) {
    extras.set(id, { share: () => null, passes: () => [], ranges: [] });
  }
  return extras;
}

const rangeKey = (pointId: number, leaseId: number | null, from: number, to: number): string =>
  `${pointId} ${leaseId} ${from} ${to}`;
