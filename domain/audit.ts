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
  /** Ids by what they name: `point`, `lease`, `line`, `bill` … and instants as ISO 8601. */
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

export type InvariantFinding = Finding & { readonly invariant: Invariant };

/** Listed of one invariant; the rest is counted. */
export const VIOLATIONS_MAX = 1_000;

export const violationCount = (findings: readonly Finding[]): number =>
  findings.reduce((sum, { violations, more }) => sum + violations.length + more, 0);
