import { may, type Permission, type Role } from '../../../domain/permissions.ts';

/** The navigation's groups, in order. */
export const GROUPS = ['market', 'charging', 'money', 'proof'] as const;
export type Group = (typeof GROUPS)[number];

/** The sections of the app, in the order of the navigation, and what one must be allowed to see each. */
export const SECTIONS = {
  floor: { group: 'market', needs: ['floor:read'] },
  cases: { group: 'market', needs: ['cases:read'] },
  readings: { group: 'market', needs: ['readings:write'] },
  devices: { group: 'market', needs: ['devices:read'] },
  'dead-letters': { group: 'market', needs: ['dead-letters:read'] },
  leases: { group: 'charging', needs: ['leases:read'] },
  billing: { group: 'charging', needs: ['fee-lines:read'] },
  tariffs: { group: 'charging', needs: ['tariffs:read'] },
  losses: { group: 'charging', needs: ['leases:read'] },
  gates: { group: 'charging', needs: ['gates:read'] },
  'fee-lines': { group: 'charging', needs: ['fee-lines:read', 'fee-lines:read-own'] },
  bills: { group: 'charging', needs: ['bills:read', 'bills:read-own'] },
  payments: { group: 'money', needs: ['payments:read', 'payments:pay-own'] },
  ledger: { group: 'money', needs: ['ledger:read'] },
  prepaid: { group: 'money', needs: ['payments:read', 'payments:pay-own'] },
  settlement: { group: 'money', needs: ['settlement:read'] },
  audit: { group: 'proof', needs: ['audit:read'] },
  settings: { group: 'proof', needs: ['settings:read'] },
} as const satisfies Record<string, { readonly group: Group; readonly needs: readonly Permission[] }>;
export type Section = keyof typeof SECTIONS;

export const mayEnter = (role: Role, section: Section): boolean =>
  SECTIONS[section].needs.some((permission) => may(role, permission));

export function sectionsOf(role: Role): Section[] {
  return (Object.keys(SECTIONS) as Section[]).filter((section) => mayEnter(role, section));
}

/** Where a role lands: its first section, so a merchant sees its own fees. */
export const landingOf = (role: Role): string => `/${sectionsOf(role)[0] ?? 'sign-in'}`;
