import type { Commodity } from '../../../../domain/commodities.ts';
import { kindsOf } from '../../../../domain/tariffs/check.ts';
import type {
  Price,
  PriceKind,
  TariffComponent,
  TariffDefinition,
  Tiers,
} from '../../../../domain/tariffs/definition.ts';

export const NEW_TIERS: Tiers = {
  mode: 'graduated',
  accumulation: 'month',
  scale: 'window',
  tiers: [
    { upTo: '', unitPrice: '' },
    { upTo: null, unitPrice: '' },
  ],
};

/** A price of the kind to start from; what a person must say is empty. */
export function newPrice(kind: PriceKind, before: readonly string[]): Price {
  switch (kind) {
    case 'flat':
    case 'share':
      return { kind, unitPrice: '' };
    case 'tiered':
      return { kind, ...NEW_TIERS };
    case 'time_of_use':
      return {
        kind,
        bands: [
          { code: 'peak', unitPrice: '' },
          { code: 'flat', unitPrice: '' },
          { code: 'valley', unitPrice: '' },
        ],
        calendar: {
          schedules: { day: [{ from: '00:00', to: '24:00', band: 'flat' }] },
          days: [{ schedule: 'day' }],
        },
      };
    case 'demand':
      return { kind, unitPrice: '', windowMinutes: 15, stepMinutes: 5 };
    case 'per_event':
      return { kind, classes: [], otherwise: '', freeMinutes: 0 };
    case 'fixed':
      return { kind, unitPrice: '', per: 'month', by: 'lease', prorated: true };
    case 'percentage':
      return { kind, percent: '', of: before.slice(0, 1) };
    case 'minimum':
      return { kind, amount: '', of: [...before], prorated: true };
    case 'discount':
      return { kind, of: before.slice(0, 1), steps: [{ from: '', percent: '' }] };
  }
}

/** A code that nothing has yet: `energy`, `energy2` … */
export function freeCode(wanted: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) {
    const code = n === 1 ? wanted : `${wanted}${n}`;
    if (!taken.includes(code)) return code;
  }
}

const CODES: Readonly<Record<PriceKind, string>> = {
  flat: 'energy',
  tiered: 'energy',
  time_of_use: 'energy',
  demand: 'demand',
  per_event: 'pass',
  fixed: 'basic',
  share: 'common',
  percentage: 'service',
  minimum: 'minimum',
  discount: 'discount',
};

export function newComponent(commodity: Commodity, taken: readonly string[]): TariffComponent {
  const kinds = kindsOf(commodity);
  // After a first price of the usage mostly comes a fee on it.
  const kind = (taken.length > 0 && kinds.includes('percentage') ? 'percentage' : kinds[0]) ?? 'fixed';
  const code = CODES[kind] === 'energy' && commodity === 'water' ? 'water' : CODES[kind];
  return { code: freeCode(code, taken), price: newPrice(kind, taken) };
}

/** The component under another code: those that take a part of it go with it. */
export function renameComponent(definition: TariffDefinition, at: number, code: string): TariffDefinition {
  const before = definition.components[at]?.code;
  const isUnique = definition.components.filter((one) => one.code === before).length === 1;
  return {
    ...definition,
    components: definition.components.map((component, i) => {
      if (i === at) return { ...component, code };
      const { price } = component;
      if (!isUnique || !('of' in price)) return component;
      return { ...component, price: { ...price, of: price.of.map((one) => (one === before ? code : one)) } };
    }),
  };
}

/** Without what was left empty that may be left out. */
export function tidy(definition: TariffDefinition): TariffDefinition {
  return {
    ...definition,
    components: definition.components.map((component) => {
      const { name, lossFactor, rounding, ...rest } = component;
      return {
        ...rest,
        ...(name === undefined || (name.zh === '' && name.en === '') ? {} : { name }),
        ...(lossFactor === undefined || lossFactor === '' ? {} : { lossFactor }),
        ...(rounding === undefined ? {} : { rounding }),
      };
    }),
  };
}
