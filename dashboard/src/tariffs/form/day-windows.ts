import { MINUTES_A_DAY, minuteOfDay } from '../../../../domain/tariffs/check-calendar.ts';
import type { BandWindow } from '../../../../domain/tariffs/definition.ts';

/** Painting snaps to half hours; times between them stay where they are until they are painted over. */
export const STEP_MINUTES = 30;

export const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

interface Span {
  readonly from: number;
  readonly to: number;
  readonly band: string;
}

const spansOf = (windows: readonly BandWindow[]): Span[] =>
  windows
    .map(({ from, to, band }) => ({ from: minuteOfDay(from) ?? 0, to: minuteOfDay(to) ?? 0, band }))
    .filter((span) => span.to > span.from)
    .sort((a, b) => a.from - b.from);

/** Neighbours of the same band become one window. */
function windowsOf(spans: readonly Span[]): BandWindow[] {
  const merged: { from: number; to: number; band: string }[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last?.band === span.band && last.to === span.from) last.to = span.to;
    else merged.push({ ...span });
  }
  return merged.map(({ from, to, band }) => ({ from: clock(from), to: clock(to), band }));
}

/** The minutes from `from` (included) to `to` get the band, whatever they had; null takes theirs away. */
export function paint(
  windows: readonly BandWindow[],
  from: number,
  to: number,
  band: string | null,
): BandWindow[] {
  const rest = spansOf(windows).flatMap((span) => [
    { ...span, to: Math.min(span.to, from) },
    { ...span, from: Math.max(span.from, to) },
  ]);
  const spans = rest.filter((span) => span.to > span.from);
  return windowsOf(band === null || to <= from ? spans : [...spans, { from, to, band }]);
}

/** From evening to morning it is both ends of the day: 22:00–06:00. */
export const paintRound = (
  windows: readonly BandWindow[],
  from: number,
  to: number,
  band: string,
): BandWindow[] =>
  from < to ? paint(windows, from, to, band) : paint(paint(windows, from, MINUTES_A_DAY, band), 0, to, band);

/** All of the day in order, also where no band holds (null). */
export function segments(
  windows: readonly BandWindow[],
): { from: number; to: number; band: string | null }[] {
  const whole: { from: number; to: number; band: string | null }[] = [];
  let at = 0;
  for (const { from, to, band } of spansOf(windows)) {
    if (from > at) whole.push({ from: at, to: from, band: null });
    if (to > at) whole.push({ from: Math.max(at, from), to, band });
    at = Math.max(at, to);
  }
  if (at < MINUTES_A_DAY) whole.push({ from: at, to: MINUTES_A_DAY, band: null });
  return whole;
}

export const bandAt = (windows: readonly BandWindow[], minute: number): string | null =>
  spansOf(windows).find(({ from, to }) => from <= minute && minute < to)?.band ?? null;

/** The same windows under a band's new code. */
export const renameBand = (windows: readonly BandWindow[], before: string, after: string): BandWindow[] =>
  windows.map((window) => (window.band === before ? { ...window, band: after } : window));
