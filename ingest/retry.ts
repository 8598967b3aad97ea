import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { retriesTotal } from './metrics.ts';
import { beginOutage, endOutage, type Outage } from './outages.ts';

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
  let outage: Outage | null = null;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return async (run, isFinal = () => false) => {
    for (let tries = 0; ; tries++) {
      try {
        const result = await run();
        if (outage !== null) {
          const seconds = Math.round((performance.now() - outage.since) / 1000);
          log.info({ stage, seconds }, 'ingest: works again');
          endOutage(outage);
          outage = null;
          loggedAt = Number.NEGATIVE_INFINITY;
        }
        return result;
      } catch (error) {
        if (signal.aborted || isFinal(error)) {
          if (outage) endOutage(outage);
          outage = null;
          throw error;
        }
        retriesTotal.inc({ stage });
        outage ??= beginOutage(stage);
        outage.reason = causeOf(error);
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

/** The innermost cause: what is around it only repeats the question. */
function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : causeOf(error.cause);
}
