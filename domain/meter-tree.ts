/**
 * What a metering point is for. `main` counts again what the points behind it count and is never charged; `common` is
 * the site's own (lighting, lifts, plant); `stall` is charged to whoever leases its place.
 */
export const POINT_ROLES = ['stall', 'common', 'main'] as const;
export type PointRole = (typeof POINT_ROLES)[number];

/** Levels of mains behind mains, at most (also a rule of the database). */
export const TREE_DEPTH_MAX = 12;

/** What of a main meter's usage is shared out among the stalls behind it. */
export const ALLOCATED = ['nothing', 'residual', 'residual_and_common'] as const;
export type Allocated = (typeof ALLOCATED)[number];

/** By what it is shared out; area and equal shares count by time as well. */
export const WEIGHTS = ['area', 'usage', 'equal'] as const;
export type Weight = (typeof WEIGHTS)[number];

/** A point and what it used in a period, base units; null where it is not known. */
export interface Node {
  readonly id: number;
  readonly mainId: number | null;
  readonly role: PointRole;
  readonly usage: bigint | null;
}

/** By main, the points directly behind it, in the order given. */
export function childrenOf<T extends { readonly mainId: number | null }>(
  points: readonly T[],
): ReadonlyMap<number, readonly T[]> {
  const children = new Map<number, T[]>();
  for (const point of points) {
    if (point.mainId === null) continue;
    const list = children.get(point.mainId);
    if (list) list.push(point);
    else children.set(point.mainId, [point]);
  }
  return children;
}

/** Every point below the main that is no main itself, whatever the level. */
export function leavesBehind<T extends { readonly id: number; readonly role: PointRole }>(
  children: ReadonlyMap<number, readonly T[]>,
  mainId: number,
): readonly T[] {
  return (children.get(mainId) ?? []).flatMap((point) =>
    point.role === 'main' ? leavesBehind(children, point.id) : [point],
  );
}

/** main = stalls + common + loss, base units; `missing` are points whose usage is not known. */
export interface Breakdown {
  readonly main: bigint;
  readonly stalls: bigint;
  readonly common: bigint;
  /** What the main counted and no meter behind it did, on every level below; negative where they counted more. */
  readonly loss: bigint;
}

/**
 * Where a main's usage went, over all levels below it: a main behind it is taken apart in its turn. Null where any
 * point of it is not known.
 */
export function breakdownOf(node: Node, children: ReadonlyMap<number, readonly Node[]>): Breakdown | null {
  if (node.usage === null) return null;
  let [stalls, common, below] = [0n, 0n, 0n];
  let lossBelow = 0n;
  for (const child of children.get(node.id) ?? []) {
    if (child.usage === null) return null;
    below += child.usage;
    if (child.role === 'common') common += child.usage;
    else if (child.role === 'stall') stalls += child.usage;
    else {
      const inner = breakdownOf(child, children);
      if (!inner) return null;
      stalls += inner.stalls;
      common += inner.common;
      lossBelow += inner.loss;
    }
  }
  return { main: node.usage, stalls, common, loss: node.usage - below + lossBelow };
}
