/** What a stall's sensor says of it. Not the same as leased: a leased stall may be shut, a vacant lease open. */
export const OCCUPANCY = ['vacant', 'occupied', 'unknown'] as const;
export type Occupancy = (typeof OCCUPANCY)[number];
