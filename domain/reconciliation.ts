/** A row of a provider's statement of a day. */
export interface StatementRow {
  readonly kind: 'payment' | 'refund';
  /** Ours: a charge's or a refund's. */
  readonly orderNo: string;
  readonly providerRef: string;
  /** Minor units, above zero also for a refund. */
  readonly amount: bigint;
  /** What the provider keeps of a payment; below zero what it gives back of a refund's. */
  readonly fee: bigint;
}

/** What we know of a charge or a refund. */
export interface OwnRow {
  readonly kind: 'payment' | 'refund';
  readonly orderNo: string;
  readonly status: string;
  /** What came in or went back; what was asked for where that is not known. */
  readonly amount: bigint;
}

export const DIFFERENCE_KINDS = [
  'missing_at_ours',
  'missing_at_theirs',
  'amount_differs',
  'status_differs',
  'twice_at_theirs',
] as const;

export interface Difference {
  readonly kind: (typeof DIFFERENCE_KINDS)[number];
  readonly of: 'payment' | 'refund';
  readonly orderNo: string;
  readonly ours: { readonly status: string; readonly amount: bigint } | null;
  readonly theirs: { readonly providerRef: string; readonly amount: bigint } | null;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Payments less refunds, by the provider. */
  readonly gross: bigint;
  readonly fees: bigint;
  /** The part of `gross` that no charge or refund of ours stands for. */
  readonly stranger: bigint;
}

/**
 * A provider's statement against what we know.
 * @param ours whatever succeeded on that day by our books, and whatever the statement names.
 * @param expected the order numbers of ours that this very statement must have.
 */
export function compareStatement(
  theirs: readonly StatementRow[],
  ours: readonly OwnRow[],
  expected: ReadonlySet<string>,
): Comparison {
  const known = new Map(ours.map((row) => [`${row.kind} ${row.orderNo}`, row]));
  const seen = new Set<string>();
  const differences: Difference[] = [];
  let [gross, fees, stranger] = [0n, 0n, 0n];
  for (const row of theirs) {
    const key = `${row.kind} ${row.orderNo}`;
    const own = known.get(key);
    const signed = row.kind === 'payment' ? row.amount : -row.amount;
    gross += signed;
    fees += row.fee;
    const kind = differenceOf(row, own, seen.has(key));
    if (own === undefined || seen.has(key)) stranger += signed;
    seen.add(key);
    if (kind !== null) {
      differences.push({
        ...{ kind, of: row.kind, orderNo: row.orderNo },
        ours: own === undefined ? null : { status: own.status, amount: own.amount },
        theirs: { providerRef: row.providerRef, amount: row.amount },
      });
    }
  }
  for (const [key, own] of known) {
    if (seen.has(key) || own.status !== 'succeeded' || !expected.has(own.orderNo)) continue;
    const { kind: of, orderNo, status, amount } = own;
    differences.push({ kind: 'missing_at_theirs', of, orderNo, ours: { status, amount }, theirs: null });
  }
  return { differences, gross, fees, stranger };
}

function differenceOf(row: StatementRow, own: OwnRow | undefined, again: boolean): Difference['kind'] | null {
  if (own === undefined) return 'missing_at_ours';
  if (again) return 'twice_at_theirs';
  if (own.status !== 'succeeded') return 'status_differs';
  return own.amount === row.amount ? null : 'amount_differs';
}
