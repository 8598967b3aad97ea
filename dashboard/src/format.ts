import { CURRENCY_SIGNS, fixedText, moneyText } from '../../domain/amounts.ts';
import { BASE_PER_DISPLAY, type Commodity, DISPLAY_UNIT } from '../../domain/commodities.ts';
import { addDays } from './days.ts';

/** Minor units → `¥ 1,234.56`, in every language. */
export const formatMoney = moneyText;

/** Base units (Wh, L) → `1,234.567 kWh` or `m³`. */
export function formatQuantity(baseText: string, commodity: Commodity): string {
  return `${formatBase(baseText)} ${DISPLAY_UNIT[commodity]}`;
}

/** A register's value in base units, with the unit that people read. */
export const formatReading = ({ value, unit }: { readonly value: string; readonly unit: string }): string =>
  formatQuantity(value, unit === 'L' ? 'water' : 'electricity');

/** Base units in thousands, without the unit. */
export function formatBase(baseText: string): string {
  return fixedText(baseText, String(BASE_PER_DISPLAY).length - 1);
}

/** A unit price as it is written in the tariff, not rounded: `¥ 0.6583/kWh`. */
export function formatPrice(decimalText: string, currency: string, commodity: Commodity): string {
  return formatPricePer(decimalText, currency, DISPLAY_UNIT[commodity]);
}

/** A price per anything, as the tariff says it: `¥ 45/kW`. */
export const formatPricePer = (decimalText: string, currency: string, per: string): string =>
  `${CURRENCY_SIGNS[currency] ?? currency} ${decimalText}/${per}`;

/** UCUM codes as people write them. */
const UNITS: Record<string, string> = { 'kW.h': 'kWh', m3: 'm³', Cel: '°C', '1': '' };
export function formatUnit(ucum: string | null): string {
  return ucum === null ? '' : (UNITS[ucum] ?? ucum);
}

/** A measured value for a label: at most three decimals. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

const formats = new Map<string, Intl.DateTimeFormat>();

function partsIn(zone: string, at: Date): Record<string, string> {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
}

export type TimeStyle = 'second' | 'minute' | 'day' | 'clock';

/** An instant on the site's clock, whatever the browser's zone: `2026-11-21 09:30:00`. */
export function formatTime(at: string | number, zone: string, style: TimeStyle = 'second'): string {
  const p = partsIn(zone, new Date(at));
  const day = `${p.year}-${p.month}-${p.day}`;
  if (style === 'day') return day;
  const minute = `${p.hour}:${p.minute}`;
  if (style === 'clock') return `${minute}:${p.second}`;
  return style === 'minute' ? `${day} ${minute}` : `${day} ${minute}:${p.second}`;
}

/** The site's month and the ones before it, newest first: `2026-11`. */
export function recentMonths(now: number, zone: string, count: number): string[] {
  const p = partsIn(zone, new Date(now));
  const last = Number(p.year) * 12 + Number(p.month) - 1;
  return Array.from({ length: count }, (_, i) => {
    const month = last - i;
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
  });
}

/** The site's days before today, newest first: `2026-11-20`. */
export function recentDays(now: number, zone: string, count: number): string[] {
  const today = formatTime(now, zone, 'day');
  return Array.from({ length: count }, (_, i) => addDays(today, -1 - i));
}

export type AgeUnit = 'seconds' | 'minutes' | 'hours' | 'days';

/** An age in its largest whole unit; a negative one (clocks differ) counts as none. */
export function ageOf(ms: number): { readonly unit: AgeUnit; readonly count: number } {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return { unit: 'seconds', count: seconds };
  if (seconds < 3600) return { unit: 'minutes', count: Math.floor(seconds / 60) };
  if (seconds < 48 * 3600) return { unit: 'hours', count: Math.floor(seconds / 3600) };
  return { unit: 'days', count: Math.floor(seconds / 86_400) };
}
