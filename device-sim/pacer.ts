import { setTimeout as sleep } from 'node:timers/promises';

/** Lets `perS` units a second through, with at most a tenth of a second of them saved up. */
export function pacer(perS: number): (units: number) => Promise<void> {
  let freeAt = 0;
  return async (units) => {
    const now = performance.now();
    freeAt = Math.max(freeAt, now - 100) + (units / perS) * 1000;
    if (freeAt > now) await sleep(freeAt - now);
  };
}

/** Runs at most `max` at a time, first come, first served. */
export function limiter(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // The place goes straight to the next in line, so that nobody slips in between.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
