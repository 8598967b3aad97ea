export const ROLES = ['operator', 'biller', 'integrator', 'merchant', 'viewer'] as const;
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
  'readings:read': ['operator', 'biller', 'integrator'],
  'tariffs:read': ['operator', 'biller'],
  'tariffs:write': ['operator', 'biller'],
  'billing:run': ['operator', 'biller'],
  'fee-lines:read': ['operator', 'biller'],
  'fee-lines:read-own': ['merchant'],
  'sites:write': ['operator'],
  'places:write': ['operator', 'integrator'],
  'leases:read': ['operator', 'biller'],
  'leases:write': ['operator', 'biller'],
  'users:write': ['operator'],
} as const satisfies Record<string, readonly Role[]>;
export type Permission = keyof typeof PERMISSIONS;

export function may(role: Role, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly Role[]).includes(role);
}
