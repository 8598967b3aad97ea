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
