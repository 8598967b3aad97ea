import type { FloorPlan } from '../../../domain/places.ts';
import type { SceneStall } from '../floor/scene.ts';

const MARGIN_M = 2;

/** A floor that was entered without an outline is as large as its stalls. */
export function planOf(plan: FloorPlan, stalls: readonly SceneStall[]): FloorPlan {
  let width = plan.width;
  let height = plan.height;
  for (const { rect } of stalls) {
    width = Math.max(width, rect.x + rect.w + (plan.width > 0 ? 0 : MARGIN_M));
    height = Math.max(height, rect.y + rect.h + (plan.height > 0 ? 0 : MARGIN_M));
  }
  return { ...plan, width: Math.max(1, width), height: Math.max(1, height) };
}
