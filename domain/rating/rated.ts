import { BASE_PER_DISPLAY } from '../commodities.ts';
import { type Decimal, multiplyDecimals, parseDecimal } from '../decimal.ts';

/** Usage of one band within a service range, base units. */
export interface BandUsage {
  readonly band: string;
  readonly quantity: bigint;
}

/** A band's usage at its price, not rounded yet. */
export interface PricedUsage extends BandUsage {
  /** Currency units per display unit, as the tariff says it. */
  readonly unitPrice: string;
  /** Currency units, exact. */
  readonly unrounded: Decimal;
}

const PER_BASE_UNIT: Decimal = parseDecimal((1 / BASE_PER_DISPLAY).toString());

export function priced(usage: BandUsage, unitPrice: string): PricedUsage {
  const price = multiplyDecimals(parseDecimal(unitPrice), PER_BASE_UNIT);
  return { ...usage, unitPrice, unrounded: { units: usage.quantity * price.units, scale: price.scale } };
}
