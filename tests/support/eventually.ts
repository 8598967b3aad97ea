import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again until `check` no longer throws; after the limit its last error is thrown. */
export async function eventually<T>(check: () => T | Promise<T>, msMax = 20_000): Promise<T> {
  const deadline = performance.now() + msMax;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
