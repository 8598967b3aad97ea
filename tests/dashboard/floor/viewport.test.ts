import { expect, test } from 'vitest';
import {
  centreOn,
  clamp,
  fitted,
  pan,
  SCALE_MAX,
  toPlan,
  toScreen,
  visible,
  zoomAt,
} from '../../../dashboard/src/floor/viewport.ts';

const PLAN = { width: 100, height: 50 };
const VIEW = { width: 1000, height: 800 };
const FITTED = fitted(PLAN, VIEW);

test('the fitted plan is whole and in the middle', () => {
  const a = toScreen(FITTED, { x: 0, y: 0 });
  const b = toScreen(FITTED, { x: PLAN.width, y: PLAN.height });
  expect(a.x).toBeGreaterThanOrEqual(0);
  expect(b.x).toBeLessThanOrEqual(VIEW.width);
  expect(a.x).toBeCloseTo(VIEW.width - b.x);
  expect(a.y).toBeCloseTo(VIEW.height - b.y);
});

test('the point under the mouse stays there while zooming', () => {
  const at = { x: 640, y: 300 };
  const before = toPlan(FITTED, at);
  const zoomed = zoomAt(FITTED, 2.5, at, PLAN, VIEW);
  expect(zoomed.scale).toBeCloseTo(FITTED.scale * 2.5);
  expect(toPlan(zoomed, at).x).toBeCloseTo(before.x);
  expect(toPlan(zoomed, at).y).toBeCloseTo(before.y);
});

test('nobody zooms out beyond the whole plan, or in beyond the limit', () => {
  const at = { x: 500, y: 400 };
  expect(zoomAt(FITTED, 0.01, at, PLAN, VIEW).scale).toBe(FITTED.scale);
  expect(zoomAt(FITTED, 1e6, at, PLAN, VIEW).scale).toBe(SCALE_MAX);
});

test.each([
  [1e6, 1e6],
  [-1e6, -1e6],
  [1e6, -1e6],
])('however far it is dragged (%d, %d), some of the plan stays in view', (dx, dy) => {
  const zoomed = zoomAt(FITTED, 4, { x: 500, y: 400 }, PLAN, VIEW);
  const seen = visible(pan(zoomed, dx, dy, PLAN, VIEW), VIEW);
  expect(Math.min(seen.x + seen.w, PLAN.width) - Math.max(seen.x, 0)).toBeGreaterThan(0);
  expect(Math.min(seen.y + seen.h, PLAN.height) - Math.max(seen.y, 0)).toBeGreaterThan(0);
});

test('centring brings a stall to the middle, large enough to read, and never zooms out', () => {
  const rect = { x: 40, y: 20, w: 3, h: 3 };
  const centred = centreOn(FITTED, rect, 25, PLAN, VIEW);
  expect(centred.scale).toBe(25);
  expect(toScreen(centred, { x: 41.5, y: 21.5 })).toEqual({ x: 500, y: 400 });
  expect(centreOn(centred, rect, 10, PLAN, VIEW).scale).toBe(25);
});

test('a plan that is already within its limits is left alone', () => {
  expect(clamp(FITTED, PLAN, VIEW)).toEqual(FITTED);
});
