import { type Decimal, formatDecimal, parseDecimal } from './decimal.ts';

/** An exact fraction, `d` above zero: amounts that were divided by the days of a month. Never a float. */
export interface Ratio {
  readonly n: bigint;
  readonly d: bigint;
}

export const ZERO: Ratio = { n: 0n, d: 1n };
export const ONE: Ratio = { n: 1n, d: 1n };

export const ratioOf = ({ units, scale }: Decimal): Ratio => ({ n: units, d: 10n ** BigInt(scale) });

export function add(a: Ratio, b: Ratio): Ratio {
  return a.d === b.d ? { n: a.n + b.n, d: a.d } : { n: a.n * b.d + b.n * a.d, d: a.d * b.d };
}

export const subtract = (a: Ratio, b: Ratio): Ratio => add(a, { n: -b.n, d: b.d });
export const multiply = (a: Ratio, b: Ratio): Ratio => ({ n: a.n * b.n, d: a.d * b.d });
export const isZero = ({ n }: Ratio): boolean => n === 0n;

/** Towards minus infinity. */
export function floor({ n, d }: Ratio): bigint {
  const quotient = n / d;
  return n < 0n && quotient * d !== n ? quotient - 1n : quotient;
}

/** A decimal where it is finite, else `n/d` in lowest terms: `0.125`, `10/3`. */
export function ratioText({ n, d }: Ratio): string {
  const divisor = gcd(n < 0n ? -n : n, d);
  const [units, rest] = [n / divisor, d / divisor];
  const [odd, twos, fives] = withoutTens(rest);
  if (odd !== 1n) return `${units}/${rest}`;
  const scale = Math.max(twos, fives);
  return formatDecimal({ units: (units * 10n ** BigInt(scale)) / rest, scale });
}

/** Reads what `ratioText` writes. Throws a RangeError for anything else. */
export function parseRatio(text: string): Ratio {
  const [n = '', d] = text.split('/');
  return d === undefined ? ratioOf(parseDecimal(n)) : { n: BigInt(n), d: BigInt(d) };
}

/** What is left of a number without its factors 2 and 5, and how many there were. */
function withoutTens(value: bigint): readonly [odd: bigint, twos: number, fives: number] {
  let [left, twos, fives] = [value, 0, 0];
  for (; left % 2n === 0n; twos++) left /= 2n;
  for (; left % 5n === 0n; fives++) left /= 5n;
  return [left, twos, fives];
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
