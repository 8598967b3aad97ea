import { type Decimal, parseDecimal } from '../decimal.ts';
import { calendarFaults } from './check-calendar.ts';
import {
  BAND_ALL,
  DEMAND_STEP_MINUTES_MIN,
  DEMAND_WINDOW_MINUTES,
  type DemandPrice,
  type DiscountPrice,
  type PerEventPrice,
  type Price,
  type Tier,
  type TimeOfUsePrice,
} from './definition.ts';
import { type DefinitionFault, within } from './fault.ts';

/** Currency units per unit: above it an amount could leave what the ledger can hold. */
export const PRICE_MAX = 1_000_000_000n;
export const NO_DECIMAL = 'not a decimal number such as 0.8523';
export const PERCENT_MAX = 1000n;

/** What a price of the right shape still gets wrong; what it names outside itself is not looked at. */
export function priceFaults(price: Price): DefinitionFault[] {
  switch (price.kind) {
    case 'flat':
    case 'fixed':
    case 'share':
      return amountFaults(['unitPrice'], price.unitPrice);
    case 'tiered':
      return tierFaults(price.tiers);
    case 'time_of_use':
      return timeOfUseFaults(price);
    case 'demand':
      return demandFaults(price);
    case 'per_event':
      return perEventFaults(price);
    case 'percentage':
      return percentFaults(['percent'], price.percent, PERCENT_MAX);
    case 'minimum':
      return amountFaults(['amount'], price.amount);
    case 'discount':
      return discountFaults(price);
  }
}

function amountFaults(path: readonly (string | number)[], text: string): DefinitionFault[] {
  const price = decimalOf(text);
  if (!price) return [{ path, message: NO_DECIMAL }];
  if (price.units < 0n) return [{ path, message: 'negative' }];
  return isAbove(price, PRICE_MAX) ? [{ path, message: `at most ${PRICE_MAX}` }] : [];
}

function percentFaults(path: readonly (string | number)[], text: string, max: bigint): DefinitionFault[] {
  const percent = decimalOf(text);
  if (!percent) return [{ path, message: NO_DECIMAL }];
  if (percent.units < 0n) return [{ path, message: 'negative' }];
  return isAbove(percent, max) ? [{ path, message: `at most ${max} percent` }] : [];
}

function tierFaults(tiers: readonly Tier[]): DefinitionFault[] {
  const faults: DefinitionFault[] = [];
  if (tiers.length === 0) faults.push({ path: ['tiers'], message: 'no tier' });
  let below: Decimal = { units: 0n, scale: 0 };
  tiers.forEach(({ upTo, unitPrice }, i) => {
    const path = ['tiers', i];
    faults.push(...amountFaults([...path, 'unitPrice'], unitPrice));
    const isLast = i === tiers.length - 1;
    if (upTo === null) {
      if (!isLast) faults.push({ path: [...path, 'upTo'], message: 'only the last tier has no limit' });
      return;
    }
    if (isLast) faults.push({ path: [...path, 'upTo'], message: 'the last tier has no limit: null' });
    const limit = decimalOf(upTo);
    if (!limit) {
      faults.push({ path: [...path, 'upTo'], message: NO_DECIMAL });
      return;
    }
    if (compare(limit, below) <= 0) {
      faults.push({ path: [...path, 'upTo'], message: 'not above the limit of the tier before it' });
    }
    if (isAbove(limit, PRICE_MAX)) faults.push({ path: [...path, 'upTo'], message: `at most ${PRICE_MAX}` });
    below = limit;
  });
  return faults;
}

function timeOfUseFaults(price: TimeOfUsePrice): DefinitionFault[] {
  const faults: DefinitionFault[] = [];
  const bands = new Set<string>();
  price.bands.forEach(({ code, unitPrice, tiered }, i) => {
    const path = ['bands', i];
    if (bands.has(code)) faults.push({ path: [...path, 'code'], message: 'used twice' });
    if (code === BAND_ALL) faults.push({ path: [...path, 'code'], message: `${BAND_ALL} is reserved` });
    if (/\.t\d+$/.test(code)) {
      faults.push({ path: [...path, 'code'], message: '.t1, .t2 … are the tiers of a band' });
    }
    if ((unitPrice === undefined) === (tiered === undefined)) {
      faults.push({ path, message: 'a band has either unitPrice or tiered' });
    }
    if (unitPrice !== undefined) faults.push(...amountFaults([...path, 'unitPrice'], unitPrice));
    if (tiered) faults.push(...tierFaults(tiered.tiers).map((f) => within([...path, 'tiered'], f)));
    bands.add(code);
  });
  return [...faults, ...calendarFaults(price.calendar, bands).map((f) => within(['calendar'], f))];
}

function demandFaults({ unitPrice, windowMinutes, stepMinutes, floorKw }: DemandPrice): DefinitionFault[] {
  const faults = amountFaults(['unitPrice'], unitPrice);
  if (!DEMAND_WINDOW_MINUTES.some((minutes) => minutes === windowMinutes)) {
    faults.push({ path: ['windowMinutes'], message: `one of ${DEMAND_WINDOW_MINUTES.join(', ')}` });
  }
  if (stepMinutes < DEMAND_STEP_MINUTES_MIN) {
    faults.push({ path: ['stepMinutes'], message: `at least ${DEMAND_STEP_MINUTES_MIN}` });
  } else if (windowMinutes % stepMinutes !== 0) {
    faults.push({ path: ['stepMinutes'], message: `does not divide the window of ${windowMinutes} minutes` });
  }
  if (floorKw !== undefined) faults.push(...amountFaults(['floorKw'], floorKw));
  return faults;
}

function perEventFaults({ classes, otherwise }: PerEventPrice): DefinitionFault[] {
  const faults = amountFaults(['otherwise'], otherwise);
  const codes = new Set<string>();
  classes.forEach(({ code, unitPrice }, i) => {
    if (codes.has(code)) faults.push({ path: ['classes', i, 'code'], message: 'used twice' });
    if (code === BAND_ALL) faults.push({ path: ['classes', i, 'code'], message: `${BAND_ALL} is reserved` });
    faults.push(...amountFaults(['classes', i, 'unitPrice'], unitPrice));
    codes.add(code);
  });
  return faults;
}

function discountFaults({ steps }: DiscountPrice): DefinitionFault[] {
  const faults: DefinitionFault[] = steps.length === 0 ? [{ path: ['steps'], message: 'no step' }] : [];
  steps.forEach(({ from, percent }, i) => {
    faults.push(...amountFaults(['steps', i, 'from'], from));
    faults.push(...percentFaults(['steps', i, 'percent'], percent, 100n));
    const [here, before] = [decimalOf(from), decimalOf(steps[i - 1]?.from ?? '')];
    if (here && before && compare(here, before) <= 0) {
      faults.push({ path: ['steps', i, 'from'], message: 'not above the step before it' });
    }
  });
  return faults;
}

/** Undefined for what is no decimal: a form asks about texts that people are still typing. */
export function decimalOf(text: string): Decimal | undefined {
  try {
    return parseDecimal(text);
  } catch {
    return undefined;
  }
}

function compare(a: Decimal, b: Decimal): number {
  const difference = a.units * 10n ** BigInt(b.scale) - b.units * 10n ** BigInt(a.scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const isAbove = (value: Decimal, max: bigint): boolean => compare(value, { units: max, scale: 0 }) > 0;
