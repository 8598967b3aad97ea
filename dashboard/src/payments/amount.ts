import { minorDigits } from '../../../domain/money.ts';

/** `128.5` in a currency of two decimals → `12850`; null for what is no amount above zero. */
export function toMinor(text: string, currency: string): string | null {
  const digits = minorDigits(currency);
  const match = /^(\d{1,12})(?:[.．](\d*))?$/.exec(text.trim().replaceAll(',', ''));
  if (!match || (match[2] ?? '').length > digits) return null;
  const minor = ((match[1] ?? '') + (match[2] ?? '').padEnd(digits, '0')).replace(/^0+/, '');
  return minor === '' ? null : minor;
}

/** `12850` → `128.50`, to be edited. */
export function fromMinor(minor: string, currency: string): string {
  const digits = minorDigits(currency);
  const text = minor.padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
