import type { z } from 'zod';
import { LIVE_VERSION, type StallTuple, type zLiveMessage } from '../../contracts/live.ts';
import { hashOfStall, hashText, type StallState } from '../../domain/floor.ts';
import { OCCUPANCY } from '../../domain/occupancy.ts';

type Message<T> = Extract<z.input<typeof zLiveMessage>, { type: T }>;

const tupleOf = (s: StallState): StallTuple => [
  s.id,
  OCCUPANCY.indexOf(s.occupancy),
  s.leased ? 1 : 0,
  s.measuredAt,
  s.seenAt,
];

/** The current state of a floor that someone watches, and the messages that tell it. */
export class LiveFloor {
  readonly #states = new Map<number, StallState>();
  #hashSum = 0;
  #seq = 0;
  #intervalS = 0;
  /** The tuples of the whole floor as JSON, until something changes: many sockets may want it at once. */
  #tuples: string | undefined;

  get ids(): Iterable<number> {
    return this.#states.keys();
  }
  has(id: number): boolean {
    return this.#states.has(id);
  }

  /**
   * Takes the states of the whole floor. Returns the delta's text, null when nothing changed, or 'replaced' when
   * the floor has other stalls than before, which no delta can tell.
   */
  replace(states: readonly StallState[], intervalS: number, now: number): string | null | 'replaced' {
    const same =
      intervalS === this.#intervalS &&
      states.length === this.#states.size &&
      states.every((state) => this.#states.has(state.id));
    if (same) return this.update(states, now);
    this.#states.clear();
    this.#hashSum = 0;
    for (const state of states) this.#put(state);
    this.#intervalS = intervalS;
    this.#seq++;
    this.#tuples = undefined;
    return 'replaced';
  }

  /** Takes new states of some of the floor's stalls. Returns the delta's text, or null when nothing changed. */
  update(states: readonly StallState[], now: number): string | null {
    const changed = states.filter((state) => this.#put(state));
    if (changed.length === 0) return null;
    this.#seq++;
    this.#tuples = undefined;
    return JSON.stringify({
      ...this.#head('delta', now),
      stalls: changed.map(tupleOf),
    } satisfies Message<'delta'>);
  }

  snapshot(now: number): string {
    this.#tuples ??= JSON.stringify(Array.from(this.#states.values(), tupleOf));
    const head = {
      ...this.#head('snapshot', now),
      version: LIVE_VERSION as typeof LIVE_VERSION,
      intervalS: this.#intervalS,
    };
    return `${JSON.stringify(head satisfies Omit<Message<'snapshot'>, 'stalls'>).slice(0, -1)},"stalls":${this.#tuples}}`;
  }

  heartbeat(now: number): string {
    return JSON.stringify(this.#head('heartbeat', now) satisfies Message<'heartbeat'>);
  }

  #head<T extends string>(type: T, now: number) {
    return { type, seq: this.#seq, now, hash: hashText(this.#hashSum) };
  }

  #put(state: StallState): boolean {
    const before = this.#states.get(state.id);
    const hash = hashOfStall(state);
    const hashBefore = before ? hashOfStall(before) : 0;
    if (before && hash === hashBefore && isEqual(before, state)) return false;
    this.#states.set(state.id, state);
    this.#hashSum = (this.#hashSum - hashBefore + hash) >>> 0;
    return true;
  }
}

const isEqual = (a: StallState, b: StallState): boolean =>
  a.occupancy === b.occupancy &&
  a.leased === b.leased &&
  a.measuredAt === b.measuredAt &&
  a.seenAt === b.seenAt;
