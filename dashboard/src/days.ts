export const DAY_MS = 86_400_000;

/** So many days after a day, or before it: `2026-12-01`. */
export const addDays = (day: string, count: number): string =>
  new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
