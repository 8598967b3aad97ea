export const PARTY_KINDS = ['merchant', 'integrator', 'operator'] as const;

/** `house` is the operator's own lease: it pays for whatever no merchant's lease covers. */
export const LEASE_KINDS = ['merchant', 'house'] as const;

export const CHARGING = ['prepaid', 'postpaid'] as const;
export type Charging = (typeof CHARGING)[number];
