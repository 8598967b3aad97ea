/**
 * Refusals that a problem names beside its English detail, so that pages say them in their user's language and programs
 * need not read sentences. Those of the database have the names of its constraints.
 */
export const REFUSAL_CODES = [
  // A reading that is entered.
  'reading_taken',
  'reading_without_meter',
  'reading_beyond_dial',
  'reading_less',
  'reading_less_later',
  'reading_more',
  'reading_more_later',
  'reading_unexplained',
  'reading_ahead',
  // A case about readings that is decided.
  'exchange_early',
  'end_value_unfit',
  'reading_still_refused',
  'clock_still_ahead',
  'none_waiting',
  // A device that is registered.
  'no_such_place',
  // Leases and handovers.
  'handover_unread',
  'handover_point',
  'lease_end_ahead',
  'lease_ended',
  'lease_end_early',
  'lease_own',
  'stall_unleased',
  // Periods and decisions.
  'period_closed',
  'period_not_over',
  'period_not_closed',
  'audits_waiting',
  'case_closed',
  'installation_ended',
  'point_without_meter',
  // What the database holds apart.
  'leases_no_overlap',
  'lease_tariffs_no_overlap',
  'installations_one_per_point',
  'installations_one_per_register',
  'vehicles_plate',
  'vehicle_payers_no_overlap',
  'monthly_passes_no_overlap',
  'pass_collections_pass',
  'split_rules_once',
  'settlement_payouts_ref',
  'devices_serial',
  'users_username_unique',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export const isRefusalCode = (text: string): text is RefusalCode =>
  REFUSAL_CODES.some((code) => code === text);
