import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { retriesTotal } from './metrics.ts';

const WAIT_MS_FIRST = 100;
const WAIT_MS_MAX = 5_000;
const LOG_EVERY_MS = 30_000;

export type Retry = <T>(run: () => Promise<T>, isFinal?: (error: unknown) => boolean) => Promise<T>;

/**
 * Repeats a stage's work until it succeeds, waiting longer each time, at most 5 s. An outage is logged when it
 * begins, every 30 s, and when it ends. Throws what `isFinal` says is not worth another try, and whatever came last
 * once `signal` has aborted.
 */
export function retryStage(
  stage: string,
  deps: { readonly log: Logger; readonly signal: AbortSignal },
): Retry {
  const { log, signal } = deps;
  let failingSince: number | null = null;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return async (run, isFinal = () => false) => {
    for (let tries = 0; ; tries++) {
      try {
        const result = await run();
        if (failingSince !== null) {
          log.info(
            { stage, seconds: Math.round((performance.now() - failingSince) / 1000) },
            'ingest: works again',
          );
          failingSince = null;
          loggedAt = Number.NEGATIVE_INFINITY;
        }
        return result;
      } catch (error) {
        if (signal.aborted || isFinal(error)) throw error;
        retriesTotal.inc({ stage });
        failingSince ??= performance.now();
        if (performance.now() - loggedAt > LOG_EVERY_MS) {
          log.warn({ err: error, stage }, 'ingest: waits for a dependency');
          loggedAt = performance.now();
        }
        const waitMs = Math.min(WAIT_MS_MAX, WAIT_MS_FIRST * 2 ** tries) * (0.5 + Math.random() / 2);
        await sleep(waitMs, undefined, { signal }).catch(() => {});
      }
    }
  };
}
