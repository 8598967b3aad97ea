export const ROLES = ['operator', 'biller', 'auditor', 'integrator', 'merchant', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/**
 * What each role may do. `own` limits it to the leases of the user's own party.
 * The api enforces it; the dashboard reads it to hide what would be refused.
 */
export const PERMISSIONS = {
  'floor:read': ['operator', 'biller', 'integrator', 'viewer'],
  'devices:read': ['operator', 'integrator', 'viewer'],
  'devices:write': ['operator', 'integrator'],
  'commands:send': ['operator'],
  'dead-letters:read': ['operator', 'integrator'],
  'readings:read': ['operator', 'biller', 'auditor', 'integrator'],
  'readings:write': ['operator', 'biller'],
  'cases:read': ['operator', 'biller', 'auditor'],
  'cases:decide': ['operator', 'biller'],
  'tariffs:read': ['operator', 'biller', 'auditor'],
  'tariffs:write': ['operator', 'biller'],
  'billing:run': ['operator', 'biller'],
  'fee-lines:read': ['operator', 'biller', 'auditor'],
  'fee-lines:read-own': ['merchant'],
  'bills:read': ['operator', 'biller', 'auditor'],
  'bills:read-own': ['merchant'],
  'bills:write': ['operator', 'biller'],
  'payments:read': ['operator', 'biller', 'auditor'],
  'payments:write': ['operator', 'biller'],
  /** Pay one's own bills and top one's own balance up. */
  'payments:pay-own': ['merchant'],
  'ledger:read': ['operator', 'biller', 'auditor'],
  'settlement:read': ['operator', 'biller', 'auditor'],
  'settlement:write': ['operator', 'biller'],
  'gates:read': ['operator', 'biller', 'auditor'],
  'gates:write': ['operator', 'biller'],
  'audit:read': ['operator', 'biller', 'auditor'],
  'audit:run': ['operator', 'biller', 'auditor'],
  'settings:read': ['operator', 'biller', 'auditor'],
  'settings:write': ['operator'],
  'sites:write': ['operator'],
  'places:write': ['operator', 'integrator'],
  'leases:read': ['operator', 'biller', 'auditor'],
  'leases:write': ['operator', 'biller'],
  'users:write': ['operator'],
} as const satisfies Record<string, readonly Role[]>;
export type Permission = keyof typeof PERMISSIONS;

export function may(role: Role, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly Role[]).includes(role);
}
