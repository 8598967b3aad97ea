import { BASE_PER_DISPLAY } from '../commodities.ts';
import { type Decimal, parseDecimal } from '../decimal.ts';

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

/** BASE_PER_DISPLAY is this power of ten, so dividing by it moves the point and stays exact. */
const DISPLAY_SCALE = String(BASE_PER_DISPLAY).length - 1;

export function priced(usage: BandUsage, unitPrice: string): PricedUsage {
  const { units, scale } = parseDecimal(unitPrice);
  return { ...usage, unitPrice, unrounded: { units: usage.quantity * units, scale: scale + DISPLAY_SCALE } };
}
