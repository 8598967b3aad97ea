import type { Charging } from '../parties.ts';
import type { PeriodKind } from '../period-kinds.ts';
import { answersFor, type TimeRange } from '../periods.ts';
import { cadenceOf } from '../rating/cadence.ts';
import type { TariffDefinition } from '../tariffs/definition.ts';

/** Usage is counted for tiers over at most a year: what was before that does not matter. */
export const STAY_MS_MAX = 400 * 86_400_000;

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
  readonly charging: Charging;
  /** The stay that it is in: the whole lease, or of the house lease the vacancy. */
  readonly stay: Span;
  readonly tariff: TariffVersion;
  /** Charge only what is due by the month: what is used is charged by the days. */
  readonly only: 'month' | undefined;
}

/** A stretch that cannot be charged, and why. */
export interface UnchargedRange extends TimeRange {
  readonly code: 'no_payer' | 'no_tariff';
  readonly leaseId: number | null;
}

export interface PayerInput {
  readonly period: TimeRange;
  readonly kind: PeriodKind;
  /** Of the point's stall, overlapping the period or the STAY_MS_MAX before it; they do not overlap one another. */
  readonly leases: readonly Lease[];
  /** Pays for whatever no other lease covers. */
  readonly house: Lease | null;
  /** Of these leases, for the point's commodity. */
  readonly leaseTariffs: readonly LeaseTariff[];
  readonly versions: readonly TariffVersion[];
}

/**
 * Who pays by which tariff version, cut at every lease and tariff change: with the uncharged ranges, and those of which
 * nothing is charged by this kind of period, they tile the period.
 */
export function serviceRanges(input: PayerInput): {
  readonly ranges: readonly ServiceRange[];
  readonly uncharged: readonly UnchargedRange[];
} {
  const ranges: ServiceRange[] = [];
  const uncharged: UnchargedRange[] = [];
  for (const stay of payers(input)) {
    if (stay.lease === null) {
      uncharged.push({ from: stay.from, to: stay.to, code: 'no_payer', leaseId: null });
      continue;
    }
    const { id: leaseId, charging } = stay.lease;
    if (input.kind === 'day' && charging !== 'prepaid') continue;
    for (const { item: tariff, ...part } of tariffsOf(stay, leaseId, input)) {
      if (!tariff) uncharged.push({ ...part, code: 'no_tariff', leaseId });
      else if (isChargedBy(input.kind, charging, tariff.definition)) {
        const only = input.kind === 'month' && charging === 'prepaid' ? 'month' : undefined;
        ranges.push({ ...part, leaseId, charging, stay: stay.span, tariff, only });
      }
    }
  }
  return { ranges, uncharged };
}

/** Of days only what prepaid leases use; of months everything but that. */
const isChargedBy = (kind: PeriodKind, charging: Charging, definition: TariffDefinition): boolean =>
  definition.components.some((component) => answersFor(kind, charging, cadenceOf(component, definition)));

interface Stay extends TimeRange {
  readonly lease: Lease | null;
  readonly span: Span;
}

/** Tiles the period: the stall's leases, the house lease between them, null where there is neither. */
function* payers({ period, leases, house }: PayerInput): Generator<Stay> {
  // From further back, so that a vacancy is known from its beginning.
  const whole = { from: period.from - STAY_MS_MAX, to: period.to };
  for (const { item, ...gap } of tile(whole, leases)) {
    const parts = item ? [{ ...gap, item }] : tile(gap, house ? [house] : []);
    for (const { item: lease, ...part } of parts) {
      const [from, to] = [Math.max(part.from, period.from), Math.min(part.to, period.to)];
      const span = item ? { from: item.from, to: item.to } : part;
      if (from < to) yield { from, to, lease, span };
    }
  }
}

function* tariffsOf(
  range: TimeRange,
  leaseId: number,
  { leaseTariffs, versions }: PayerInput,
): Generator<TimeRange & { readonly item: TariffVersion | null }> {
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
    for (const { item, ...piece } of tile(part, dated)) yield { ...piece, item: item?.version ?? null };
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
