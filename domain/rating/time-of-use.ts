import type { TimeRange } from '../periods.ts';
import { type BandInterval, bandIntervals } from '../tariffs/calendar.ts';
import type { TimeOfUsePrice } from '../tariffs/definition.ts';
import { type BandUsage, type PricedUsage, priced } from './rated.ts';

export function timeOfUseIntervals(
  price: TimeOfUsePrice,
  timeZone: string,
  range: TimeRange,
): readonly BandInterval[] {
  return bandIntervals(price.calendar, timeZone, range);
}

/** Each band at its own price. Throws for a band that the tariff does not know. */
export function timeOfUsePriced(price: TimeOfUsePrice, usage: readonly BandUsage[]): readonly PricedUsage[] {
  return usage.map((used) => {
    const band = price.bands.find(({ code }) => code === used.band);
    if (band?.unitPrice === undefined) throw new RangeError(`no price for band ${used.band}`);
    return priced(used, band.unitPrice);
  });
}
