import { isStale, type StallState } from '../../../domain/floor.ts';

/**
 * What may be said of a stall now. `stale` keeps its last value but is no longer known to be true; `unknown`
 * never had one. Each stall has exactly one standing, so that counts of standings add up.
 */
export const STANDINGS = ['open', 'closed', 'unknown', 'stale'] as const;
export type Standing = (typeof STANDINGS)[number];

export function standingOf(state: StallState, intervalS: number, now: number): Standing {
  if (state.occupancy === 'unknown') return 'unknown';
  if (isStale(state, intervalS, now)) return 'stale';
  return state.occupancy === 'occupied' ? 'open' : 'closed';
}

export type StandingCounts = Record<Standing, number>;
export interface FloorCounts {
  readonly leased: StandingCounts;
  readonly unleased: StandingCounts;
  readonly total: number;
}

/** Counts every stall once: the eight numbers add up to `total`. */
export function countStandings(states: Iterable<StallState>, intervalS: number, now: number): FloorCounts {
  const leased: StandingCounts = { open: 0, closed: 0, unknown: 0, stale: 0 };
  const unleased: StandingCounts = { open: 0, closed: 0, unknown: 0, stale: 0 };
  let total = 0;
  for (const state of states) {
    (state.leased ? leased : unleased)[standingOf(state, intervalS, now)] += 1;
    total += 1;
  }
  return { leased, unleased, total };
}
