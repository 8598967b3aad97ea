import { formatDecimal, parseDecimal, unitsAtScale } from '../decimal.ts';
import { multiply, ONE, ratioOf, ZERO } from '../ratio.ts';
import { BAND_ALL, type FixedPrice } from '../tariffs/definition.ts';
import type { ExactLine } from './rated-line.ts';
import { beginsMonth, monthShare, type Scope } from './scope.ts';

/** The scale of an area: hundredths of a square metre. */
const AREA_SCALE = 2;

/**
 * So much a day or month, for the lease or for each square metre. Days are those that begin in the range. A month that
 * is not prorated is due whole, once. No line without an area where one is needed: see `rangeObstacle`.
 */
export function fixedLines(price: FixedPrice, { context }: Scope): readonly ExactLine[] {
  const { unitPrice, per, by, prorated } = price;
  if (by === 'm2' && context.areaM2 === null) return [];
  if (per === 'month' && !prorated && !beginsMonth(context)) return [];
  const area = by === 'm2' ? context.areaM2 : null;
  const { days, monthDays, share } = monthShare(context);
  const times = per === 'day' ? { n: BigInt(days), d: 1n } : prorated ? share : ONE;
  const due = multiply(ratioOf(parseDecimal(unitPrice)), times);
  const whole = per === 'day' ? BigInt(days) : 1n;
  return [
    {
      band: BAND_ALL,
      eventKey: '',
      unit: area ? 'm2' : per,
      quantity: area ? unitsAtScale(area, AREA_SCALE) : whole,
      unitPrice,
      accumulatedFrom: null,
      intervals: [],
      before: ZERO,
      after: area ? multiply(due, ratioOf(area)) : due,
      how: {
        kind: 'fixed',
        per,
        prorated,
        days,
        monthDays: per === 'month' ? monthDays : null,
        areaM2: area && formatDecimal(area),
      },
    },
  ];
}
