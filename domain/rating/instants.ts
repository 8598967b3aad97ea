import { daysOf } from '../local-days.ts';
import { bandIntervals } from '../tariffs/calendar.ts';
import type { Price, TariffDefinition } from '../tariffs/definition.ts';
import { ratedComponents, usageByDay } from './components.ts';
import { demandSteps } from './measured.ts';
import type { RangeContext } from './rated-line.ts';
import { countedFrom } from './scope.ts';

/**
 * Every instant whose cumulative usage `rateRange` asks for beside the ends of the range, ascending. Those before the
 * range are where tiers and discounts begin to count, and the band changes since then.
 */
export function instantsNeeded(definition: TariffDefinition, context: RangeContext): readonly number[] {
  const { range, timeZone } = context;
  const instants = new Set<number>();
  for (const { price } of ratedComponents(definition, context)) {
    for (const at of instantsOf(price, context)) instants.add(at);
  }
  if (usageByDay(definition, context)) for (const { to } of daysOf(range, timeZone)) instants.add(to);
  instants.delete(range.from);
  instants.delete(range.to);
  return [...instants].sort((a, b) => a - b);
}

function* instantsOf(price: Price, context: RangeContext): Generator<number> {
  const { range, timeZone } = context;
  switch (price.kind) {
    case 'flat':
    case 'per_event':
    case 'fixed':
    case 'share':
    case 'percentage':
    case 'minimum':
      return;
    case 'tiered':
      yield countedFrom(price.accumulation, context);
      return;
    case 'discount':
      yield countedFrom('month', context);
      return;
    case 'demand':
      yield* demandSteps(price, context);
      return;
    case 'time_of_use': {
      for (const { to } of bandIntervals(price.calendar, timeZone, range)) yield to;
      for (const { tiered } of price.bands) {
        const since = tiered ? countedFrom(tiered.accumulation, context) : range.from;
        if (since >= range.from) continue;
        yield since;
        for (const { to } of bandIntervals(price.calendar, timeZone, { from: since, to: range.from }))
          yield to;
      }
    }
  }
}
