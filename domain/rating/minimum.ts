import { parseDecimal } from '../decimal.ts';
import { multiply, ONE, ratioOf, ratioText, subtract, ZERO } from '../ratio.ts';
import { BAND_ALL, type MinimumPrice } from '../tariffs/definition.ts';
import type { ExactLine } from './rated-line.ts';
import { baseOf, beginsMonth, monthShare, ofMinor, type Scope } from './scope.ts';

/** What the named components lack to the minimum; no line where they lack nothing. */
export function minimumLines(price: MinimumPrice, scope: Scope): readonly ExactLine[] {
  const { context } = scope;
  if (!price.prorated && !beginsMonth(context)) return [];
  const { days, monthDays, share } = monthShare(context);
  const minimum = multiply(ratioOf(parseDecimal(price.amount)), price.prorated ? share : ONE);
  const { base, of } = baseOf(price.of, scope);
  const lacking = subtract(minimum, ofMinor(base, context.digits));
  if (lacking.n <= 0n) return [];
  return [
    {
      band: BAND_ALL,
      eventKey: '',
      unit: 'month',
      quantity: 1n,
      unitPrice: price.amount,
      accumulatedFrom: null,
      intervals: [],
      before: ZERO,
      after: lacking,
      how: {
        kind: 'minimum',
        prorated: price.prorated,
        days,
        monthDays,
        minimum: ratioText(minimum),
        of,
        base: `${base}`,
      },
    },
  ];
}
