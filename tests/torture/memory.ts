import type { Life } from './supervised.ts';
import type { Total } from './target.ts';

/** Caches fill and the compiler warms up for so long. */
const WARM_UP_S = 60;
/** A life is long enough to say something when it goes on for so long after that. */
const WATCHED_S = 60;
const WINDOW_S = 20;
const GROWTH_MB_MAX = 96;
const PEAK_MB_MAX = 1_024;

/**
 * Every life of the process by itself, since each begins anew. Its peak is bounded, and in lives of two minutes or
 * more so is the growth between the median of the 20 s after the first minute and that of the last 20 s.
 */
export function memoryTotals(lives: readonly Life[]): readonly Total[] {
  const peak = Math.max(0, ...lives.flatMap(({ memory }) => memory));
  const long = lives.filter(({ memory }) => memory.length >= WARM_UP_S + WATCHED_S);
  const growth = long.map(({ memory }) => {
    const early = memory.slice(WARM_UP_S, WARM_UP_S + WINDOW_S);
    return Math.round(median(memory.slice(-WINDOW_S)) - median(early));
  });
  return [
    { name: 'process lives', value: lives.length },
    { name: 'peak memory of a life (MB)', value: Math.round(peak) },
    { name: `lives above ${PEAK_MB_MAX} MB`, value: peak > PEAK_MB_MAX ? 1 : 0, mustBeZero: true },
    { name: 'longest life (s)', value: Math.max(0, ...lives.map(({ memory }) => memory.length)) },
    {
      name: `lives of ${WARM_UP_S + WATCHED_S} s or more that grew by more than ${GROWTH_MB_MAX} MB (of ${long.length}; grew by ${growth.join(', ') || '–'})`,
      value: growth.filter((mb) => mb > GROWTH_MB_MAX).length,
      mustBeZero: true,
    },
  ];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
