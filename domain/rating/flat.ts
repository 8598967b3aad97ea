import { BASE_UNIT } from '../commodities.ts';
import { ZERO } from '../ratio.ts';
import { BAND_ALL, type FlatPrice } from '../tariffs/definition.ts';
import type { ExactLine } from './rated-line.ts';
import { type Scope, worthOf } from './scope.ts';

/** All usage of the range at one price. */
export function flatLines(
  { unitPrice }: FlatPrice,
  { context, measured, factor }: Scope,
): readonly ExactLine[] {
  const { after: quantity, intervals } = measured.counted(context.range.from);
  return [
    {
      band: BAND_ALL,
      eventKey: '',
      unit: BASE_UNIT[context.commodity],
      quantity,
      unitPrice,
      accumulatedFrom: null,
      intervals,
      before: ZERO,
      after: worthOf(quantity, unitPrice, factor),
      how: { kind: 'unit' },
    },
  ];
}
