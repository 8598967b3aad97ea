import { BASE_PER_DISPLAY } from '../commodities.ts';
import { parseDecimal } from '../decimal.ts';
import { floor, multiply, ratioOf, ZERO } from '../ratio.ts';
import { BAND_ALL, type DemandPrice } from '../tariffs/definition.ts';
import type { ExactLine } from './rated-line.ts';
import { iso, monthShare, type Scope, worthOf } from './scope.ts';

/** 需量: the peak of the range, at least the floor, for the range's share of the month. */
export function demandLines(price: DemandPrice, { context, measured, factor }: Scope): readonly ExactLine[] {
  const { unitPrice, windowMinutes, stepMinutes, floorKw } = price;
  const peak = measured.peak(price);
  const least =
    floorKw === undefined
      ? null
      : floor(multiply(ratioOf(parseDecimal(floorKw)), { n: BigInt(BASE_PER_DISPLAY), d: 1n }));
  const power = peak?.power ?? 0n;
  const quantity = least !== null && least > power ? least : power;
  const { days, monthDays, share } = monthShare(context);
  return [
    {
      band: BAND_ALL,
      eventKey: '',
      unit: 'W',
      quantity,
      unitPrice,
      accumulatedFrom: null,
      intervals: peak?.window ? [peak.window] : [],
      before: ZERO,
      after: multiply(worthOf(quantity, unitPrice, factor), share),
      how: {
        kind: 'demand',
        windowMinutes,
        stepMinutes,
        power: `${power}`,
        peak: peak?.window
          ? { from: iso(peak.window.from), to: iso(peak.window.to), usage: `${peak.window.quantity}` }
          : null,
        floor: least === null ? null : `${least}`,
        days,
        monthDays,
      },
    },
  ];
}
