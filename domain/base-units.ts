/**
 * A point's value in base units (kWh → Wh), exactly: from the number's decimal text, never by multiplying floats.
 * What is smaller than a base unit is cut off, as a dial would. The decimal text of a JSON number is kept up to 15
 * significant digits, more than any register has. Null for a negative or infinite value.
 *
 * @param scale base units in one unit of the point; a positive integer.
 */
export function toBaseUnits(value: number, scale: number): bigint | null {
  if (!(value >= 0) || value === Number.POSITIVE_INFINITY) return null;
  const rounded = Math.round(value * scale);
  // Two decimals of at most 15 digits never share a double: if rounded ÷ scale gives the value back, they are equal.
  if (rounded < 1e15 && isPowerOfTen(scale) && rounded / scale === value) return BigInt(rounded);
  const { digits, fraction } = decimalOf(value);
  return (digits * BigInt(scale)) / 10n ** BigInt(fraction);
}

function isPowerOfTen(n: number): boolean {
  return n === 1000 || n === 1 || n === 10 || n === 100 || n === 10_000 || n === 100_000 || n === 1_000_000;
}

/** digits ÷ 10^fraction is the shortest decimal that reads back as the value. */
function decimalOf(value: number): { digits: bigint; fraction: number } {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', decimals = ''] = mantissa.split('.');
  const fraction = decimals.length - Number(exponent);
  const digits = BigInt(whole + decimals);
  return fraction >= 0 ? { digits, fraction } : { digits: digits * 10n ** BigInt(-fraction), fraction: 0 };
}
