import { periodRange } from '../../domain/periods.ts';

/** Where a day of the site (`2026-12-01`) begins and ends, as instants; undefined for what is no day. */
export function dayRange(
  day: string,
  timeZone: string,
): { readonly from: string; readonly to: string } | undefined {
  const range = day.length === 10 ? periodRange(day, timeZone) : undefined;
  return range && { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
}
