import { may, type Permission, type Role } from '../../../domain/permissions.ts';

/** The sections of the app, in the order of the navigation, and what one must be allowed to see each. */
export const SECTIONS = {
  floor: ['floor:read'],
  'fee-lines': ['fee-lines:read', 'fee-lines:read-own'],
  devices: ['devices:read'],
  'dead-letters': ['dead-letters:read'],
  billing: ['billing:run'],
  tariffs: ['tariffs:read'],
} as const satisfies Record<string, readonly Permission[]>;
export type Section = keyof typeof SECTIONS;

export const mayEnter = (role: Role, section: Section): boolean =>
  SECTIONS[section].some((permission) => may(role, permission));

export function sectionsOf(role: Role): Section[] {
  return (Object.keys(SECTIONS) as Section[]).filter((section) => mayEnter(role, section));
}

/** Where a role lands: its first section, so a merchant sees its own fees. */
export const landingOf = (role: Role): string => `/${sectionsOf(role)[0] ?? 'sign-in'}`;
