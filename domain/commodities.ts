/** What is metered by registers, and the integer unit in which every quantity of it is kept. */
export const METERED_COMMODITIES = ['electricity', 'water'] as const;
export type MeteredCommodity = (typeof METERED_COMMODITIES)[number];

/** What a tariff can price: what is metered, passes through gates, and services that no meter counts. */
export const COMMODITIES = [...METERED_COMMODITIES, 'gate', 'service'] as const;
export type Commodity = (typeof COMMODITIES)[number];

export const BASE_UNITS = ['Wh', 'L'] as const;
export type BaseUnit = (typeof BASE_UNITS)[number];

/** What a fee line's quantity counts. `m2` counts hundredths of a square metre, `money` minor units of the currency. */
export const QUANTITY_UNITS = [...BASE_UNITS, 'W', 'pass', 'day', 'month', 'm2', 'money'] as const;
export type QuantityUnit = (typeof QUANTITY_UNITS)[number];

/** The unit of a commodity's usage. */
export const BASE_UNIT = {
  electricity: 'Wh',
  water: 'L',
  gate: 'pass',
  service: 'day',
} as const satisfies Record<Commodity, QuantityUnit>;

/** Base units in the unit that people read and prices name: Wh in a kWh, litres in a m³. */
export const BASE_PER_DISPLAY = 1000;
export const DISPLAY_UNIT = {
  electricity: 'kWh',
  water: 'm³',
  gate: '1',
  service: 'd',
} as const satisfies Record<Commodity, string>;
