import type { RangeContext, RangeUsage, RatedLine } from '../../../domain/rating/rated-line.ts';

export const MINUTE = 60_000;
const local = (zone: string, date: string): number => {
  // The offset that the zone has at its own midnight, by the browser's idea of it: shares no code with the engine.
  const utc = Date.parse(`${date}T00:00:00Z`);
  for (let guess = utc - 15 * 3_600_000; guess <= utc + 15 * 3_600_000; guess += 15 * MINUTE) {
    const text = new Date(guess).toLocaleString('sv-SE', { timeZone: zone });
    if (text === `${date} 00:00:00`) return guess;
  }
  throw new Error(`no midnight of ${date} in ${zone}`);
};

/** Local midnights: `2026-10` is its first, `2026-10-05` that day's. */
export const midnight = (zone: string, date: string): number =>
  local(zone, date.length === 7 ? `${date}-01` : date);

/** A whole month for a lease since before it. */
export function monthOf(zone: string, month: string, over: Partial<RangeContext> = {}): RangeContext {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const next = number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
  const period = { from: midnight(zone, month), to: midnight(zone, next) };
  return {
    range: period,
    period,
    periodKind: 'month',
    timeZone: zone,
    digits: 2,
    commodity: 'electricity',
    lease: { from: period.from - 400 * 86_400_000, to: null },
    meteredFrom: period.from - 400 * 86_400_000,
    areaM2: null,
    ...over,
  };
}

/** Base units a minute from an instant on; before and after it nothing. */
export interface Truth {
  readonly from: number;
  readonly minutes: readonly number[];
}

export function usageOf({ from, minutes }: Truth, over: Partial<RangeUsage> = {}): RangeUsage {
  const totals = [0n];
  for (const quantity of minutes) totals.push((totals.at(-1) ?? 0n) + BigInt(quantity));
  return {
    at(instant) {
      const index = (instant - from) / MINUTE;
      if (!Number.isInteger(index)) throw new Error('asked between two minutes');
      return totals[Math.max(0, Math.min(minutes.length, index))] ?? 0n;
    },
    share: null,
    passes: [],
    ...over,
  };
}

/** The same usage in every minute of the range. */
export const steady = (context: RangeContext, total: number, over: Partial<RangeUsage> = {}): RangeUsage => ({
  at: (instant) =>
    instant <= context.range.from
      ? 0n
      : (BigInt(total) * BigInt(instant - context.range.from)) /
        BigInt(context.range.to - context.range.from),
  share: null,
  passes: [],
  ...over,
});

export const sum = (lines: readonly RatedLine[]): bigint =>
  lines.reduce((total, { amount }) => total + amount, 0n);

export const brief = (lines: readonly RatedLine[]): readonly string[] =>
  lines.map(
    ({ component, band, quantity, unit, unitPrice, unrounded, amount }) =>
      `${component} ${band}: ${quantity} ${unit} × ${unitPrice} = ${unrounded} → ${amount}`,
  );
