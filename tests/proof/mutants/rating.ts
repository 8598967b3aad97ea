import type { Mutant } from './mutant.ts';

/** From quantities to amounts. */
export const RATING: readonly Mutant[] = [
  {
    name: 'UTC for bands',
    harm: 'the night’s low price is charged by day, and the day’s high one by night',
    file: 'domain/tariffs/calendar.ts',
    from: 'toZonedDateTimeISO(timeZone)',
    to: "toZonedDateTimeISO(timeZone && 'UTC')",
    test: 'tests/domain/tariffs/calendar.test.ts',
  },
  {
    name: 'a float in rating',
    harm: 'some amounts are a cent off, and nobody can say why',
    file: 'domain/rating/scope.ts',
    from: 'n: quantity * price.n, d:',
    to: 'n: BigInt(Math.trunc(Number(quantity) * (Number(price.n) / Number(price.d)) * Number(price.d))), d:',
    test: 'tests/domain/rating/rules.test.ts',
  },
  {
    name: 'a tier begins one unit late',
    harm: 'the first unit above a limit is charged at the price below it',
    file: 'domain/rating/tiered.ts',
    from: 'usage < limit ? usage : limit',
    to: 'usage < limit ? usage : limit + 1n',
    test: 'tests/domain/rating',
  },
  {
    name: 'the boundary of a tier is skipped when usage passes it',
    harm: 'usage above a limit is free in the run that passes it',
    file: 'domain/rating/tiered.ts',
    from: 'quantity: (to[i] ?? 0n) - (from[i] ?? 0n),',
    to: 'quantity: i > 0 && (from[i] ?? 0n) === 0n ? 0n : (to[i] ?? 0n) - (from[i] ?? 0n),',
    test: 'tests/domain/rating',
  },
  {
    name: 'each part is rounded by itself',
    harm: 'a month that is cut into parts costs some cents more or less than in one',
    file: 'domain/rating/rounding.ts',
    from: 'rounded(after) - rounded(before),',
    to: 'rounded(subtract(after, before)),',
    test: 'tests/domain/rating/tiers.test.ts',
  },
  {
    name: 'what is left of shares is not given to anybody',
    harm: 'shares of the common area do not add up to it: the operator loses the rest',
    file: 'domain/allocation.ts',
    from: '.slice(0, left)',
    to: '.slice(0, left * 0)',
    test: 'tests/domain/allocation.test.ts',
  },
  {
    name: 'a negative residual is shared out',
    harm: 'merchants are charged for common areas although the main counted less than the stalls',
    file: 'domain/residual.ts',
    from: 'due > 0n && residual >= 0n ?',
    to: 'due > 0n ?',
    test: 'tests/domain/residual.test.ts',
  },
  {
    name: 'a pass that is told twice is two passes',
    harm: 'a vehicle pays twice for one entry when its gate repeats itself',
    file: 'domain/passes.ts',
    from: 'own.set(',
    to: 'own.set(own.size + ',
    test: 'tests/domain/passes.test.ts',
  },
];
