import type { QuantityUnit } from '../commodities.ts';
import type { Charging } from '../parties.ts';
import type { TimeRange } from '../periods.ts';
import type { DesiredLine } from './desired.ts';

export const FEE_LINE_KINDS = ['original', 'adjustment', 'reversal'] as const;
export type FeeLineKind = (typeof FEE_LINE_KINDS)[number];

/** With the sequence, a fee line's key: what is desired and what is posted meet on it. */
export interface LineKey extends TimeRange {
  readonly leaseId: number;
  readonly tariffVersionId: number;
  readonly component: string;
  readonly band: string;
  /** Which event is charged; empty for usage over time. */
  readonly eventKey: string;
}

interface LineValues extends LineKey {
  /** The month or day that it answers to; all lines of a key share it. */
  readonly period: string;
  /** How it is paid; all lines of a key share it, also when the lease changes. */
  readonly charging: Charging;
  readonly sequence: number;
  readonly kind: FeeLineKind;
  readonly quantity: bigint;
  readonly unit: QuantityUnit;
  readonly amount: bigint;
  readonly unitPrice: string;
  readonly accumulatedFrom: number | null;
}

/** A fee line as it stands. */
export interface PostedLine extends LineValues {
  readonly id: number;
}

/** A fee line to post. */
export interface NewLine extends LineValues {
  readonly correctsId: number | null;
  /** What earlier lines of the same key add up to. */
  readonly posted: { readonly quantity: bigint; readonly amount: bigint };
  /** Null on a reversal: nothing is due any more. */
  readonly desired: DesiredLine | null;
  /** On a reversal, the lines it undoes. */
  readonly reverses: readonly number[];
}

/** All lines of one key. */
export interface PostedKey extends LineKey {
  readonly period: string;
  readonly charging: Charging;
  readonly lines: readonly PostedLine[];
  readonly quantity: bigint;
  readonly amount: bigint;
  /** The last line did not undo the others. */
  readonly isLive: boolean;
}

/** By key, in the order of their lines' ids. */
export function postedKeys(lines: readonly PostedLine[]): readonly PostedKey[] {
  const byKey = new Map<string, PostedLine[]>();
  for (const line of [...lines].sort((a, b) => a.sequence - b.sequence)) {
    const key = keyText(line);
    const list = byKey.get(key);
    if (list) list.push(line);
    else byKey.set(key, [line]);
  }
  return [...byKey.values()].map((list) => ({
    ...(list[0] as PostedLine),
    lines: list,
    quantity: list.reduce((sum, { quantity }) => sum + quantity, 0n),
    amount: list.reduce((sum, { amount }) => sum + amount, 0n),
    isLive: list.at(-1)?.kind !== 'reversal',
  }));
}

/**
 * What to post so that what is posted becomes what is desired; nothing where it is. `posted` are all keys of the
 * point that overlap the period; `mayReverse` says which of them this run answers for.
 */
export function difference(
  desired: readonly DesiredLine[],
  posted: readonly PostedKey[],
  period: string,
  mayReverse: (key: PostedKey) => boolean,
): readonly NewLine[] {
  const byKey = new Map(posted.map((key) => [keyText(key), key]));
  const wanted = new Set<string>();
  const lines: NewLine[] = [];
  for (const line of desired) {
    const key = desiredKey(line);
    wanted.add(keyText(key));
    const before = byKey.get(keyText(key));
    const quantity = line.quantity - (before?.quantity ?? 0n);
    const amount = line.amount - (before?.amount ?? 0n);
    if (before?.isLive && quantity === 0n && amount === 0n) continue;
    const original = before?.lines[0] ?? originalOver(key, posted);
    lines.push({
      ...key,
      period: before?.period ?? period,
      charging: before?.charging ?? line.range.charging,
      sequence: before?.lines.length ?? 0,
      kind: original ? 'adjustment' : 'original',
      quantity,
      unit: line.unit,
      amount,
      unitPrice: line.unitPrice,
      accumulatedFrom: line.accumulatedFrom,
      correctsId: original?.id ?? null,
      posted: { quantity: before?.quantity ?? 0n, amount: before?.amount ?? 0n },
      desired: line,
      reverses: [],
    });
  }
  for (const key of posted) {
    if (key.isLive && !wanted.has(keyText(key)) && mayReverse(key)) lines.push(reversalOf(key));
  }
  return lines;
}

function reversalOf({ lines, quantity, amount, ...rest }: PostedKey): NewLine {
  const first = lines[0] as PostedLine;
  const { leaseId, tariffVersionId, component, band, eventKey, from, to, period, charging } = rest;
  return {
    ...{ leaseId, tariffVersionId, component, band, eventKey, from, to, period, charging },
    sequence: lines.length,
    kind: 'reversal',
    quantity: -quantity,
    unit: first.unit,
    amount: -amount,
    unitPrice: first.unitPrice,
    accumulatedFrom: first.accumulatedFrom,
    correctsId: first.id,
    posted: { quantity, amount },
    desired: null,
    reverses: lines.map(({ id }) => id),
  };
}

/** Time is charged originally once: whatever comes to it later adjusts that original. */
function originalOver(key: LineKey, posted: readonly PostedKey[]): PostedLine | undefined {
  return posted
    .filter(
      (other) =>
        other.component === key.component &&
        other.band === key.band &&
        other.eventKey === key.eventKey &&
        overlaps(other, key),
    )
    .flatMap(({ lines }) => lines)
    .find(({ kind }) => kind === 'original');
}

export function desiredKey({ range, component, band, eventKey }: DesiredLine): LineKey {
  const { leaseId, tariff, from, to } = range;
  return { leaseId, tariffVersionId: tariff.id, component, band, eventKey, from, to };
}

export const keyText = ({ leaseId, tariffVersionId, component, band, eventKey, from, to }: LineKey): string =>
  `${leaseId} ${tariffVersionId} ${from} ${to} ${component} ${band} ${eventKey}`;

export const overlaps = (a: TimeRange, b: TimeRange): boolean => a.from < b.to && b.from < a.to;
export const contains = (outer: TimeRange, inner: TimeRange): boolean =>
  outer.from <= inner.from && inner.to <= outer.to;
