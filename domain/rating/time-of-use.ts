import { BASE_UNIT } from '../commodities.ts';
import { ZERO } from '../ratio.ts';
import type { TimeOfUsePrice } from '../tariffs/definition.ts';
import type { ExactLine } from './rated-line.ts';
import { countedFrom, type Scope, worthOf } from './scope.ts';
import { tierLines } from './tiered.ts';

/** Each band that holds in the range, at its own price or by its own tiers. Throws for a band without either. */
export function timeOfUseLines(price: TimeOfUsePrice, scope: Scope): readonly ExactLine[] {
  const { context, measured, factor } = scope;
  const here = measured.byBand(price, context.range.from);
  return [...here].flatMap(([code, { after: quantity, intervals }]): readonly ExactLine[] => {
    const band = price.bands.find((known) => known.code === code);
    if (band?.tiered) {
      const counted = measured.byBand(price, countedFrom(band.tiered.accumulation, context)).get(code);
      if (!counted) throw new Error(`band ${code} holds in the range and not in its window`);
      return tierLines(band.tiered, code, counted, scope);
    }
    if (band?.unitPrice === undefined) throw new RangeError(`no price for band ${code}`);
    return [
      {
        band: code,
        eventKey: '',
        unit: BASE_UNIT[context.commodity],
        quantity,
        unitPrice: band.unitPrice,
        accumulatedFrom: null,
        intervals,
        before: ZERO,
        after: worthOf(quantity, band.unitPrice, factor),
        how: { kind: 'unit' },
      },
    ];
  });
}
