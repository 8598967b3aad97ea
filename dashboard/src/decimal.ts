import { formatDecimal } from '../../domain/decimal.ts';

/** `30.0000` → `30`, `0.7000` → `0.7`. */
export const trimDecimal = (text: string): string =>
  text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;

/** What a person typed (`1,234.5`) in thousandths, exactly; null for anything that is no quantity. */
export function toBaseUnits(text: string): string | null {
  const plain = text.replaceAll(/[,\s]/g, '');
  const match = /^(\d{1,12})(?:\.(\d{1,3}))?$/.exec(plain);
  if (match === null) return null;
  const base = `${match[1] ?? ''}${(match[2] ?? '').padEnd(3, '0')}`;
  return base.replace(/^0+(?=\d)/, '');
}

const FRACTION_DIGITS = 6;

/** A decimal as it is, `n/d` to so many digits, which an ellipsis says. */
export function decimalText(text: string): string {
  const [numerator = '0', denominator] = text.split('/');
  if (denominator === undefined) return text;
  const units = (BigInt(numerator) * 10n ** BigInt(FRACTION_DIGITS)) / BigInt(denominator);
  return `${formatDecimal({ units, scale: FRACTION_DIGITS })}…`;
}

/** The same, and the fraction itself beside it. */
export const exactText = (text: string): string =>
  text.includes('/') ? `${decimalText(text)} (${text})` : text;
