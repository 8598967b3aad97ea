import { minorDigits } from './money.ts';

/** `1234567` and 2 → `12,345.67`, exactly: no number between the text and the text. */
export function fixedText(integerText: string, decimals: number): string {
  const negative = integerText.startsWith('-');
  const digits = (negative ? integerText.slice(1) : integerText).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  const part = decimals > 0 ? `.${digits.slice(-decimals)}` : '';
  return `${negative ? '−' : ''}${whole}${part}`;
}

/** Signs of currencies that people here write; another one is named by its code. */
export const CURRENCY_SIGNS: Readonly<Record<string, string>> = {
  CNY: '¥',
  USD: '$',
  EUR: '€',
  GBP: '£',
  HKD: 'HK$',
};

/** Minor units → `¥ 1,234.56`, in every language. */
export function moneyText(minorText: string, currency: string): string {
  const amount = fixedText(minorText, minorDigits(currency));
  const sign = CURRENCY_SIGNS[currency] ?? currency;
  return amount.startsWith('−') ? `−${sign} ${amount.slice(1)}` : `${sign} ${amount}`;
}

/** Minor units → `-1234.56`, for other programs. */
export function plainMoney(minorText: string, currency: string): string {
  return fixedText(minorText, minorDigits(currency)).replace('−', '-').replaceAll(',', '');
}
