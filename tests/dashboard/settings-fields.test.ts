import { expect, test } from 'vitest';
import { zSiteSettings } from '../../contracts/settings.ts';
import { settings } from '../../dashboard/src/locales/en/settings.ts';
import { GROUPS, valueAt, withValue } from '../../dashboard/src/settings/fields.ts';

const DEFAULTS = zSiteSettings.parse({});
const FIELDS = GROUPS.flatMap((group) => group.fields);

/** Every value of a setting that is one control: plain values, and lists except pairs. */
function leaves(value: unknown, path: string[] = []): string[] {
  const isTuple = path.join('.') === 'prepaid.lowBalance';
  if (typeof value !== 'object' || value === null || (Array.isArray(value) && !isTuple))
    return [path.join('.')];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

test('every setting has its control, and every control its setting and its words', () => {
  expect(FIELDS.map((field) => field.path.join('.')).sort()).toEqual(leaves(DEFAULTS).sort());
  const words = FIELDS.map((field) => field.words);
  expect(new Set(words).size).toBe(words.length);
  expect([...words].sort()).toEqual(Object.keys(settings.field).sort());
});

test('a control changes its own setting and nothing else', () => {
  for (const { path } of FIELDS) {
    const changed = withValue(DEFAULTS, path, 'changed');
    expect(valueAt(changed, path)).toBe('changed');
    expect(withValue(changed, path, valueAt(DEFAULTS, path))).toEqual(DEFAULTS);
    expect(Array.isArray(changed.prepaid.lowBalance)).toBe(true);
  }
});
