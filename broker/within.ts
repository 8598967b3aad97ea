import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a promise, but not longer than this; what comes of it later is ignored. */
export async function within(waitMs: number, promise: Promise<unknown>): Promise<void> {
  await Promise.race([promise.catch(() => {}), sleep(waitMs, undefined, { ref: false })]);
}
