/** Who rents, and who has a share in what is charged: the building's owner, whoever integrates the devices, the market. */
export const PARTY_KINDS = ['merchant', 'owner', 'integrator', 'operator'] as const;

/**
 * `house` is the operator's own lease: it pays for whatever no merchant's lease covers. `walk_in` stands for the
 * drivers that no merchant pays for: what they owe is collected at the gate.
 */
export const LEASE_KINDS = ['merchant', 'house', 'walk_in'] as const;

export const CHARGING = ['prepaid', 'postpaid'] as const;
export type Charging = (typeof CHARGING)[number];
