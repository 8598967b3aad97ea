import { type Decimal, unitsAtScale } from './decimal.ts';
import { type Ratio, ratioOf } from './ratio.ts';

export const ROUNDING_MODES = ['half_up', 'half_even', 'down', 'up'] as const;
export type RoundingMode = (typeof ROUNDING_MODES)[number];

/** Decimals of the currency's minor unit (ISO 4217): CNY 2, JPY 0, KWD 3. */
export function minorDigits(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}

/** Rounds `amount` (currency units) to a multiple of `quantumMinor` minor units; half and up are away from zero. */
export const roundToMinor = (
  amount: Decimal,
  digits: number,
  mode: RoundingMode,
  quantumMinor: bigint,
): bigint => roundRatioToMinor(ratioOf(amount), digits, mode, quantumMinor);

/** The same of an amount that no decimal need hold. */
export function roundRatioToMinor(
  { n, d }: Ratio,
  digits: number,
  mode: RoundingMode,
  quantumMinor: bigint,
): bigint {
  const negative = n < 0n;
  const numerator = (negative ? -n : n) * 10n ** BigInt(digits);
  const divisor = d * quantumMinor;
  const quotient = numerator / divisor;
  const rest = numerator % divisor;
  const steps = roundsUp(mode, quotient, 2n * rest, divisor, rest) ? quotient + 1n : quotient;
  return (negative ? -steps : steps) * quantumMinor;
}

function roundsUp(
  mode: RoundingMode,
  quotient: bigint,
  twice: bigint,
  divisor: bigint,
  rest: bigint,
): boolean {
  switch (mode) {
    case 'down':
      return false;
    case 'up':
      return rest > 0n;
    case 'half_up':
      return twice >= divisor;
    case 'half_even':
      return twice > divisor || (twice === divisor && quotient % 2n === 1n);
  }
}

/** The quantum in minor units. Throws a RangeError where it is not a positive number of whole minor units. */
export function quantumInMinor(quantum: Decimal, digits: number): bigint {
  if (quantum.units <= 0n) throw new RangeError('a quantum is above zero');
  return unitsAtScale(quantum, digits);
}
