import { BASE_PER_DISPLAY } from '../commodities.ts';
import { parseDecimal } from '../decimal.ts';
import { ratioOf, ZERO } from '../ratio.ts';
import { BAND_ALL, type DiscountPrice } from '../tariffs/definition.ts';
import { percentOf } from './percentage.ts';
import type { ExactLine } from './rated-line.ts';
import { baseOf, countedFrom, iso, type Scope } from './scope.ts';

/** By the month's usage up to the range's end; no line below the first step. */
export function discountLines({ of: named, steps }: DiscountPrice, scope: Scope): readonly ExactLine[] {
  const since = countedFrom('month', scope.context);
  const { after: usage } = scope.measured.counted(since);
  const reached = steps.findLast(({ from }) => {
    const step = ratioOf(parseDecimal(from));
    return usage * step.d >= step.n * BigInt(BASE_PER_DISPLAY);
  });
  if (!reached) return [];
  const { base, of } = baseOf(named, scope);
  const step = ratioOf(parseDecimal(reached.from));
  return [
    {
      band: BAND_ALL,
      eventKey: '',
      unit: 'money',
      quantity: base,
      unitPrice: `-${reached.percent}`,
      accumulatedFrom: since,
      intervals: [],
      before: ZERO,
      after: percentOf(-base, reached.percent, scope.context.digits),
      how: {
        kind: 'discount',
        percent: reached.percent,
        step: `${(step.n * BigInt(BASE_PER_DISPLAY)) / step.d}`,
        usage: `${usage}`,
        countedFrom: iso(since),
        of,
        base: `${base}`,
      },
    },
  ];
}
