import type { Reading } from '../readings.ts';
import { type Boundary, boundaryAt, boundaryBetween, boundaryWithoutMeter, type Mark } from './boundary.ts';
import { type Refusal, registerDelta } from './plausible.ts';

/** A register serves a metering point; both ends were read and noted by a person. Times in epoch milliseconds. */
export interface Installation {
  readonly id: number;
  readonly registerId: number;
  readonly startsAt: number;
  readonly startValue: bigint;
  readonly endsAt: number | null;
  readonly endValue: bigint | null;
  /** CT × PT ratio in 1/10,000. */
  readonly multiplier: bigint;
  /** Base units at which the dial wraps to zero. */
  readonly modulus: bigint;
}

export interface FoldInput {
  /** Of one metering point, by start; they do not overlap. */
  readonly installations: readonly Installation[];
  /** Base units an hour. */
  readonly maxRate: bigint;
  /** Instants whose boundary value is wanted, ascending. */
  readonly cuts: readonly number[];
  /** Go on from here instead of from the first installation; not after the first cut. */
  readonly resume: Mark | null;
}

export interface RefusedReading extends Reading {
  readonly reason: Refusal;
}

export interface FoldResult {
  /** One for each cut from the first, up to where the readings reach. */
  readonly boundaries: readonly Boundary[];
  readonly refusedCount: number;
  /** The first few. */
  readonly refused: readonly RefusedReading[];
}

const REFUSED_KEPT_MAX = 5;

/**
 * U(t), the cumulative quantity of a metering point, as a fold over its readings in order of time, kept only at the
 * cuts: memory does not grow with the readings. What is refused costs nothing: the next good reading is counted
 * from the last accepted one.
 */
export class QuantityFold {
  readonly #input: FoldInput;
  readonly #boundaries: Boundary[] = [];
  readonly #refused: RefusedReading[] = [];
  #refusedCount = 0;
  /** Of the installation that the next reading must belong to; before the first one, -1. */
  #index = -1;
  #last: Mark | null = null;

  constructor(input: FoldInput) {
    this.#input = input;
    if (!input.resume) return;
    const { resume } = input;
    this.#index = input.installations.findIndex(({ id }) => id === resume.installationId);
    if (this.#index < 0 || resume.ts > (input.cuts[0] ?? resume.ts)) {
      throw new Error('a fold resumes at a mark of a known installation, not after its first cut');
    }
    this.#accept(resume);
  }

  get isComplete(): boolean {
    return this.#boundaries.length === this.#input.cuts.length;
  }

  /** Readings come in ascending order of time; one outside its register's installation is none of this point's. */
  push(registerId: number, ts: number, value: bigint): void {
    this.#openUpTo(ts);
    const installation = this.#input.installations[this.#index];
    const last = this.#last;
    if (!installation || !last || last.kind === 'end' || installation.registerId !== registerId) return;
    if (ts <= last.ts || (installation.endsAt !== null && ts >= installation.endsAt)) return;
    this.#step(installation, last, 'reading', ts, value);
  }

  /** No more readings are known. */
  finish(): FoldResult {
    this.#openUpTo(Number.POSITIVE_INFINITY);
    const installation = this.#input.installations[this.#index];
    // Without any meter from here on, the quantity stays what it is.
    if (!installation || installation.endsAt !== null) {
      for (let cut = this.#nextCut(); cut !== undefined; cut = this.#nextCut()) {
        this.#boundaries.push(boundaryWithoutMeter(cut, this.#last, null));
      }
    }
    return { boundaries: this.#boundaries, refusedCount: this.#refusedCount, refused: this.#refused };
  }

  /** Ends and starts the installations that changed before or at `ts`. */
  #openUpTo(ts: number): void {
    for (;;) {
      const current = this.#input.installations[this.#index];
      if (current && this.#last?.kind !== 'end') {
        if (current.endsAt === null || current.endsAt > ts) return;
        this.#end(current, current.endsAt);
      }
      const next = this.#input.installations[this.#index + 1];
      if (!next || next.startsAt > ts) return;
      this.#index++;
      const mark = {
        kind: 'start',
        installationId: next.id,
        ts: next.startsAt,
        value: next.startValue,
      } as const;
      this.#accept({ ...mark, total: this.#last?.total ?? 0n });
    }
  }

  /** An end value that cannot be is refused like a reading: the point ends at its last accepted quantity. */
  #end(installation: Installation, endsAt: number): void {
    const last = this.#last;
    if (!last) return;
    if (
      installation.endValue !== null &&
      this.#step(installation, last, 'end', endsAt, installation.endValue)
    ) {
      return;
    }
    this.#accept({ ...last, kind: 'end', ts: endsAt });
  }

  #step(at: Installation, last: Mark, kind: 'reading' | 'end', ts: number, value: bigint): boolean {
    const outcome = registerDelta({
      fromTs: last.ts,
      fromValue: last.value,
      toTs: ts,
      toValue: value,
      modulus: at.modulus,
      multiplier: at.multiplier,
      maxRate: this.#input.maxRate,
    });
    if ('refusal' in outcome) {
      this.#refusedCount++;
      if (this.#refused.length < REFUSED_KEPT_MAX) {
        this.#refused.push({ registerId: at.registerId, ts, value, reason: outcome.refusal });
      }
      return false;
    }
    this.#accept({
      kind,
      installationId: at.id,
      ts,
      value,
      total: last.total + outcome.delta * at.multiplier,
    });
    return true;
  }

  #accept(mark: Mark): void {
    for (let cut = this.#nextCut(); cut !== undefined && cut <= mark.ts; cut = this.#nextCut()) {
      const last = this.#last;
      if (cut === mark.ts) this.#boundaries.push(boundaryAt(mark));
      else if (last) this.#boundaries.push(boundaryBetween(last, mark, cut));
      else this.#boundaries.push(boundaryWithoutMeter(cut, null, mark));
    }
    this.#last = mark;
  }

  #nextCut(): number | undefined {
    return this.#input.cuts[this.#boundaries.length];
  }
}

/** The fold over a set of readings: their order and repetitions do not matter. */
export function foldReadings(input: FoldInput, readings: Iterable<Reading>): FoldResult {
  const fold = new QuantityFold(input);
  const sorted = [...readings].sort((a, b) => a.ts - b.ts || compare(a.value, b.value));
  for (const { registerId, ts, value } of sorted) fold.push(registerId, ts, value);
  return fold.finish();
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
