import { BASE_UNIT } from '../commodities.ts';
import { ZERO } from '../ratio.ts';
import { BAND_ALL, type SharePrice } from '../tariffs/definition.ts';
import type { ExactLine } from './rated-line.ts';
import { type Scope, worthOf } from './scope.ts';

/** The share that was allocated to the range; nothing where none was. */
export function shareLines(
  { unitPrice }: SharePrice,
  { context, measured, factor }: Scope,
): readonly ExactLine[] {
  if (measured.share === null) return [];
  return [
    {
      band: BAND_ALL,
      eventKey: '',
      unit: BASE_UNIT[context.commodity],
      quantity: measured.share,
      unitPrice,
      accumulatedFrom: null,
      intervals: [],
      before: ZERO,
      after: worthOf(measured.share, unitPrice, factor),
      how: { kind: 'unit' },
    },
  ];
}
