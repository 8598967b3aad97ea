/** How firmly a merchant is reminded of what is overdue, the mildest first. */
export const DUNNING_STEPS = ['remind', 'warn', 'final'] as const;
export type DunningStep = (typeof DUNNING_STEPS)[number];
