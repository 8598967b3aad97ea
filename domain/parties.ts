export const PARTY_KINDS = ['merchant', 'integrator', 'operator'] as const;
export type PartyKind = (typeof PARTY_KINDS)[number];

/** `house` is the operator's own lease: it pays for whatever no merchant's lease covers. */
export const LEASE_KINDS = ['merchant', 'house'] as const;
export type LeaseKind = (typeof LEASE_KINDS)[number];

export const CHARGING = ['prepaid', 'postpaid'] as const;
export type Charging = (typeof CHARGING)[number];
