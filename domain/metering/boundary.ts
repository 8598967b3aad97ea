/** `estimated`: no reading follows, so the point's own rate is carried on.
 * `no_meter`: nothing is installed at that instant, so the cumulative quantity is what it was (zero at first). */
export const BOUNDARY_METHODS = ['measured', 'interpolated', 'estimated', 'no_meter'] as const;
export type BoundaryMethod = (typeof BOUNDARY_METHODS)[number];

/** Where a mark comes from: a person noted the start and the end of an installation, a device sent the rest. */
export const MARK_KINDS = ['start', 'reading', 'end'] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** Multipliers and totals are integers of 1/10,000: a register's base units × a ratio of four decimals stay exact. */
export const TOTAL_SCALE = 4;
export const TOTAL_ONE = 10n ** BigInt(TOTAL_SCALE);

/** An accepted state of a register: the fold can go on from it. */
export interface Mark {
  readonly kind: MarkKind;
  readonly installationId: number;
  /** Epoch milliseconds. */
  readonly ts: number;
  /** What the register showed, base units. */
  readonly value: bigint;
  /** Cumulative quantity of the metering point since its first meter, in 1/10,000 base units. */
  readonly total: bigint;
}

/** The one value of a metering point at a cut, shared by the ranges on both sides. */
export interface Boundary {
  readonly at: number;
  /** Cumulative quantity in whole base units, rounded down; only differences mean anything. */
  readonly value: bigint;
  readonly method: BoundaryMethod;
  /** Last mark at or before `at`; null before the first meter. */
  readonly before: Mark | null;
  /** First mark at or after `at`; null where nothing follows because the last meter was taken out. */
  readonly after: Mark | null;
  /** What an estimate carries on; without history there is none. */
  readonly basis?: EstimateBasis | null;
}

/** The usage of the point itself that an estimate carries on: whole base units between two of its marks. */
export interface EstimateBasis {
  readonly from: number;
  readonly to: number;
  readonly quantity: bigint;
}

/** Exact and deterministic: linear between the two marks, rounded down once, in whole base units. */
export function boundaryBetween(before: Mark, after: Mark, at: number): Boundary {
  const between = before.kind === 'end' && after.kind === 'start' ? 'no_meter' : 'interpolated';
  const span = BigInt(after.ts - before.ts);
  const total = before.total + ((after.total - before.total) * BigInt(at - before.ts)) / span;
  return { at, value: wholeUnits(total), method: between, before, after };
}

export function boundaryAt(mark: Mark): Boundary {
  return { at: mark.ts, value: wholeUnits(mark.total), method: 'measured', before: mark, after: mark };
}

export function boundaryWithoutMeter(at: number, before: Mark | null, after: Mark | null): Boundary {
  return { at, value: wholeUnits(before?.total ?? 0n), method: 'no_meter', before, after };
}

export const wholeUnits = (total: bigint): bigint => total / TOTAL_ONE;
