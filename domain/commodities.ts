/** What is metered, and the integer unit in which every quantity of it is kept. */
export const COMMODITIES = ['electricity', 'water'] as const;
export type Commodity = (typeof COMMODITIES)[number];

export const BASE_UNITS = ['Wh', 'L'] as const;
export type BaseUnit = (typeof BASE_UNITS)[number];

export const BASE_UNIT = { electricity: 'Wh', water: 'L' } as const satisfies Record<Commodity, BaseUnit>;

/** Base units in the unit that people read and prices name: Wh in a kWh, litres in a m³. */
export const BASE_PER_DISPLAY = 1000;
export const DISPLAY_UNIT = { electricity: 'kWh', water: 'm³' } as const satisfies Record<Commodity, string>;
