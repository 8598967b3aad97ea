import type { Charging } from '../parties.ts';
import type { TimeRange } from '../periods.ts';
import type { TariffDefinition } from '../tariffs/definition.ts';

/** Open-ended where `to` is null. Epoch milliseconds, half-open. */
export interface Span {
  readonly from: number;
  readonly to: number | null;
}

export interface Lease extends Span {
  readonly id: number;
  readonly charging: Charging;
}

export interface LeaseTariff extends Span {
  readonly leaseId: number;
  readonly tariffId: number;
}

export interface TariffVersion {
  readonly id: number;
  readonly tariffId: number;
  readonly version: number;
  readonly effectiveFrom: number;
  readonly code: string;
  readonly name: string;
  readonly definition: TariffDefinition;
}

/** A stretch in which one lease pays by one tariff version. */
export interface ServiceRange extends TimeRange {
  readonly leaseId: number;
  readonly tariff: TariffVersion;
}

/** A stretch that cannot be charged, and why. */
export interface UnchargedRange extends TimeRange {
  readonly code: 'no_payer' | 'no_tariff';
  readonly leaseId: number | null;
}

export interface PayerInput {
  readonly period: TimeRange;
  readonly charging: Charging;
  /** Of the point's stall, overlapping the period; they do not overlap one another. */
  readonly leases: readonly Lease[];
  /** Pays for whatever no other lease covers. */
  readonly house: Lease | null;
  /** Of these leases, for the point's commodity. */
  readonly leaseTariffs: readonly LeaseTariff[];
  readonly versions: readonly TariffVersion[];
}

/**
 * Who pays by which tariff version, cut at every lease and tariff change: with the ranges of the other way of
 * charging and the uncharged ones, they tile the period.
 */
export function serviceRanges(input: PayerInput): {
  readonly ranges: readonly ServiceRange[];
  readonly uncharged: readonly UnchargedRange[];
} {
  const ranges: ServiceRange[] = [];
  const uncharged: UnchargedRange[] = [];
  for (const stay of payers(input)) {
    if (stay.lease === null) uncharged.push({ ...bounds(stay), code: 'no_payer', leaseId: null });
    else if (stay.lease.charging === input.charging) {
      for (const part of tariffsOf(stay, stay.lease.id, input)) {
        if (part.tariff) ranges.push({ ...bounds(part), leaseId: stay.lease.id, tariff: part.tariff });
        else uncharged.push({ ...bounds(part), code: 'no_tariff', leaseId: stay.lease.id });
      }
    }
  }
  return { ranges, uncharged };
}

interface Stay extends TimeRange {
  readonly lease: Lease | null;
}

/** Tiles the period: the stall's leases, the house lease between them, null where there is neither. */
function* payers({ period, leases, house }: PayerInput): Generator<Stay> {
  for (const stay of tile(period, leases)) {
    if (stay.item) yield { ...bounds(stay), lease: stay.item };
    else for (const part of tile(stay, house ? [house] : [])) yield { ...bounds(part), lease: part.item };
  }
}

function* tariffsOf(
  range: TimeRange,
  leaseId: number,
  { leaseTariffs, versions }: PayerInput,
): Generator<TimeRange & { readonly tariff: TariffVersion | null }> {
  const assigned = leaseTariffs.filter((assignment) => assignment.leaseId === leaseId);
  for (const part of tile(range, assigned)) {
    const dated = versions
      .filter(({ tariffId }) => tariffId === part.item?.tariffId)
      .sort((a, b) => a.effectiveFrom - b.effectiveFrom)
      .map((version, i, all) => ({
        from: version.effectiveFrom,
        to: all[i + 1]?.effectiveFrom ?? null,
        version,
      }));
    for (const piece of tile(part, dated)) yield { ...bounds(piece), tariff: piece.item?.version ?? null };
  }
}

/** Cuts a range at the spans that overlap it; where there is none the item is null. Gapless, in order. */
function* tile<T extends Span>(
  range: TimeRange,
  spans: readonly T[],
): Generator<TimeRange & { readonly item: T | null }> {
  let at = range.from;
  for (const item of [...spans].sort((a, b) => a.from - b.from)) {
    const from = Math.max(at, item.from);
    const to = Math.min(range.to, item.to ?? range.to);
    if (from >= to) continue;
    if (from > at) yield { from: at, to: from, item: null };
    yield { from, to, item };
    at = to;
  }
  if (at < range.to) yield { from: at, to: range.to, item: null };
}

const bounds = ({ from, to }: TimeRange): TimeRange => ({ from, to });
