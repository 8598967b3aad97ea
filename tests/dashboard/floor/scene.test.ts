import { expect, test } from 'vitest';
import { Scene } from '../../../dashboard/src/floor/scene.ts';
import type { StallState } from '../../../domain/floor.ts';

const NOW = 1_800_000_000_000;
const PLAN = { width: 10, height: 10, walls: [], labels: [] };
const STALLS = [1, 2].map((id) => ({
  id,
  code: `A-${id}`,
  merchant: null,
  rect: { x: id * 3, y: 1, w: 2, h: 2 },
}));
const state = (id: number, change: Partial<StallState> = {}): StallState => ({
  id,
  occupancy: 'vacant',
  leased: true,
  measuredAt: NOW,
  seenAt: NOW,
  ...change,
});

test('a frame is due only when what is seen changes', () => {
  const scene = new Scene(PLAN, STALLS);
  expect(scene.update([state(1), state(2)], 60, NOW)).toBe(true);
  expect(scene.update([state(1, { seenAt: NOW + 1 })], 60, NOW + 1)).toBe(false);
  expect(scene.update([state(1, { occupancy: 'occupied' })], 60, NOW)).toBe(true);
});

test('a silent stall goes stale by the clock alone, and keeps its last value', () => {
  const scene = new Scene(PLAN, STALLS);
  scene.update([state(1, { occupancy: 'occupied' })], 60, NOW);
  expect(scene.update([state(1, { occupancy: 'occupied' })], 60, NOW + 120_001)).toBe(true);
  expect(scene.standings[0]).toBe('stale');
  expect(scene.last[0]).toBe('occupied');
});

test('a change of meaning lights up; a repeated report and a first sight do not', () => {
  const scene = new Scene(PLAN, STALLS);
  scene.flash([state(1), state(2)], new Map(), 0);
  expect(scene.flashes.size).toBe(0);
  scene.flash([state(1, { seenAt: NOW + 9 })], new Map([[1, state(1)]]), 0);
  expect(scene.flashes.size).toBe(0);
  scene.flash([state(1, { occupancy: 'occupied' })], new Map([[1, state(1)]]), 5);
  expect([...scene.flashes]).toEqual([[0, 5]]);
});
