import { childrenOf } from '../domain/meter-tree.ts';
import type { NamedPeriod } from '../domain/settlement/desired.ts';
import { openCase } from '../store/cases.ts';
import { isMeteredIn, readTree } from '../store/meter-tree.ts';
import { computePoints } from './compute-points.ts';
import type { RunContext } from './run-context.ts';

/** Points folded at a time: bounds memory. */
const POINTS_PER_BATCH = 200;

/**
 * The daily alarm: opens a case for each main that counted less in the day than the meters directly behind it. One
 * case a main, however many days it goes on; a main of which a value is missing is passed over. Nothing is pinned or
 * charged by it.
 */
export async function checkMains(context: RunContext, day: NamedPeriod, at: Date): Promise<void> {
  const { client, siteId, cutOff } = context;
  const tree = await readTree(client, siteId, { changeId: cutOff.changeId });
  const children = childrenOf(tree);
  const mains = tree.filter((point) => point.role === 'main' && isMeteredIn(point, day));
  const ids = [
    ...new Set(mains.flatMap((main) => [main, ...(children.get(main.id) ?? [])]).map(({ id }) => id)),
  ].sort((a, b) => a - b);
  const used = new Map<number, bigint>();
  for (let from = 0; from < ids.length; from += POINTS_PER_BATCH) {
    const batch = ids.slice(from, from + POINTS_PER_BATCH);
    const { points } = await computePoints(context, batch, day, { estimate: false, ends: true });
    for (const { point, settlement } of points) {
      const [first, last] = [settlement.boundaries.get(day.from), settlement.boundaries.get(day.to)];
      if (first && last) used.set(point.id, last.value - first.value);
    }
  }
  for (const main of mains) {
    const members = (children.get(main.id) ?? []).filter((point) => isMeteredIn(point, day));
    const mainUsage = used.get(main.id);
    if (mainUsage === undefined || members.some(({ id }) => !used.has(id))) continue;
    const subUsage = members.reduce((sum, { id }) => sum + (used.get(id) ?? 0n), 0n);
    if (subUsage <= mainUsage) continue;
    const subject = {
      ...{ mainId: main.id, code: main.code, commodity: main.commodity, period: day.name },
      ...{ mainUsage: `${mainUsage}`, subUsage: `${subUsage}`, residual: `${mainUsage - subUsage}` },
    };
    await openCase(client, { siteId, kind: 'negative_residual', key: `${main.id} day`, subject, at });
  }
}
