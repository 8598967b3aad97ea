import { parseDecimal } from '../decimal.ts';
import { daysOf } from '../local-days.ts';
import { roundRatioToMinor } from '../money.ts';
import { ONE, ratioOf, ratioText } from '../ratio.ts';
import {
  BAND_ALL,
  ROUNDING_COMPONENT,
  type TariffComponent,
  type TariffDefinition,
  type TotalRounding,
} from '../tariffs/definition.ts';
import { cadenceOf } from './cadence.ts';
import { cadenceAsked, ratedComponents, usageByDay } from './components.ts';
import { demandLines } from './demand.ts';
import { discountLines } from './discount.ts';
import { fixedLines } from './fixed.ts';
import { flatLines } from './flat.ts';
import { type Measured, measuredBy } from './measured.ts';
import { minimumLines } from './minimum.ts';
import { perEventLines } from './per-event.ts';
import { percentageLines } from './percentage.ts';
import type { ExactLine, RangeContext, RangeUsage, RatedLine } from './rated-line.ts';
import { roundingOf, roundLines, stepOf } from './rounding.ts';
import { ofMinor, type Scope } from './scope.ts';
import { shareLines } from './share.ts';
import { tieredLines } from './tiered.ts';
import { timeOfUseLines } from './time-of-use.ts';

/**
 * What a service range is charged, in the order of the tariff. The definition has passed its checks. Throws what
 * `usage.at` throws, and AmountBeyondRange.
 */
export function rateRange(
  definition: TariffDefinition,
  context: RangeContext,
  usage: RangeUsage,
): readonly RatedLine[] {
  const daily = usageByDay(definition, context) ? dailyAmounts(definition, context, usage) : undefined;
  return rateMeasured(definition, context, measuredBy(usage, context), daily);
}

/** The same for usage of any origin. `charged` are amounts of components that were charged otherwise. */
export function rateMeasured(
  definition: TariffDefinition,
  context: RangeContext,
  measured: Measured,
  charged: ReadonlyMap<string, bigint> = new Map(),
): readonly RatedLine[] {
  const asked = cadenceAsked(context);
  const lines: RatedLine[] = [];
  const amounts = new Map(charged);
  for (const component of ratedComponents(definition, context)) {
    if (amounts.has(component.code)) continue;
    const { code, lossFactor } = component;
    const factor = lossFactor === undefined ? ONE : ratioOf(parseDecimal(lossFactor));
    const amountOf = (named: string): bigint => amounts.get(named) ?? 0n;
    const exact = exactLines(component, { context, measured, factor, amountOf });
    const rated = roundLines(component, exact, context.digits);
    amounts.set(code, sum(rated));
    if (asked === undefined || cadenceOf(component, definition) === asked) {
      lines.push(...withoutEmptyTiers(rated));
    }
  }
  const rest = definition.rounding && totalLine(definition.rounding, sum(lines), context.digits);
  return rest ? [...lines, rest] : lines;
}

/** The order of every component is: usage → loss factor → price → what is taken of components before → rounding. */
function exactLines(component: TariffComponent, scope: Scope): readonly ExactLine[] {
  const { price } = component;
  switch (price.kind) {
    case 'flat':
      return flatLines(price, scope);
    case 'tiered':
      return tieredLines(price, scope);
    case 'time_of_use':
      return timeOfUseLines(price, scope);
    case 'demand':
      return demandLines(price, scope);
    case 'per_event':
      return perEventLines(price, scope);
    case 'fixed':
      return fixedLines(price, scope);
    case 'share':
      return shareLines(price, scope);
    case 'percentage':
      return percentageLines(price, roundingOf(component).stage, scope);
    case 'minimum':
      return minimumLines(price, scope);
    case 'discount':
      return discountLines(price, scope);
  }
}

/** Why the range cannot be charged whole; undefined where it can. */
export function rangeObstacle(definition: TariffDefinition, context: RangeContext): 'no_area' | undefined {
  const needsArea = ratedComponents(definition, context).some(
    ({ price }) => price.kind === 'fixed' && price.by === 'm2',
  );
  return needsArea && context.areaM2 === null ? 'no_area' : undefined;
}

/** A tier that usage did not reach has no line, but what was measured has at least one. */
function withoutEmptyTiers(lines: readonly RatedLine[]): readonly RatedLine[] {
  const kept = lines.filter(
    ({ workings, quantity, amount }) => workings.kind !== 'tier' || quantity !== 0n || amount !== 0n,
  );
  return kept.length === 0 ? lines.slice(0, 1) : kept;
}

/** What each day's run charged for usage, summed: the month's percentages are of that, not of a month at once. */
function dailyAmounts(
  definition: TariffDefinition,
  context: RangeContext,
  usage: RangeUsage,
): ReadonlyMap<string, bigint> {
  const amounts = new Map<string, bigint>();
  const ofUsage = {
    components: definition.components.filter((component) => cadenceOf(component, definition) === 'usage'),
  };
  for (const range of daysOf(context.range, context.timeZone)) {
    const day: RangeContext = { ...context, range, periodKind: 'day' };
    for (const { component, amount } of rateRange(ofUsage, day, usage)) {
      amounts.set(component, (amounts.get(component) ?? 0n) + amount);
    }
  }
  return amounts;
}

/** What rounding the total changes; undefined where it changes nothing. */
function totalLine(rounding: TotalRounding, total: bigint, digits: number): RatedLine | undefined {
  const step = stepOf(rounding, digits);
  const rounded = roundRatioToMinor(ofMinor(total, digits), digits, step.mode, step.quantumMinor);
  if (rounded === total) return undefined;
  const exact = ratioText(ofMinor(total, digits));
  return {
    component: ROUNDING_COMPONENT,
    band: BAND_ALL,
    eventKey: '',
    unit: 'money',
    quantity: total,
    unitPrice: '0',
    unrounded: ratioText(ofMinor(rounded - total, digits)),
    amount: rounded - total,
    accumulatedFrom: null,
    intervals: [],
    workings: {
      kind: 'total',
      total: `${total}`,
      rounded: `${rounded}`,
      lossFactor: null,
      rounding: {
        stage: 'total',
        mode: rounding.mode,
        quantum: rounding.quantum,
        before: { exact: '0', rounded: '0' },
        after: { exact, rounded: `${rounded}` },
        lines: 1,
      },
    },
  };
}

const sum = (lines: readonly RatedLine[]): bigint => lines.reduce((total, { amount }) => total + amount, 0n);
