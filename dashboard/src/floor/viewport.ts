import type { Rect } from '../../../domain/places.ts';

/** A point of the plan (metres) lies on the screen (CSS pixels) at `p × scale + (x, y)`. */
export interface Viewport {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Nobody needs a metre wider than this many pixels. */
export const SCALE_MAX = 80;
const PADDING_PX = 20;
/** At least this much of the plan stays in view however far it is dragged. */
const KEPT_PX = 80;

/** The whole plan, centred, with a margin. */
export function fitted(plan: Size, view: Size): Viewport {
  const scale = Math.min(
    SCALE_MAX,
    Math.max(0.1, (view.width - 2 * PADDING_PX) / plan.width),
    Math.max(0.1, (view.height - 2 * PADDING_PX) / plan.height),
  );
  return {
    scale,
    x: (view.width - plan.width * scale) / 2,
    y: (view.height - plan.height * scale) / 2,
  };
}

const clampTo = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

/** Keeps the scale between the fitted one and SCALE_MAX, and some of the plan in view. */
export function clamp(v: Viewport, plan: Size, view: Size): Viewport {
  const scale = clampTo(v.scale, fitted(plan, view).scale, SCALE_MAX);
  return {
    scale,
    x: clampTo(v.x, KEPT_PX - plan.width * scale, view.width - KEPT_PX),
    y: clampTo(v.y, KEPT_PX - plan.height * scale, view.height - KEPT_PX),
  };
}

export function pan(v: Viewport, dx: number, dy: number, plan: Size, view: Size): Viewport {
  return clamp({ scale: v.scale, x: v.x + dx, y: v.y + dy }, plan, view);
}

/** Zooms by `factor`; the point of the plan under `at` stays under it. */
export function zoomAt(v: Viewport, factor: number, at: Point, plan: Size, view: Size): Viewport {
  const scale = clampTo(v.scale * factor, fitted(plan, view).scale, SCALE_MAX);
  const ratio = scale / v.scale;
  return clamp({ scale, x: at.x - (at.x - v.x) * ratio, y: at.y - (at.y - v.y) * ratio }, plan, view);
}

/** Puts the middle of `rect` in the middle of the view, zoomed in to `scaleMin` at least. */
export function centreOn(v: Viewport, rect: Rect, scaleMin: number, plan: Size, view: Size): Viewport {
  const scale = clampTo(Math.max(v.scale, scaleMin), fitted(plan, view).scale, SCALE_MAX);
  return clamp(
    {
      scale,
      x: view.width / 2 - (rect.x + rect.w / 2) * scale,
      y: view.height / 2 - (rect.y + rect.h / 2) * scale,
    },
    plan,
    view,
  );
}

export function toPlan(v: Viewport, at: Point): Point {
  return { x: (at.x - v.x) / v.scale, y: (at.y - v.y) / v.scale };
}

export function toScreen(v: Viewport, at: Point): Point {
  return { x: at.x * v.scale + v.x, y: at.y * v.scale + v.y };
}

/** The part of the plan that the view shows, in metres. */
export function visible(v: Viewport, view: Size): Rect {
  const { x, y } = toPlan(v, { x: 0, y: 0 });
  return { x, y, w: view.width / v.scale, h: view.height / v.scale };
}
