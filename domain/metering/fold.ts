import { type Reading, voucherOf } from '../readings.ts';
import { type Boundary, boundaryAt, boundaryBetween, boundaryWithoutMeter, type Mark } from './boundary.ts';
import { HISTORY_MS, type PinnedEstimate, tailBoundaries } from './estimate.ts';
import { type Refusal, registerDelta, vouchedDelta } from './plausible.ts';

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
  /** Readings (`voucherOf`) that a person vouches for: believed where the rule would refuse them. */
  readonly vouched?: ReadonlySet<string> | undefined;
  /** Go on from here instead of from the first installation; not after the first cut. */
  readonly resume: Mark | null;
  /** What was estimated before, ascending: used where still no reading follows. */
  readonly pinnedEstimates?: readonly PinnedEstimate[] | undefined;
  /** Estimate what no reading follows, as far as this instant. */
  readonly estimateUntil?: number | undefined;
  /** Those of the cuts whose values are kept: the next time they are among the pinned estimates. */
  readonly kept?: readonly number[] | undefined;
}

export interface RefusedReading extends Reading {
  readonly reason: Refusal;
}

export interface FoldResult {
  /** One for each cut from the first, up to where the readings reach. */
  readonly boundaries: readonly Boundary[];
  readonly refusedCount: number;
  /** Of readings that were refused one after the other the first; of such rows the first few. */
  readonly refused: readonly RefusedReading[];
  /** The last accepted one; null before the first meter. */
  readonly last: Mark | null;
}

const REFUSED_KEPT_MAX = 5;
/** For the history of an estimate one mark a day is kept. */
const TRAIL_STEP_MS = 86_400_000;

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
  /** The reading before was refused too. */
  #isRefusing = false;
  /** Of the installation that the next reading must belong to; before the first one, -1. */
  #index = -1;
  #last: Mark | null = null;
  /** Marks of the last HISTORY_MS, kept when an estimate may be wanted. */
  readonly #trail: Mark[] = [];

  constructor(input: FoldInput) {
    this.#input = input;
    this.restart();
  }

  /** Forgets every reading. */
  restart(): void {
    this.#boundaries.length = 0;
    this.#refused.length = 0;
    this.#trail.length = 0;
    this.#refusedCount = 0;
    this.#isRefusing = false;
    this.#index = -1;
    this.#last = null;
    const { resume, installations, cuts } = this.#input;
    if (!resume) return;
    this.#index = installations.findIndex(({ id }) => id === resume.installationId);
    if (this.#index < 0 || resume.ts > (cuts[0] ?? resume.ts)) {
      throw new Error('a fold resumes at a mark of a known installation, not after its first cut');
    }
    this.#accept(resume);
  }

  /** Nothing that is known answers its last cuts, and they are to be estimated. */
  get isEstimating(): boolean {
    return !this.isComplete && this.#input.estimateUntil !== undefined;
  }

  get isComplete(): boolean {
    return this.#boundaries.length === this.#input.cuts.length;
  }

  /**
   * Readings come in ascending order of time; one outside its register's installation is none of this point's.
   * Returns whether it was accepted.
   */
  push(registerId: number, ts: number, value: bigint): boolean {
    const at = this.#stepTo(registerId, ts);
    return at !== undefined && this.#step(at.installation, at.last, 'reading', ts, value);
  }

  /**
   * As `push`, for a reading that is known to follow from the last accepted one: those left out between them climb
   * by steps that are all possible, so the last of them would have been accepted.
   */
  pushChecked(registerId: number, ts: number, value: bigint): void {
    const at = this.#stepTo(registerId, ts);
    if (!at) return;
    const { installation, last } = at;
    const total = last.total + (value - last.value) * installation.multiplier;
    this.#accept({ kind: 'reading', installationId: installation.id, ts, value, total });
  }

  #stepTo(
    registerId: number,
    ts: number,
  ): { readonly installation: Installation; readonly last: Mark } | undefined {
    this.#openUpTo(ts);
    const installation = this.#input.installations[this.#index];
    const last = this.#last;
    if (!installation || !last || last.kind === 'end' || installation.registerId !== registerId) return;
    if (ts <= last.ts || (installation.endsAt !== null && ts >= installation.endsAt)) return;
    return { installation, last };
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
    } else if (this.#last) this.#boundaries.push(...this.#tail(this.#last));
    return {
      ...{ boundaries: this.#boundaries, last: this.#last },
      ...{ refusedCount: this.#refusedCount, refused: this.#refused },
    };
  }

  #tail(last: Mark): readonly Boundary[] {
    const { cuts, pinnedEstimates = [], estimateUntil = null, kept } = this.#input;
    return tailBoundaries({
      ...{ last, first: this.#trail[0] ?? last, pinned: pinnedEstimates, until: estimateUntil, kept },
      cuts: cuts.slice(this.#boundaries.length),
    });
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
    const step = {
      fromTs: last.ts,
      fromValue: last.value,
      toTs: ts,
      toValue: value,
      modulus: at.modulus,
      multiplier: at.multiplier,
      maxRate: this.#input.maxRate,
    };
    let outcome = registerDelta(step);
    if ('refusal' in outcome && this.#isVouched({ registerId: at.registerId, ts, value })) {
      outcome = vouchedDelta(step);
    }
    if ('refusal' in outcome) {
      this.#refusedCount++;
      if (!this.#isRefusing && this.#refused.length < REFUSED_KEPT_MAX) {
        this.#refused.push({ registerId: at.registerId, ts, value, reason: outcome.refusal });
      }
      this.#isRefusing = true;
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

  #isVouched(reading: Reading): boolean {
    return this.#input.vouched?.has(voucherOf(reading)) ?? false;
  }

  #accept(mark: Mark): void {
    for (let cut = this.#nextCut(); cut !== undefined && cut <= mark.ts; cut = this.#nextCut()) {
      const last = this.#last;
      if (cut === mark.ts) this.#boundaries.push(boundaryAt(mark));
      else if (last) this.#boundaries.push(boundaryBetween(last, mark, cut));
      else this.#boundaries.push(boundaryWithoutMeter(cut, null, mark));
    }
    this.#last = mark;
    this.#isRefusing = false;
    if (this.#input.estimateUntil !== undefined) this.#remember(mark);
  }

  #remember(mark: Mark): void {
    const trail = this.#trail;
    const newest = trail.at(-1);
    if (!newest || mark.ts - newest.ts >= TRAIL_STEP_MS) trail.push(mark);
    // Where what is recent says too little, the mark before it stays.
    while (
      mark.ts - (trail[0] as Mark).ts > HISTORY_MS &&
      mark.ts - (trail[1]?.ts ?? mark.ts) >= TRAIL_STEP_MS
    ) {
      trail.shift();
    }
  }

  #nextCut(): number | undefined {
    return this.#input.cuts[this.#boundaries.length];
  }
}

/** The fold over a set of readings: their order and repetitions do not matter. */
export function foldReadings(input: FoldInput, readings: Iterable<Reading>): FoldResult {
  const fold = new QuantityFold(input);
  const sorted = [...readings].sort(
    (a, b) => a.ts - b.ts || compare(a.value, b.value) || a.registerId - b.registerId,
  );
  sorted.forEach((reading, i) => {
    const before = sorted[i - 1];
    const isSame = before && voucherOf(before) === voucherOf(reading);
    if (!isSame) fold.push(reading.registerId, reading.ts, reading.value);
  });
  return fold.finish();
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
