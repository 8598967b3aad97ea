import type { QuantityUnit } from '../commodities.ts';

/**
 * How a line's quantity meets its unit price: quantity ÷ per × unit price = currency units; of `money`, minor units of
 * which the price is percent. A fixed price is also multiplied by its days or months, see the workings.
 */
export const PRICE_UNITS = {
  Wh: { per: 1000, name: 'kWh' },
  L: { per: 1000, name: 'm³' },
  W: { per: 1000, name: 'kW' },
  m2: { per: 100, name: 'm²' },
  pass: { per: 1, name: 'pass' },
  day: { per: 1, name: 'day' },
  month: { per: 1, name: 'month' },
  money: { per: 100, name: '%' },
} as const satisfies Record<QuantityUnit, { readonly per: number; readonly name: string }>;
