import type { Point } from './viewport.ts';

export interface GestureSinks {
  pan(dx: number, dy: number): void;
  zoom(factor: number, at: Point): void;
  tap(at: Point): void;
  hover(at: Point | null): void;
}

/** A pointer that moved less than this many pixels tapped. */
const TAP_PX_MAX = 6;

/** Mouse, wheel, touch and pinch on one element; returns how to stop listening. */
export function listenToGestures(element: HTMLElement, sinks: GestureSinks): () => void {
  const pointers = new Map<number, Point>();
  let start: Point | null = null;
  let moved = false;

  const at = (event: MouseEvent): Point => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const distance = (a: Point, b: Point): number => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));

  const down = (event: PointerEvent) => {
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 1) {
      start = at(event);
      moved = false;
    } else moved = true;
  };
  const move = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    const now = at(event);
    if (before === undefined) {
      if (event.pointerType === 'mouse') sinks.hover(now);
      return;
    }
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other !== undefined) {
      const from = middle(before, other);
      const to = middle(now, other);
      sinks.pan(to.x - from.x, to.y - from.y);
      sinks.zoom(distance(now, other) / distance(before, other), to);
    } else {
      if (start !== null && Math.hypot(now.x - start.x, now.y - start.y) > TAP_PX_MAX) moved = true;
      if (moved) sinks.pan(now.x - before.x, now.y - before.y);
    }
    pointers.set(event.pointerId, now);
  };
  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    if (event.type === 'pointerup' && !moved && pointers.size === 0) sinks.tap(at(event));
  };
  const leave = () => sinks.hover(null);
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    sinks.zoom(Math.exp(-Math.max(-400, Math.min(400, pixels)) * 0.0015), at(event));
  };

  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener('pointerleave', leave);
  element.addEventListener('wheel', wheel, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
    element.removeEventListener('pointerleave', leave);
    element.removeEventListener('wheel', wheel);
  };
}
