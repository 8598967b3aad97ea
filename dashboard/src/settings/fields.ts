import { ACCOUNT_KINDS } from '../../../domain/ledger.ts';

/** How a setting is entered. Its words are `settings.field.<group>.<name>`. */
export type FieldKind =
  | { readonly kind: 'whole'; readonly unit: 'hours' | 'days' }
  | { readonly kind: 'percent' }
  | { readonly kind: 'money' }
  | { readonly kind: 'switch' }
  | { readonly kind: 'text' }
  | { readonly kind: 'clock' }
  | { readonly kind: 'weekdays' }
  | { readonly kind: 'dates' }
  | { readonly kind: 'dunning' };

export interface Field {
  readonly path: readonly (string | number)[];
  /** The key of its words below `settings.field`. */
  readonly words: string;
  readonly control: FieldKind;
}

const field = (words: string, control: FieldKind, ...path: (string | number)[]): Field => ({
  words,
  control,
  path,
});
const hours = { kind: 'whole', unit: 'hours' } as const;
const days = { kind: 'whole', unit: 'days' } as const;

/** Every setting of the contract, in the order in which a person meets them. */
export const GROUPS: readonly { readonly code: string; readonly fields: readonly Field[] }[] = [
  {
    code: 'billing',
    fields: [
      field('monthGraceHours', hours, 'billing', 'monthGraceHours'),
      field('dayGraceHours', hours, 'billing', 'dayGraceHours'),
      field('fourEyes', { kind: 'switch' }, 'billing', 'fourEyes'),
      field('dueDays', days, 'billing', 'dueDays'),
      field('numberPrefix', { kind: 'text' }, 'billing', 'numberPrefix'),
      field('autoCharge', { kind: 'switch' }, 'billing', 'autoCharge'),
    ],
  },
  {
    code: 'overdue',
    fields: [
      field('percentPerDay', { kind: 'percent' }, 'lateFees', 'percentPerDay'),
      field('graceDays', days, 'lateFees', 'graceDays'),
      field('capPercent', { kind: 'percent' }, 'lateFees', 'capPercent'),
      field('dunning', { kind: 'dunning' }, 'dunning'),
    ],
  },
  {
    code: 'prepaid',
    fields: [
      field('lowBalance', { kind: 'money' }, 'prepaid', 'lowBalance', 0),
      field('lowerBalance', { kind: 'money' }, 'prepaid', 'lowBalance', 1),
      field('cutOff', { kind: 'switch' }, 'prepaid', 'cutOff'),
      field('noticeHours', hours, 'prepaid', 'noticeHours'),
      field('from', { kind: 'clock' }, 'prepaid', 'from'),
      field('to', { kind: 'clock' }, 'prepaid', 'to'),
      field('weekdays', { kind: 'weekdays' }, 'prepaid', 'weekdays'),
    ],
  },
  {
    code: 'settlement',
    fields: [field('payableAfterDays', days, 'settlement', 'payableAfterDays')],
  },
  {
    code: 'gates',
    fields: [field('lostAfterHours', hours, 'gates', 'lostAfterHours')],
  },
  {
    code: 'accounts',
    fields: ACCOUNT_KINDS.map((kind) => field(`account_${kind}`, { kind: 'text' }, 'accounts', kind)),
  },
  {
    code: 'calendar',
    fields: [
      field('holidays', { kind: 'dates' }, 'holidays'),
      field('workdays', { kind: 'dates' }, 'workdays'),
    ],
  },
];

type Tree = { readonly [key: string]: unknown } | readonly unknown[];

export function valueAt(tree: unknown, path: Field['path']): unknown {
  let value = tree;
  for (const key of path) value = (value as Record<string | number, unknown> | undefined)?.[key];
  return value;
}

/** The same tree with another value at the path; lists stay lists. */
export function withValue<T>(tree: T, [key, ...rest]: Field['path'], value: unknown): T {
  if (key === undefined) return value as T;
  const branch = tree as Tree;
  const next = withValue((branch as Record<string | number, unknown>)[key], rest, value);
  if (Array.isArray(branch)) return branch.map((one, i) => (i === key ? next : one)) as T;
  return { ...branch, [key]: next } as T;
}
