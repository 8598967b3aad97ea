/** Kinds of place, outermost first. A stall is what a merchant leases. */
export const PLACE_KINDS = ['hall', 'floor', 'zone', 'stall', 'gate_lane', 'warehouse'] as const;
export type PlaceKind = (typeof PLACE_KINDS)[number];

/** A rectangle on its floor, in metres from the floor's top left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** What a floor looks like without its stalls: its outline and its walls, in metres. */
export interface FloorPlan {
  readonly width: number;
  readonly height: number;
  readonly walls: readonly (readonly [x1: number, y1: number, x2: number, y2: number])[];
  /** Names of lanes, halls and entrances, drawn on the plan. */
  readonly labels: readonly { readonly x: number; readonly y: number; readonly text: string }[];
}
