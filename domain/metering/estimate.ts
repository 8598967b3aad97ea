import { type Boundary, type EstimateBasis, type Mark, TOTAL_ONE, wholeUnits } from './boundary.ts';

/** An estimate carries on the average rate over this long before the last mark, or longer where marks are rare. */
export const HISTORY_MS = 28 * 86_400_000;

/** A boundary value that was estimated by an earlier run; it stays until a reading past it comes. */
export interface PinnedEstimate {
  readonly at: number;
  /** Cumulative quantity in whole base units. */
  readonly value: bigint;
  readonly before: Mark;
  readonly basis: EstimateBasis | null;
}

export interface TailInput {
  /** The point's last accepted mark; its meter is still installed. */
  readonly last: Mark;
  /** From where its rate is taken, about HISTORY_MS before `last`; `last` itself where there is no history. */
  readonly first: Mark;
  /** Instants after `last` whose value is wanted, ascending. */
  readonly cuts: readonly number[];
  /** Of the point, ascending. */
  readonly pinned: readonly PinnedEstimate[];
  /** Estimate as far as this instant; null: use what was estimated before and nothing else. */
  readonly until: number | null;
  /** Those of the cuts whose values are kept, and are `pinned` the next time. */
  readonly kept?: readonly number[] | undefined;
}

interface Anchor {
  readonly at: number;
  readonly total: bigint;
  readonly basis: EstimateBasis | null;
}

/**
 * The values after the last reading, as far as they are estimated. The end is
 * `last.total + (last.total − first.total) × (until − last.ts) ÷ (last.ts − first.ts)`, rounded down to whole base
 * units: without history nothing is used. Cuts before it lie on the straight line to it; those that are not kept on the
 * lines between those that are, rounded already, so that they are the same when only these are known. What was estimated
 * and pinned before stays as it is, but never less than the last mark: an estimate is made once, both sides of its cut
 * share it, and a newer reading that does not reach it moves what lies before it against what lies up to it.
 */
export function tailBoundaries({
  last,
  first,
  cuts,
  pinned,
  until,
  kept = [],
}: TailInput): readonly (Boundary & { readonly method: 'estimated' })[] {
  const anchors: Anchor[] = [{ at: last.ts, total: last.total, basis: null }];
  for (const one of pinned) {
    if (one.at <= last.ts) continue;
    // By how much it went on from its mark, where that is the last one still: the zero point of totals may have moved.
    const zero = isSameMark(one.before, last) ? last.total - one.before.total : 0n;
    const total = zero + one.value * TOTAL_ONE;
    const least = (anchors.at(-1) as Anchor).total;
    anchors.push({ at: one.at, total: total > least ? total : least, basis: one.basis });
  }
  const end = anchors.at(-1) as Anchor;
  if (until !== null && end.at < until) {
    const used = last.total - first.total;
    const span = BigInt(last.ts - first.ts);
    const more = span === 0n ? 0n : (used * BigInt(until - end.at)) / span;
    const basis = span === 0n ? null : { from: first.ts, to: last.ts, quantity: wholeUnits(used) };
    anchors.push({ at: until, total: wholeFrom(last, end.total + more), basis });
  }
  for (const at of kept) {
    const next = anchors.findIndex((anchor) => anchor.at >= at);
    const to = anchors[next];
    const from = anchors[next - 1];
    if (!from || !to || to.at === at) continue;
    anchors.splice(next, 0, { at, total: wholeFrom(last, between(from, to, at)), basis: to.basis });
  }
  return cuts.flatMap((at) => {
    const next = anchors.findIndex((anchor, i) => i > 0 && anchor.at >= at);
    const [from, to] = [anchors[next - 1], anchors[next]];
    if (!from || !to) return [];
    const { basis } = to;
    const value = wholeUnits(between(from, to, at));
    return [{ at, value, method: 'estimated', before: last, after: null, basis } as const];
  });
}

const between = (from: Anchor, to: Anchor, at: number): bigint =>
  from.total + ((to.total - from.total) * BigInt(at - from.at)) / BigInt(to.at - from.at);

/** What is pinned of a total: whole base units, and no less than the last mark. */
function wholeFrom({ total: least }: Mark, total: bigint): bigint {
  const whole = wholeUnits(total) * TOTAL_ONE;
  return whole > least ? whole : least;
}

const isSameMark = (a: Mark, b: Mark): boolean =>
  a.kind === b.kind && a.installationId === b.installationId && a.ts === b.ts && a.value === b.value;
