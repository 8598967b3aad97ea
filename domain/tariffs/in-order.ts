import type { TariffDefinition } from './definition.ts';

/** Keys in the order in which people read a tariff; what is not named comes after, by its name. */
const ORDER = [
  'code',
  'name',
  'kind',
  'price',
  'lossFactor',
  'rounding',
  'components',
  'zh',
  'en',
  'from',
  'to',
  'band',
  'upTo',
  'unitPrice',
  'percent',
];
const rank = (key: string): number => (ORDER.indexOf(key) + ORDER.length + 1) % (ORDER.length + 1);

/** The same definition with its keys in one order, whoever wrote it: two exports differ only where tariffs differ. */
export function inOrder(definition: TariffDefinition): TariffDefinition {
  return sorted(definition) as TariffDefinition;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
