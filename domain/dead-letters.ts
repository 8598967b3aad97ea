/** Why a message was refused by ingest. Each has a translated explanation with the way out. */
export const DEAD_LETTER_REASONS = [
  'not_json',
  'wrong_shape',
  'bad_timestamp',
  'unknown_point',
  'wrong_type',
  'out_of_range',
  'unknown_device',
  'unknown_topic',
  'too_many_values',
  'internal',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];
