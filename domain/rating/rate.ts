import { type Decimal, parseDecimal } from '../decimal.ts';
import { quantumInMinor, type RoundingMode, roundToMinor } from '../money.ts';
import type { TimeRange } from '../periods.ts';
import type { BandInterval } from '../tariffs/calendar.ts';
import { bandIntervals } from '../tariffs/calendar.ts';
import { BAND_ALL, type Price, ROUNDING_DEFAULT, type TariffComponent } from '../tariffs/definition.ts';
import type { BandUsage, PricedUsage } from './rated.ts';
import { priced } from './rated.ts';

/** What a component charges for a band's usage. */
export interface RatedUsage extends PricedUsage {
  readonly component: string;
  /** Minor units. */
  readonly amount: bigint;
}

/** Where a price needs the usage cut: gapless intervals over the range, each with its band. */
export function priceIntervals(price: Price, timeZone: string, range: TimeRange): readonly BandInterval[] {
  switch (price.kind) {
    case 'flat':
      return [{ ...range, band: BAND_ALL }];
    case 'time_of_use':
      return bandIntervals(price.calendar, timeZone, range);
    default:
      throw new RangeError(`${price.kind} is rated by rateRange`);
  }
}

/** The order is: usage by band → price → round. `digits` are the currency's. */
export function rateComponent(
  component: TariffComponent,
  usage: readonly BandUsage[],
  digits: number,
): readonly RatedUsage[] {
  const rounding = lineRounding(component, digits);
  return usagePriced(component.price, usage).map((line) => ({
    ...line,
    component: component.code,
    amount: roundToMinor(line.unrounded, digits, rounding.mode, rounding.quantumMinor),
  }));
}

function usagePriced(price: Price, usage: readonly BandUsage[]): readonly PricedUsage[] {
  switch (price.kind) {
    case 'flat':
      return usage.map((band) => priced(band, price.unitPrice));
    case 'time_of_use':
      return usage.map((used) =>
        priced(used, price.bands.find(({ code }) => code === used.band)?.unitPrice ?? '0'),
      );
    default:
      throw new RangeError(`${price.kind} is rated by rateRange`);
  }
}

/** How a component's lines are rounded: half up to the currency's minor unit unless it says otherwise. */
export function lineRounding(
  component: TariffComponent,
  digits: number,
): { readonly mode: RoundingMode; readonly quantum: Decimal; readonly quantumMinor: bigint } {
  const { mode, quantum } = component.rounding ?? { ...ROUNDING_DEFAULT, quantum: undefined };
  const step = quantum === undefined ? { units: 1n, scale: digits } : parseDecimal(quantum);
  return { mode, quantum: step, quantumMinor: quantumInMinor(step, digits) };
}
