import Flatbush from 'flatbush';
import type { Rect } from '../../../domain/places.ts';
import type { Point } from './viewport.ts';

/** Finds stalls by place. Answers are positions in the list that the index was built from. */
export interface HitTest {
  at(point: Point): number | null;
  within(rect: Rect): number[];
  /** The nearest one from the middle of `from` towards a direction, for the arrow keys. */
  towards(from: number, dx: number, dy: number): number | null;
}

export function buildHitTest(rects: readonly Rect[]): HitTest {
  if (rects.length === 0) return { at: () => null, within: () => [], towards: () => null };
  const index = new Flatbush(rects.length);
  for (const r of rects) index.add(r.x, r.y, r.x + r.w, r.y + r.h);
  index.finish();

  const middle = (i: number): Point => {
    const r = rects[i];
    return r === undefined ? { x: 0, y: 0 } : { x: r.x + r.w / 2, y: r.y + r.h / 2 };
  };

  return {
    at: ({ x, y }) => index.search(x, y, x, y)[0] ?? null,
    within: (r) => index.search(r.x, r.y, r.x + r.w, r.y + r.h),
    towards(from, dx, dy) {
      const start = middle(from);
      let best: number | null = null;
      let bestCost = Number.POSITIVE_INFINITY;
      for (let i = 0; i < rects.length; i++) {
        const there = middle(i);
        const along = (there.x - start.x) * dx + (there.y - start.y) * dy;
        const aside = Math.abs((there.x - start.x) * dy - (there.y - start.y) * dx);
        // Within 60° of the direction; what lies aside costs double, so that an arrow follows its row.
        if (i === from || along <= 0 || aside > along * 1.75) continue;
        const cost = along + 2 * aside;
        if (cost < bestCost) {
          best = i;
          bestCost = cost;
        }
      }
      return best;
    },
  };
}
