import { expect, test } from 'vitest';
import { buildHitTest } from '../../../dashboard/src/floor/hit-test.ts';

/** Two rows of four stalls of 3 × 2 m, with a lane of 4 m between the rows. */
const RECTS = Array.from({ length: 8 }, (_, i) => ({ x: (i % 4) * 3, y: i < 4 ? 0 : 6, w: 3, h: 2 }));
const hits = buildHitTest(RECTS);

test('finds the stall under a point, and none in a lane', () => {
  expect(hits.at({ x: 4, y: 1 })).toBe(1);
  expect(hits.at({ x: 4, y: 7 })).toBe(5);
  expect(hits.at({ x: 4, y: 4 })).toBeNull();
});

test('finds what a part of the plan shows', () => {
  expect(hits.within({ x: 0.5, y: 0.5, w: 3, h: 1 }).sort()).toEqual([0, 1]);
});

test('arrow keys follow the row, cross the lane and stop at the end', () => {
  expect(hits.towards(0, 1, 0)).toBe(1);
  expect(hits.towards(1, 0, 1)).toBe(5);
  expect(hits.towards(5, 0, -1)).toBe(1);
  expect(hits.towards(3, 1, 0)).toBeNull();
});

test('a floor without stalls has nothing to hit', () => {
  expect(buildHitTest([]).at({ x: 0, y: 0 })).toBeNull();
});
