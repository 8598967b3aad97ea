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
}

/** A fee line as it stands. */
export interface PostedLine extends LineKey {
  readonly id: number;
  readonly sequence: number;
  readonly kind: FeeLineKind;
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly unitPrice: string;
}

/** A fee line to post. */
export interface NewLine extends LineKey {
  readonly sequence: number;
  readonly kind: FeeLineKind;
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly unitPrice: string;
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
      sequence: before?.lines.length ?? 0,
      kind: original ? 'adjustment' : 'original',
      quantity,
      amount,
      unitPrice: line.unitPrice,
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
  const [first] = lines;
  const { leaseId, tariffVersionId, component, band, from, to } = rest;
  return {
    ...{ leaseId, tariffVersionId, component, band, from, to },
    sequence: lines.length,
    kind: 'reversal',
    quantity: -quantity,
    amount: -amount,
    unitPrice: first?.unitPrice ?? '0',
    correctsId: first?.id ?? null,
    posted: { quantity, amount },
    desired: null,
    reverses: lines.map(({ id }) => id),
  };
}

/** Time is charged originally once: whatever comes to it later adjusts that original. */
function originalOver(key: LineKey, posted: readonly PostedKey[]): PostedLine | undefined {
  return posted
    .filter((other) => other.component === key.component && other.band === key.band && overlaps(other, key))
    .flatMap(({ lines }) => lines)
    .find(({ kind }) => kind === 'original');
}

export function desiredKey({ range, component, band }: DesiredLine): LineKey {
  const { leaseId, tariff, from, to } = range;
  return { leaseId, tariffVersionId: tariff.id, component, band, from, to };
}

const keyText = ({ leaseId, tariffVersionId, component, band, from, to }: LineKey): string =>
  `${leaseId} ${tariffVersionId} ${from} ${to} ${component} ${band}`;

export const overlaps = (a: TimeRange, b: TimeRange): boolean => a.from < b.to && b.from < a.to;
export const contains = (outer: TimeRange, inner: TimeRange): boolean =>
  outer.from <= inner.from && inner.to <= outer.to;
