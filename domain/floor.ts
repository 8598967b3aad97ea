import type { Occupancy } from './occupancy.ts';

/** The changing part of a stall on the live plan. Times are epoch milliseconds. */
export interface StallState {
  readonly id: number;
  readonly occupancy: Occupancy;
  /** A merchant's lease covers the stall now. */
  readonly leased: boolean;
  /** When the sensor measured what `occupancy` says; null before its first message. */
  readonly measuredAt: number | null;
  /** When the platform last heard from the sensor; null before its first message. */
  readonly seenAt: number | null;
}

/**
 * A hash of the states of a floor that does not depend on their order: a client that applied every delta has
 * the same hash as the server. FNV-1a (32 bit) of each state's text, summed modulo 2^32, as 8 hex digits.
 */
export function stateHash(states: Iterable<StallState>): string {
  let sum = 0;
  for (const state of states) sum = (sum + hashOfStall(state)) >>> 0;
  return hashText(sum);
}

/** One state's part of the sum: what a change takes away and what it adds. */
export function hashOfStall(s: StallState): number {
  const text = `${s.id}|${s.occupancy}|${s.leased ? 1 : 0}|${s.measuredAt ?? ''}|${s.seenAt ?? ''}`;
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

export const hashText = (sum: number): string => sum.toString(16).padStart(8, '0');

/** A state is stale once the sensor has been silent for more than twice its interval. */
export function isStale(state: StallState, intervalS: number, now: number): boolean {
  return state.seenAt === null || now - state.seenAt > 2 * intervalS * 1000;
}
