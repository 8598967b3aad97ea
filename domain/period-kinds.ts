/** Apart from what periods are in time, so that whoever only names them needs no calendar. */
export const PERIOD_KINDS = ['month', 'day'] as const;
export type PeriodKind = (typeof PERIOD_KINDS)[number];
