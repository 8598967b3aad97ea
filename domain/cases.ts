/** What a person may have to decide. Translated by the dashboard. */
export const CASE_KINDS = [
  'reading_conflict',
  'reading_refused',
  'clock_ahead',
  'missing_reading',
  'negative_residual',
  'bill_dispute',
  'payment_mismatch',
  'supply_failed',
  'audit_violation',
] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

export const CASE_STATUS = ['open', 'closed'] as const;
export type CaseStatus = (typeof CASE_STATUS)[number];

/** Who closed a case that settled itself. */
export const RULE = 'rule';

/** Kinds that are closed only by their own decision: a note alone would leave the matter as it is. */
const DECIDED = new Set<CaseKind>(['reading_conflict', 'reading_refused', 'clock_ahead', 'bill_dispute']);

/** May a person close a case of this kind with a note, because it was settled elsewhere? */
export const mayDismiss = (kind: CaseKind): boolean => !DECIDED.has(kind);
