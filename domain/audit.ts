/** What must hold of every period, in the order in which they are numbered from 1. Explained by the dashboard. */
export const INVARIANTS = [
  'one_reading',
  'any_order',
  'conservation',
  'tiling',
  'bands',
  'residuals',
  'sums',
  'repeatable',
  'sealed',
  'replay',
  'graduated',
  'estimates',
  'charges',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** What a check counts: the number beside it says how many were looked at. */
export const AUDIT_UNITS = [
  'readings',
  'points',
  'spans',
  'ranges',
  'residuals',
  'amounts',
  'lines',
  'keys',
  'tariffs',
  'replacements',
  'bills',
] as const;
export type AuditUnit = (typeof AUDIT_UNITS)[number];

/** Why a check had less to look at than it might. */
export const AUDIT_NOTES = ['sampled', 'not_charged', 'not_closed'] as const;
export type AuditNote = (typeof AUDIT_NOTES)[number];

export const VIOLATIONS = [
  'two_readings',
  'order_matters',
  'not_conserved',
  'reversed_not_zero',
  'overlapping_originals',
  'charged_twice',
  'not_charged',
  'bands_differ',
  'residual_differs',
  'not_as_rated',
  'unbalanced',
  'bill_sum',
  'stray_bill_line',
  'would_post',
  'would_move',
  'sequence',
  'rule_missing',
  'lines_changed',
  'chain_broken',
  'replay_differs',
  'split_changes_sum',
  'more_costs_less',
  'moved_elsewhere',
  'overpaid',
  'bill_status',
  'open_charges',
  'charge_books',
] as const;
export type ViolationCode = (typeof VIOLATIONS)[number];

/** Something that does not hold. Numbers are text: base units, minor units, or what is compared. */
export interface Violation {
  readonly what: ViolationCode;
  /**
   * Ids by what they name: `point`, `lease`, `line`, `bill` …; instants as ISO 8601; and what people know it by: `stall`,
   * `meteringPoint`, `party`, and the `unit` of its quantities.
   */
  readonly where: Readonly<Record<string, string | number>>;
  readonly expected: string;
  readonly found: string;
}

export interface Finding {
  readonly checked: number;
  readonly unit: AuditUnit;
  readonly note: AuditNote | null;
  readonly violations: readonly Violation[];
  /** Violations beyond those that are listed. */
  readonly more: number;
}

export type InvariantFinding = Finding & {
  readonly invariant: Invariant;
  /** The case that is open about it. */
  readonly case?: number;
};

/** What an audit saw: whoever asks later what it was based on finds it here. Instants are ISO 8601. */
export interface AuditSeen {
  /** Everything was read as it was then. */
  readonly at: string;
  /** The runs that charged the period last: points were computed again from what each of them saw, and nothing later. */
  readonly cutOffs: readonly AuditCutOff[];
  /** Null while the period is open. */
  readonly seal: AuditSeal | null;
}

export interface AuditCutOff {
  readonly run: number;
  readonly period: string;
  /** Readings that came later were not used. */
  readonly receivedUpTo: string;
  readonly points: number;
}

/** The hash that a period was closed with beside that of its lines as they are, and its place in the chain. */
export interface AuditSeal {
  readonly closedAt: string;
  readonly closedBy: string;
  readonly sealed: SealedLines;
  readonly now: SealedLines;
  /** The period of its kind that was closed before, whose hash is part of this one. */
  readonly previous: { readonly period: string; readonly hash: string } | null;
  /** Closed periods of its kind. */
  readonly periods: number;
}

export interface SealedLines {
  readonly lines: number;
  /** Minor units. */
  readonly amount: string;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/** Listed of an audit, the latest first: a month that was charged by the day has some for each day. */
export const CUT_OFFS_MAX = 100;

/** Listed of one invariant; the rest is counted. */
export const VIOLATIONS_MAX = 1_000;

export const violationCount = (findings: readonly Finding[]): number =>
  findings.reduce((sum, { violations, more }) => sum + violations.length + more, 0);
