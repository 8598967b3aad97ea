/** Why a point was not charged whole, or what a person should look at. Translated by the dashboard. */
export const PROBLEM_CODES = [
  'awaiting_reading',
  'no_meter',
  'meter_gap',
  'no_payer',
  'no_tariff',
  'reading_refused',
  'charged_elsewhere',
  'no_area',
  'beyond_range',
  'unsettled',
  'awaiting_residual',
  'negative_residual',
  'no_share_weight',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
}
