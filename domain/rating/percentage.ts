import { parseDecimal } from '../decimal.ts';
import { multiply, type Ratio, ratioOf, ZERO } from '../ratio.ts';
import { BAND_ALL, type PercentagePrice, type RoundingStage } from '../tariffs/definition.ts';
import type { ExactLine } from './rated-line.ts';
import { baseOf, ofMinor, type Scope } from './scope.ts';

/** One line of the sum at the stage `tax`, else one line of each named component. */
export function percentageLines(
  { percent, of }: PercentagePrice,
  stage: RoundingStage,
  scope: Scope,
): readonly ExactLine[] {
  const line = (components: readonly string[], band: string): ExactLine => {
    const base = baseOf(components, scope);
    return {
      band,
      eventKey: '',
      unit: 'money',
      quantity: base.base,
      unitPrice: percent,
      accumulatedFrom: null,
      intervals: [],
      before: ZERO,
      after: percentOf(base.base, percent, scope.context.digits),
      how: { kind: 'percentage', percent, of: base.of, base: `${base.base}` },
    };
  };
  return stage === 'tax' ? [line(of, BAND_ALL)] : of.map((component) => line([component], component));
}

/** Of minor units, in currency units. */
export function percentOf(minor: bigint, percent: string, digits: number): Ratio {
  const part = ratioOf(parseDecimal(percent));
  return multiply(ofMinor(minor, digits), { n: part.n, d: part.d * 100n });
}
