import type { Commodity } from '../commodities.ts';
import { parseDecimal } from '../decimal.ts';
import { decimalOf, priceFaults } from './check-prices.ts';
import {
  DERIVED_KINDS,
  MEASURED_KINDS,
  type PriceKind,
  ROUNDING_COMPONENT,
  type Rounding,
  type TariffComponent,
  type TariffDefinition,
} from './definition.ts';
import { type DefinitionFault, within } from './fault.ts';

export const LOSS_FACTOR_MAX = 10;

/** What a definition of the right shape still gets wrong; empty when it can be charged. */
export function definitionFaults(definition: TariffDefinition): DefinitionFault[] {
  const faults: DefinitionFault[] = [];
  const codes = new Set<string>();
  let floors = 0;
  definition.components.forEach((component, i) => {
    const path = ['components', i];
    const { code, price } = component;
    if (codes.has(code)) faults.push({ path: [...path, 'code'], message: 'used twice' });
    if (code === ROUNDING_COMPONENT) {
      faults.push({ path: [...path, 'code'], message: `${ROUNDING_COMPONENT} is reserved` });
    }
    faults.push(...componentFaults(component).map((fault) => within(path, fault)));
    if ('of' in price) faults.push(...baseFaults(price.of, codes).map((f) => within([...path, 'price'], f)));
    if (price.kind === 'demand' && price.floorKw !== undefined && ++floors > 1) {
      const message = 'another component has a floor already: the demand would be charged twice';
      faults.push({ path: [...path, 'price', 'floorKw'], message });
    }
    codes.add(code);
  });
  const total = definition.rounding;
  if (total) faults.push(...quantumFaults(total.quantum).map((fault) => within(['rounding'], fault)));
  return faults;
}

function componentFaults({ price, lossFactor, rounding }: TariffComponent): DefinitionFault[] {
  const faults = priceFaults(price).map((fault) => within(['price'], fault));
  if (lossFactor !== undefined) {
    const factor = Number(lossFactor);
    if (!isOneOf(MEASURED_KINDS, price.kind)) {
      faults.push({
        path: ['lossFactor'],
        message: `a price of the kind ${price.kind} has no quantity to correct`,
      });
    } else if (!(factor > 0 && factor <= LOSS_FACTOR_MAX)) {
      faults.push({ path: ['lossFactor'], message: `above 0 and at most ${LOSS_FACTOR_MAX}, such as 1.05` });
    }
  }
  if (rounding) faults.push(...stageFaults(rounding, price.kind).map((fault) => within(['rounding'], fault)));
  return faults;
}

function stageFaults({ stage, quantum }: Rounding, kind: PriceKind): DefinitionFault[] {
  const faults = quantum === undefined ? [] : quantumFaults(quantum);
  if (stage === 'tax' && kind !== 'percentage') {
    faults.push({ path: ['stage'], message: 'tax is the stage of percentages: line, band or subtotal' });
  }
  if (stage === 'band' && isOneOf(DERIVED_KINDS, kind)) {
    faults.push({ path: ['stage'], message: `a price of the kind ${kind} has no bands` });
  }
  return faults;
}

const quantumFaults = (quantum: string): DefinitionFault[] =>
  (decimalOf(quantum)?.units ?? 0n) > 0n ? [] : [{ path: ['quantum'], message: 'must be above zero' }];

/** Whatever is taken of other components comes after them: so there is one order, and no circle. */
function baseFaults(of: readonly string[], before: ReadonlySet<string>): DefinitionFault[] {
  const faults: DefinitionFault[] = of.length === 0 ? [{ path: ['of'], message: 'names no component' }] : [];
  of.forEach((code, i) => {
    if (!before.has(code)) {
      faults.push({ path: ['of', i], message: `no component ${code} before this one` });
    }
    if (of.indexOf(code) !== i) faults.push({ path: ['of', i], message: `${code} is named twice` });
  });
  return faults;
}

/** Price kinds that need what the commodity does not have: a meter, or gate passes. */
export function commodityFaults(definition: TariffDefinition, commodity: Commodity): DefinitionFault[] {
  return definition.components.flatMap(({ price: { kind } }, i) =>
    kindsOf(commodity).includes(kind)
      ? []
      : [{ path: ['components', i, 'price', 'kind'], message: `${kind} cannot price ${commodity}` }],
  );
}

/** The kinds of price that a tariff for the commodity can have. */
export function kindsOf(commodity: Commodity): readonly PriceKind[] {
  const always: readonly PriceKind[] = ['fixed', 'percentage', 'minimum'];
  switch (commodity) {
    case 'electricity':
      return [...MEASURED_KINDS, 'demand', ...always, 'discount'];
    case 'water':
      return [...MEASURED_KINDS, ...always, 'discount'];
    case 'gate':
      return ['per_event', ...always];
    case 'service':
      return always;
  }
}

/** Roundings finer than the currency's minor unit: they could not be paid. */
export function roundingFaults(definition: TariffDefinition, digits: number): DefinitionFault[] {
  const quanta = definition.components.map(({ rounding }, i) => ({
    path: ['components', i, 'rounding', 'quantum'] as readonly (string | number)[],
    quantum: rounding?.quantum,
  }));
  quanta.push({ path: ['rounding', 'quantum'], quantum: definition.rounding?.quantum });
  return quanta.flatMap(({ path, quantum }) => {
    if (quantum === undefined) return [];
    const { units, scale } = parseDecimal(quantum);
    if (scale <= digits || units % 10n ** BigInt(scale - digits) === 0n) return [];
    return [{ path, message: `not a whole number of minor units: the currency has ${digits} decimals` }];
  });
}

const isOneOf = (kinds: readonly PriceKind[], kind: PriceKind): boolean => kinds.includes(kind);
