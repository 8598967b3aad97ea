import type { StallState } from '../../../domain/floor.ts';
import type { FloorPlan, Rect } from '../../../domain/places.ts';
import { buildHitTest, type HitTest } from './hit-test.ts';
import { type Standing, standingOf } from './standing.ts';

/** What of a stall does not change from second to second. */
export interface SceneStall {
  readonly id: number;
  readonly code: string;
  readonly merchant: string | null;
  readonly rect: Rect;
}

export const FLASH_MS = 1_400;

/** Everything that a frame is drawn from, kept by position in `stalls`. */
export class Scene {
  readonly plan: FloorPlan;
  readonly stalls: readonly SceneStall[];
  readonly hits: HitTest;
  readonly standings: Standing[];
  /** The last value of a stale stall is still drawn, under the hatch. */
  readonly last: StallState['occupancy'][];
  readonly leased: boolean[];
  /** Position → frame clock at which it changed. */
  readonly flashes = new Map<number, number>();
  selected: number | null = null;
  hovered: number | null = null;
  readonly #positions = new Map<number, number>();

  constructor(plan: FloorPlan, stalls: readonly SceneStall[]) {
    this.plan = plan;
    this.stalls = stalls;
    this.hits = buildHitTest(stalls.map((s) => s.rect));
    this.standings = stalls.map(() => 'unknown');
    this.last = stalls.map(() => 'unknown');
    this.leased = stalls.map(() => false);
    for (const [i, stall] of stalls.entries()) this.#positions.set(stall.id, i);
  }

  positionOf(id: number): number | null {
    return this.#positions.get(id) ?? null;
  }

  /** Takes states over; returns false when none of them changes what is seen. Also called as time passes. */
  update(states: Iterable<StallState>, intervalS: number, now: number): boolean {
    let seen = false;
    for (const state of states) {
      const i = this.#positions.get(state.id);
      if (i === undefined) continue;
      const standing = standingOf(state, intervalS, now);
      if (
        this.standings[i] === standing &&
        this.last[i] === state.occupancy &&
        this.leased[i] === state.leased
      ) {
        continue;
      }
      this.standings[i] = standing;
      this.last[i] = state.occupancy;
      this.leased[i] = state.leased;
      seen = true;
    }
    return seen;
  }

  /** Lights up those whose meaning changed; that a sensor merely reported again is no change. */
  flash(changed: readonly StallState[], previous: ReadonlyMap<number, StallState>, frameClock: number): void {
    for (const state of changed) {
      const before = previous.get(state.id);
      const i = this.#positions.get(state.id);
      if (before === undefined || i === undefined) continue;
      if (before.occupancy !== state.occupancy || before.leased !== state.leased)
        this.flashes.set(i, frameClock);
    }
  }
}
