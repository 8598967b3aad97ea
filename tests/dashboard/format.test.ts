import { afterAll, expect, test } from 'vitest';
import { toBaseUnits, trimDecimal } from '../../dashboard/src/decimal.ts';
import {
  ageOf,
  formatMoney,
  formatPrice,
  formatQuantity,
  formatTime,
  formatUnit,
  recentDays,
  recentMonths,
} from '../../dashboard/src/format.ts';

const { TZ } = process.env;
afterAll(() => {
  process.env.TZ = TZ;
});

test.each([
  ['123456', 'CNY', '¥ 1,234.56'],
  ['0', 'CNY', '¥ 0.00'],
  ['5', 'CNY', '¥ 0.05'],
  ['-123456789', 'CNY', '−¥ 1,234,567.89'],
  ['90071992547409931234', 'CNY', '¥ 900,719,925,474,099,312.34'],
  ['1234', 'JPY', 'JPY 1,234'],
])('%s minor units of %s read %s', (minor, currency, text) => {
  expect(formatMoney(minor, currency)).toBe(text);
});

test('quantities are exact to the base unit, beyond what a double holds', () => {
  expect(formatQuantity('1234567', 'electricity')).toBe('1,234.567 kWh');
  expect(formatQuantity('7', 'water')).toBe('0.007 m³');
  expect(formatQuantity('-1500', 'electricity')).toBe('−1.500 kWh');
  expect(formatQuantity('9007199254740993001', 'electricity')).toBe('9,007,199,254,740,993.001 kWh');
});

test('a unit price is shown as the tariff has it', () => {
  expect(formatPrice('0.65830', 'CNY', 'electricity')).toBe('¥ 0.65830/kWh');
});

test('UCUM codes read as people write them', () => {
  expect(['kW.h', 'm3', 'Cel', 'W', null].map(formatUnit)).toEqual(['kWh', 'm³', '°C', 'W', '']);
});

test.each(['America/New_York', 'Asia/Shanghai', 'UTC'])('times are the site’s in a browser in %s', (zone) => {
  process.env.TZ = zone;
  expect(formatTime('2026-10-31T16:00:00Z', 'Asia/Shanghai')).toBe('2026-11-01 00:00:00');
  expect(formatTime('2026-10-31T16:00:00Z', 'Asia/Shanghai', 'day')).toBe('2026-11-01');
  expect(formatTime('2026-07-01T04:05:06Z', 'Europe/Berlin', 'clock')).toBe('06:05:06');
  expect(formatTime(1_700_000_000_000, 'Asia/Shanghai', 'minute')).toBe('2023-11-15 06:13');
});

test('the months to choose from are the site’s, newest first, across a year', () => {
  const newYear = Date.parse('2026-12-31T16:30:00Z');
  expect(recentMonths(newYear, 'Asia/Shanghai', 3)).toEqual(['2027-01', '2026-12', '2026-11']);
  expect(recentMonths(newYear, 'UTC', 2)).toEqual(['2026-12', '2026-11']);
});

test('the days to choose from are the site’s days that are over, across a month', () => {
  const lateInLondon = Date.parse('2026-03-01T17:00:00Z');
  expect(recentDays(lateInLondon, 'Asia/Shanghai', 2)).toEqual(['2026-03-01', '2026-02-28']);
  expect(recentDays(lateInLondon, 'UTC', 2)).toEqual(['2026-02-28', '2026-02-27']);
});

test.each([
  [-5_000, 0, 'seconds'],
  [59_999, 59, 'seconds'],
  [60_000, 1, 'minutes'],
  [3_599_999, 59, 'minutes'],
  [3_600_000, 1, 'hours'],
  [47 * 3_600_000, 47, 'hours'],
  [48 * 3_600_000, 2, 'days'],
])('an age of %d ms is %d %s', (ms, count, unit) => {
  expect(ageOf(ms)).toEqual({ unit, count });
});

test.each([
  ['1,234.5', '1234500'],
  ['0.007', '7'],
  ['12', '12000'],
  ['0', '0'],
  ['1.2345', null],
  ['-1', null],
  ['1e3', null],
  ['', null],
])('"%s" typed is %s base units', (typed, base) => {
  expect(toBaseUnits(typed)).toBe(base);
});

test('a multiplier loses only its trailing zeros', () => {
  expect(['30.0000', '0.7500', '100', '1.0'].map(trimDecimal)).toEqual(['30', '0.75', '100', '1']);
});
