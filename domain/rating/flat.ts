import type { TimeRange } from '../periods.ts';
import type { BandInterval } from '../tariffs/calendar.ts';
import { BAND_ALL, type FlatPrice } from '../tariffs/definition.ts';
import { type BandUsage, type PricedUsage, priced } from './rated.ts';

export function flatIntervals(range: TimeRange): readonly BandInterval[] {
  return [{ ...range, band: BAND_ALL }];
}

export function flatPriced(price: FlatPrice, usage: readonly BandUsage[]): readonly PricedUsage[] {
  return usage.map((band) => priced(band, price.unitPrice));
}
